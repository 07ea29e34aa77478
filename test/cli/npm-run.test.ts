import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { PROJECT } from '../../src/runtime/installed.ts';
import { isAlive } from '../../src/runtime/lock.ts';
import { temporaryFolder } from '../kit/folder.ts';

/** Stands in for npm: notes that it was called, and leaves what the real one leaves. */
const NPM = `#!/bin/sh
echo "$@" >> npm-calls
echo "what npm says"
mkdir -p node_modules/vitest
cp package-lock.json node_modules/.package-lock.json
cp vitest.mjs node_modules/vitest/vitest.mjs
`;

interface Clone {
  readonly folder: string;
  /** The arguments of each call of npm. */
  npmCalls(): Promise<string[]>;
  /** Starts `npm run <args>`. */
  start(args: readonly string[]): ReturnType<typeof spawn>;
  run(args: readonly string[]): Promise<{ code: number; out: string; err: string }>;
}

/** A clone with one package, whose tests are `vitest`. */
async function clone(vitest: string): Promise<Clone> {
  const folder = await temporaryFolder();
  const files = { 'package-lock.json': lockFile('1.0.0'), 'vitest.mjs': vitest, 'programs/npm': NPM };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await chmod(join(folder, 'programs/npm'), 0o755);
  await cp(join(PROJECT, 'bin/npm-run.mjs'), join(folder, 'bin/npm-run.mjs'));
  const start = (args: readonly string[]) =>
    spawn(process.execPath, [join(folder, 'bin/npm-run.mjs'), ...args], {
      cwd: folder,
      env: { ...process.env, PATH: `${join(folder, 'programs')}:${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return {
    folder,
    start,
    npmCalls: async () =>
      (await readFile(join(folder, 'npm-calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean),
    run: async (args) => {
      const child = start(args);
      let out = '';
      let err = '';
      child.stdout?.on('data', (text: Buffer) => {
        out += text;
      });
      child.stderr?.on('data', (text: Buffer) => {
        err += text;
      });
      const [code] = await once(child, 'close');
      return { code, out, err };
    },
  };
}

function lockFile(version: string): string {
  return JSON.stringify({ packages: { '': {}, 'node_modules/one': { version } } });
}

it('a fresh clone installs once; what the command prints and how it ends is the command’s alone', async () => {
  const { run, npmCalls } = await clone(`console.log(process.argv.slice(2).join(' ')); process.exitCode = 7;`);
  const first = await run(['test', 'test/core']);
  expect(first).toMatchObject({ code: 7, out: 'run test/core\n' });
  expect(first.err).toContain('Installing packages with npm; this takes a minute or two.');
  expect(first.err).toContain('what npm says');
  const second = await run(['test', 'test/core']);
  expect(second).toEqual({ code: 7, out: 'run test/core\n', err: '' });
  expect(await npmCalls()).toEqual(['ci --include=dev --no-audit --no-fund --loglevel=error']);
});

it('installs again when the lock file asks for another version, or the installing was cut short', async () => {
  const { folder, run, npmCalls } = await clone('');
  await run(['test', 'x']);
  await writeFile(join(folder, 'package-lock.json'), lockFile('1.0.1'));
  await run(['test', 'x']);
  expect(await npmCalls()).toHaveLength(2);
  await writeFile(join(folder, 'node_modules/.package-lock.json'), '{"packages": {');
  await run(['test', 'x']);
  expect(await npmCalls()).toHaveLength(3);
});

it('two at once install once', async () => {
  const { run, npmCalls } = await clone('');
  const ends = await Promise.all([run(['test', 'x']), run(['test', 'x'])]);
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  expect(await npmCalls()).toHaveLength(1);
});

it('hands signals on, and ends as a shell would', async () => {
  const { start } = await clone(`console.log(process.pid); setInterval(() => {}, 1000);`);
  const outer = start(['test', 'x']);
  const [line] = await once(outer.stdout ?? outer, 'data');
  outer.kill('SIGTERM');
  const [code] = await once(outer, 'close');
  expect(code).toBe(128 + 15);
  expect(isAlive(Number(line))).toBe(false);
});

it('an unknown command: 2, and nothing is installed', async () => {
  const { run, npmCalls } = await clone('');
  expect(await run(['tset'])).toMatchObject({
    code: 2,
    err: 'Unknown command `tset`. There are: demo, start, test, bench.\n',
  });
  expect(await npmCalls()).toEqual([]);
});

it('the lock file names the packages of every platform: `npm ci` refuses it otherwise', async () => {
  const { packages } = JSON.parse(await readFile(join(PROJECT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});

it('where `npm ci` refuses, `npm install` is tried', async () => {
  const { folder, run, npmCalls } = await clone('');
  await writeFile(join(folder, 'programs/npm'), NPM.replace('echo "what', '[ "$1" = install ] || exit 1\necho "what'));
  expect((await run(['test', 'x'])).code).toBe(0);
  expect(await npmCalls()).toEqual([
    'ci --include=dev --no-audit --no-fund --loglevel=error',
    'install --no-save --include=dev --no-audit --no-fund --loglevel=error',
  ]);
});
