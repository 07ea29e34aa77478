import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exists } from '../../src/runtime/installed.ts';
import { DataInUseError, waitForPredecessor } from '../../src/runtime/predecessor.ts';
import { temporaryFolder } from '../kit/folder.ts';
import { recordedLog } from '../kit/recorded-log.ts';

async function leftBehind(pid: number) {
  const folder = await temporaryFolder();
  const pidFile = join(folder, 'server.pid');
  await writeFile(pidFile, `${pid}\n`);
  return { folder, pidFile, log: recordedLog(), patience: 300 };
}

it('data that a live server uses is not touched, and the way out is named', async () => {
  const left = await leftBehind(process.pid);
  const waiting = waitForPredecessor({ ...left, program: 'node' });
  await expect(waiting).rejects.toBeInstanceOf(DataInUseError);
  await expect(waiting).rejects.toThrow(
    `${left.folder} is in use by another node (process ${process.pid}). Stop the Throughline that it belongs to, or set DATA_DIR to another folder.`,
  );
  expect(left.log.lines).toEqual([`Another node still runs on ${left.folder}; waiting for it to end.`]);
});

it('the number of another program means nothing', async () => {
  const left = await leftBehind(process.pid);
  await waitForPredecessor({ ...left, program: 'postgres' });
  expect(await exists(left.pidFile)).toBe(false);
});
