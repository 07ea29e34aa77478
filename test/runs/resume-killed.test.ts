import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY, SECOND } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import { pauseJourney, readControls } from '../../src/runs/journey-controls.ts';
import { PROJECT } from '../../src/runtime/installed.ts';
import { readAudit } from '../../src/store/audit.ts';
import { inAppFile, settingsFile } from '../e2e/templates.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { AT, addPerson } from '../server/rows.ts';

const NOW = AT.getTime();
const PEOPLE = 1_000;
/** When everybody has had their turn, at a hundred a second. */
const LATER = NOW + DAY;

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(),
    'letters.yaml': 'journey: letters\nenter: { event: X }\nsteps: [{ in-app: note }]\n',
    'note.yaml': inAppFile('note', 'note'),
  });
  await publish(db, workspace, AT);
  const profileId = await addPerson(db, 'ada');
  const cursor = JSON.stringify({ phase: 'ready', step: 'in-app-note', at: NOW - DAY, visit: 0 });
  await pauseJourney(db, { journey: 'letters', refuses: false, by: 'ada', reason: 'a wrong price' }, NOW);
  await sql`
    insert into runs (id, journey, version, profile_id, person, visit, held_out, entered_at, entry, cursor)
    select 'letters/' || i, 'letters', ${workspace.journeys.letters?.hash ?? ''}, ${profileId}, 'ada', i, false, ${AT}, '{}', ${cursor}::jsonb
    from generate_series(1, ${PEOPLE}) i
  `.execute(db);
  await sql`insert into held_runs (run_id, visit, due_at, asleep) select id, 0, ${AT}, true from runs`.execute(db);
});
afterAll(() => database.drop());

function start(what: 'resume' | 'release', at: number): ChildProcess {
  const script = join(PROJECT, 'test/runs/resuming-process.ts');
  const args = ['--import', 'tsx', script, database.url, database.schema, what, String(at)];
  return spawn(process.execPath, args, { cwd: PROJECT, stdio: 'inherit' });
}

/** Starts the process, and kills it in the midst of its statement: something that it needs is in other hands. */
async function killedAt(needs: RawBuilder<unknown>, what: 'resume' | 'release', at: number): Promise<void> {
  await database.db.transaction().execute(async (tx) => {
    await needs.execute(tx);
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    const child = start(what, at);
    // Asked outside of the transaction, which would be answered the same each time.
    await eventually(async () => {
      const waiting =
        await sql`select from pg_stat_activity where ${rows[0]?.pid} = any(pg_blocking_pids(pid))`.execute(database.db);
      expect(waiting.rows).toHaveLength(1);
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
}

async function finished(what: 'resume' | 'release', at: number): Promise<void> {
  const [code] = await once(start(what, at), 'exit');
  expect(code).toBe(0);
}

async function heldRows() {
  const { rows } = await sql<{ held: number; released: number; asleep: number; told: number; wakes: number }>`
    select (select count(*) from held_runs) as held, (select count(*) from held_runs where release_at is not null) as released,
      (select count(*) from held_runs where asleep) as asleep, (select count(distinct run_id) from outbox) as told,
      (select count(*) from outbox) as wakes
  `.execute(database.db);
  return rows[0];
}

test('a resume that is killed in the midst of it has let out nobody; the next one lets out everybody, once', async () => {
  const { db } = database;
  await killedAt(sql`select from held_runs where run_id = 'letters/500' for update`, 'resume', NOW);
  await eventually(async () => expect(await heldRows()).toMatchObject({ held: PEOPLE, released: 0 }));
  expect((await readControls(db)).get('letters')).toMatchObject({ state: 'paused' });

  await finished('resume', NOW);
  expect(await heldRows()).toEqual({ held: PEOPLE, released: PEOPLE, asleep: PEOPLE, told: 0, wakes: 0 });
  const { rows } = await sql<{ at: Date }>`select release_at as at from held_runs order by release_at`.execute(db);
  expect(rows.map(({ at }) => at.getTime() - NOW)).toEqual(rows.map((_, turn) => turn * (SECOND / 100)));
  expect((await readAudit(db, { journey: 'letters', limit: 9 })).map(({ did }) => did)).toEqual(['resumed', 'paused']);
});

test('whoever wakes those whose turn has come may be killed, and each is woken once', async () => {
  await killedAt(sql`lock table outbox in share mode`, 'release', LATER);
  await finished('release', LATER);
  expect(await heldRows()).toEqual({ held: PEOPLE, released: PEOPLE, asleep: 0, told: PEOPLE, wakes: PEOPLE });
});
