import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOUR } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import { putInInbox } from '../../src/ingest/inbox.ts';
import { broadcast } from '../../src/process/broadcasts.ts';
import { CatalogShelf } from '../../src/process/catalog.ts';
import { fill } from '../../src/process/fill.ts';
import { type Processing, workLanes } from '../../src/process/process-lane.ts';
import { T0 } from '../core/build.ts';
import { inAppFile, settingsFile } from '../e2e/templates.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { workspaceOf } from '../kit/engine.ts';

const PEOPLE = 1_000;
const LANES = Array.from({ length: 16 }, (_, lane) => lane);

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

test('everybody has one turn, whatever dies on the way and however many work on it', async () => {
  const { db } = database;
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { reads: boolean, timezone: string }\n'),
    'a.yaml':
      'audience: readers\ntrait: reads\nis: true\n---\njourney: news\nenter: { at: 2024-01-02 09:00, members: readers }\nsteps: [{ in-app: note }]\n',
    'note.yaml': inAppFile('note', 'note'),
  });
  await publish(db, workspace, new Date(T0));
  const clock = { now: () => T0 + 46 * HOUR, wall: () => T0 + 46 * HOUR, speed: 1 };
  const processing = (): Processing => ({ db, clock, catalogs: new CatalogShelf(), log: pino({ level: 'silent' }) });
  const zones = ['Asia/Tokyo', 'Europe/Berlin', 'America/New_York'];
  const at = new Date(T0 + HOUR).toISOString();
  await putInInbox(
    db,
    Array.from({ length: PEOPLE }, (_, index) => ({
      ...{ type: 'identify' as const, name: 'identify', messageId: `m${index}`, userId: `u${index}` },
      traits: { reads: true, timezone: zones[index % 3] ?? '' },
      ...{ properties: {}, context: {}, occurredAt: at, receivedAt: at },
    })),
  );
  const one = processing();
  for (let left = 1; left > 0; ) {
    await workLanes(LANES, one);
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from inbox`.execute(db);
    left = rows[0]?.count ?? 0;
  }
  for (let round = 0; round < 5; round += 1) await fill(one);

  // Every third batch, from the first, dies after everything else of its was written; a sequence counts on through what is rolled back.
  await sql`
    create sequence batches;
    create function die() returns trigger language plpgsql as $$
      begin if nextval('batches') % 3 = 1 then raise exception 'the machine is gone'; end if; return null; end $$;
    create trigger die after insert on broadcast_people for each statement execute function die();
  `.execute(db);
  let died = 0;
  const work = async () => {
    const own = processing();
    for (let idle = 0; idle < 5; ) {
      const worked = await broadcast(clock.now(), own).catch(() => {
        died += 1;
        return true;
      });
      idle = worked ? 0 : idle + 1;
      if (!worked) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await Promise.all([work(), work(), work()]);
  expect(died).toBeGreaterThan(0);

  const { rows } = await sql<{ runs: number; people: number; starts: number; instants: number }>`
    select count(*)::int as runs, count(distinct profile_id)::int as people, count(distinct entered_at)::int as instants,
      (select count(*)::int from outbox where kind = 'start') as starts from runs
  `.execute(db);
  expect(rows).toEqual([{ runs: PEOPLE, people: PEOPLE, starts: PEOPLE, instants: 3 }]);
  const broadcasts = await db.selectFrom('broadcasts').select(['status', 'entered', 'refused']).execute();
  expect(broadcasts).toEqual([{ status: 'done', entered: PEOPLE, refused: 0 }]);
}, 60_000);
