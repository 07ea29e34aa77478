import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect, inject, it, onTestFinished } from 'vitest';
import { progressLine } from '../../src/cli/import-progress.ts';
import { PROJECT } from '../../src/runtime/installed.ts';
import { migrate, openDatabase } from '../../src/store/database.ts';
import { eventually } from '../kit/eventually.ts';
import { temporaryFolder } from '../kit/folder.ts';
import { throughline } from './throughline.ts';

/** Enough for the import to wait for somebody to work them off, so that it cannot be over before it is killed. */
const ROWS = 20_000;
const PATIENCE = 60_000;

async function fileWith(text: string): Promise<string> {
  const file = join(await temporaryFolder(), 'events.csv');
  await writeFile(file, text);
  return file;
}

/** The command line works in the schema `public`, so that a test needs a database of its own. */
async function ownDatabase(): Promise<string> {
  const name = `cli_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(inject('databaseUrl'));
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`create database ${name}`);
  url.pathname = `/${name}`;
  onTestFinished(async () => {
    await client.query(`drop database ${name} with (force)`);
    await client.end();
  });
  const db = openDatabase({ url: url.href, size: 1 });
  await migrate(db);
  await db.destroy();
  return url.href;
}

it('killed with -9 in the middle of a batch, the same command goes on, and every row counts once', async () => {
  const url = await ownDatabase();
  const lines = Array.from({ length: ROWS }, (_, index) =>
    index % 1_000 === 999 ? `,Opened,2024-01-01` : `u${index % 500},Opened,2024-01-01`,
  );
  const file = await fileWith(`userId,event,timestamp\n${lines.join('\n')}\n`);
  const client = new pg.Client({ connectionString: url });
  await client.connect();

  const child = spawn(process.execPath, [join(PROJECT, 'bin/throughline.mjs'), 'import', 'events', file], {
    cwd: PROJECT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: url },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  // Rows go in until one of the first batches is recorded; then the record is held, and the next batch stands still.
  await eventually(async () => {
    await client.query('begin');
    await client.query('lock table imports in exclusive mode');
    const { rows } = await client.query('select stored from imports');
    if (rows[0]?.stored > 0) return;
    await client.query('rollback');
    throw new Error('nothing is stored yet');
  }, PATIENCE);
  await eventually(async () => {
    const { rows } = await client.query("select 1 from pg_locks where not granted and relation = 'imports'::regclass");
    if (rows.length === 0) throw new Error('the import does not wait yet');
  }, PATIENCE);
  child.kill('SIGKILL');
  await ended;
  await client.query('rollback');
  const { rows: half } = await client.query('select count(*)::int as count from inbox');
  expect(half[0].count).toBeGreaterThan(0);
  expect(half[0].count).toBeLessThan(ROWS);

  const again = await throughline(['import', 'events', file, '--json'], { DATABASE_URL: url });
  expect(JSON.parse(again.out)).toMatchObject({
    ...{ held: false, stored: ROWS - ROWS / 1_000, rejected: ROWS / 1_000, wasDone: false },
    reasons: { 'userId: required': ROWS / 1_000 },
  });
  expect(JSON.parse(again.out).resumedAfter).toBeGreaterThan(1);
  expect([again.code, again.err]).toEqual([1, '']);
  const { rows } = await client.query(
    'select count(*)::int as rows, count(distinct message_id)::int as ids from inbox',
  );
  expect(rows).toEqual([{ rows: ROWS - ROWS / 1_000, ids: ROWS - ROWS / 1_000 }]);
  await client.end();
}, 120_000);

it('says what it did, also the second time', async () => {
  const url = await ownDatabase();
  const file = await fileWith('userId,event,timestamp\nu1,Opened,2024-01-01\n,Opened,2024-01-01\nu2,Opened,\n');
  const first = await throughline(['import', 'events', file], { DATABASE_URL: url });
  expect(first.out).toBe(
    `1 row of events from ${file} imported.\n2 rows rejected: see ${file}.rejects.ndjson\n` +
      '  1  userId: required\n  1  timestamp: required\n',
  );
  const second = await throughline(['import', 'events', file], { DATABASE_URL: url });
  expect(second.out).toMatch(/^1 row of events from .* had been imported before; nothing was done\.\n2 rows rejected/);
  expect([first.code, second.code]).toEqual([1, 1]);
}, 60_000);

it.each([
  [
    ['import', 'peple', 'x.csv'],
    "error: command-argument value 'peple' is invalid for argument 'what'. Allowed choices",
  ],
  [['import', 'people', '/nowhere.csv', '--dry-run'], 'There is no file /nowhere.csv.'],
  [['import', 'people', 'x.csv', '--map', 'plan'], 'It must be COLUMN=FIELD, such as plan=traits.plan:string.'],
  [['import', 'people', 'x.csv', '--live', '--history'], "option '--history' cannot be used with option '--live'"],
  [['import', 'people', 'x.csv'], 'There is no database to use: DATABASE_URL is not set'],
])('wrong use is 2: throughline %j', async (args, message) => {
  const { code, err } = await throughline(args, { DATA_DIR: await temporaryFolder() });
  expect(err).toContain(message);
  expect(code).toBe(2);
});

it('a dry run needs no database', async () => {
  const file = await fileWith('userId,plan\nu1,free\n');
  const { code, out } = await throughline(['import', 'people', file, '--dry-run'], {
    DATA_DIR: await temporaryFolder(),
  });
  expect([code, out]).toEqual([0, `1 row of people from ${file} would be imported.\n`]);
});

it('progress at a terminal: rows, per second, share done', () => {
  expect(progressLine({ phase: 'importing', stored: 1_500, rejected: 2, share: 0.5 }, 1234.4)).toBe(
    '━━━━━━━━━━━━━━━─────────────── 50%  1,502 rows, 1,234 per second, 2 rejected',
  );
  expect(progressLine({ phase: 'recognising', stored: 0, rejected: 0, share: 0 }, 0)).toMatch(
    / 0% {2}reading the file$/,
  );
});
