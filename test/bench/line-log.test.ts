import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { followLines } from '../../bench/harness/line-log.ts';
import { temporaryFolder } from '../kit/folder.ts';

test('lines are heard once, whole, and in order, those that were there before included', async () => {
  const file = join(await temporaryFolder(), 'log');
  await appendFile(file, 'one\ntw');
  const heard: string[] = [];
  const log = followLines(file, (line) => heard.push(line));
  await vi.waitFor(() => expect(heard).toEqual(['one']));
  await appendFile(file, 'o\nthree\n');
  await vi.waitFor(() => expect(heard).toEqual(['one', 'two', 'three']));
  await appendFile(file, 'four\n');
  log.stop();
  expect(heard).toEqual(['one', 'two', 'three', 'four']);
});
