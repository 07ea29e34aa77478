import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT } from '../../src/runtime/installed.ts';
import { workflowBuild } from '../../src/runtime/takeover.ts';
import { temporaryFolder } from '../kit/folder.ts';

const WORKFLOWS = join(PROJECT, 'workflows');

test('the same workflow code is the same build, wherever it lies; other code is another', async () => {
  const folder = await temporaryFolder();
  await cp(WORKFLOWS, folder, { recursive: true });
  const build = await workflowBuild();
  expect(build).toMatch(/^[0-9a-f]{12}$/);
  expect(await workflowBuild(folder)).toBe(build);
  const file = join(folder, 'journey-run.ts');
  await writeFile(file, `${await readFile(file, 'utf8')}\n`);
  expect(await workflowBuild(folder)).not.toBe(build);
});

test('workflow code is all in one folder: from elsewhere it takes types only', async () => {
  for (const file of await readdir(WORKFLOWS)) {
    const code = await readFile(join(WORKFLOWS, file), 'utf8');
    const imports = [...code.matchAll(/^import (type )?[^;]*from '([^']+)'/gm)];
    for (const [, isType, from] of imports) if (isType === undefined) expect(from).toMatch(/^(@temporalio\/|\.\/)/);
  }
});
