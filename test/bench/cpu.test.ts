import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { cpuSeconds } from '../../bench/harness/cpu.ts';

const BUSY = `
  while (process.cpuUsage().user < 300_000);
  process.stdout.write('done');
  setInterval(() => undefined, 1_000);
`;

test('the CPU of a process counts what its children used', async () => {
  const parent = spawn(process.execPath, [
    '-e',
    `const child = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(BUSY)}]);
     child.stdout.pipe(process.stdout);
     process.on('exit', () => child.kill());
     process.on('SIGTERM', () => process.exit());`,
  ]);
  onTestFinished(() => void parent.kill());
  await once(parent.stdout, 'data');
  expect(cpuSeconds(parent.pid ?? 0)).toBeGreaterThanOrEqual(0.28);
});

test('a process that is gone used nothing', async () => {
  const child = spawn('true');
  const pid = child.pid ?? 0;
  await once(child, 'exit');
  expect(cpuSeconds(pid)).toBe(0);
});
