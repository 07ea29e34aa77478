import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { exists, makeOnce, ProgramFailedError, run } from '../../src/runtime/installed.ts';
import { withLock } from '../../src/runtime/lock.ts';
import { temporaryFolder } from '../kit/folder.ts';
import { quiet as log } from '../kit/quiet.ts';

/** Ids of processes are at most this on Linux, so that none has it. */
const NO_PROCESS = 4_194_305;

it('what several want at once is made once, and all get it whole', async () => {
  const target = join(await temporaryFolder(), 'thing');
  let made = 0;
  const make = async (at: string) => {
    made += 1;
    await writeFile(at, 'half');
    await delay(20);
    await writeFile(at, 'whole');
  };
  await Promise.all([1, 2, 3, 4].map(() => makeOnce(target, log, make)));
  expect(made).toBe(1);
  expect(await readFile(target, 'utf8')).toBe('whole');
});

it('what was given up half-way is made again', async () => {
  const target = join(await temporaryFolder(), 'thing');
  const giveUp = async (at: string) => {
    await writeFile(at, 'half');
    throw new Error('no more disk');
  };
  await expect(makeOnce(target, log, giveUp)).rejects.toThrow('no more disk');
  expect(await exists(target)).toBe(false);
  await makeOnce(target, log, (at) => writeFile(at, 'whole'));
  expect(await readFile(target, 'utf8')).toBe('whole');
});

it('a lock whose holder died is free', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  await mkdir(lock);
  await writeFile(join(lock, 'pid'), String(NO_PROCESS));
  expect(await withLock(lock, async () => 'held')).toBe('held');
  expect(await exists(lock)).toBe(false);
});

it('one holds a lock at a time', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  let holders = 0;
  const most: number[] = [];
  const work = async () => {
    holders += 1;
    most.push(holders);
    await delay(5);
    holders -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(lock, work)));
  expect(most).toEqual([1, 1, 1]);
});

it('a program that fails is named, with the last it said', async () => {
  const args = ['-c', 'echo one; echo two >&2; exit 3'];
  const failed = run('/bin/sh', args);
  await expect(failed).rejects.toBeInstanceOf(ProgramFailedError);
  await expect(failed).rejects.toThrow('`/bin/sh -c echo one; echo two >&2; exit 3` failed:\none\ntwo');
});
