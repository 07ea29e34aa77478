import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Clock, DAY, MINUTE } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import { type IncomingEvent, LANES, putInInbox } from '../../src/ingest/inbox.ts';
import { CatalogShelf } from '../../src/process/catalog.ts';
import { tick } from '../../src/process/clock-tick.ts';
import { type Processing, processLanes } from '../../src/process/process-lane.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { workspaceOf } from '../kit/engine.ts';

const WORKSPACE = `settings: test
timezone: UTC
sender: Test <test@example.com>
---
audience: gone-quiet
all: [{ event: Opened }, { not: { event: Opened, within: 10d } }]
---
journey: win-back
enter: { audience: gone-quiet, again: always }
steps: [{ wait: 1d }]
`;
const START = Date.UTC(2026, 0, 1);
const LANES_OF_ALL = Array.from({ length: LANES }, (_, lane) => lane);

let database: TestDatabase;
let processing: Processing;
let now = START;
const clock: Clock = { now: () => now, wall: () => now, speed: 1 };

beforeAll(async () => {
  database = await testDatabase();
  await publish(database.db, await workspaceOf({ 'a.yaml': WORKSPACE }), new Date(START - DAY));
  processing = { db: database.db, clock, catalogs: new CatalogShelf(), log: pino({ level: 'silent' }) };
});
beforeEach(async () => {
  now = START;
  for (const table of [
    'inbox',
    'imports',
    'runs',
    'audience_states',
    'identities',
    'profiles',
    'message_ids',
    'events',
  ] as const)
    await database.db.deleteFrom(table).execute();
});
afterAll(() => database.drop());

const opened = (userId: string, at: number, silent = true): IncomingEvent => ({
  ...{ type: 'track', name: 'Opened', messageId: `${userId} ${at}`, userId, properties: {}, context: {} },
  ...{ occurredAt: new Date(at).toISOString(), receivedAt: new Date(now).toISOString() },
  ...(silent ? { silent } : {}),
});
const work = async (...events: IncomingEvent[]) => {
  await putInInbox(database.db, events);
  while ((await processLanes(LANES_OF_ALL, processing)) > 0);
};
const entered = async () =>
  (await database.db.selectFrom('runs').select('person').orderBy('person').execute()).map(({ person }) => person);
const members = async () =>
  (await database.db.selectFrom('audience_states').where('member', '=', true).selectAll().execute()).length;
const underWay = (row: { started: number; updated: number; finished?: number }) =>
  database.db
    .insertInto('imports')
    .values({
      ...{ id: 'one', what: 'events', file: 'e.csv', silent: true },
      started_at: new Date(row.started),
      updated_at: new Date(row.updated),
      finished_at: row.finished === undefined ? null : new Date(row.finished),
    })
    .execute();

it('what falls due before the import is silent, what falls due after it is live', async () => {
  await work(opened('ada', START - 50 * DAY), opened('bob', START - 5 * DAY));
  await tick(now, processing);
  expect([await members(), await entered()]).toEqual([1, []]);
  now = START + 6 * DAY;
  await tick(now, processing);
  expect([await members(), await entered()]).toEqual([2, ['bob']]);
});

it('as long as rows are still to come, nobody enters by the clock of whom some came', async () => {
  await underWay({ started: START - MINUTE, updated: START });
  await work(opened('ada', START - 10 * DAY + MINUTE), opened('old', START - 10 * DAY + MINUTE, false));
  now = START + 2 * MINUTE;
  await tick(now, processing);
  expect([await members(), await entered()]).toEqual([2, ['old']]);
});

it('an import that was broken off long ago keeps nobody silent', async () => {
  await underWay({ started: START - DAY, updated: START - MINUTE });
  await work(opened('ada', START - 10 * DAY + 20 * MINUTE));
  now = START + 30 * MINUTE;
  await tick(now, processing);
  expect(await entered()).toEqual(['ada']);
});

it('rows that wait to be processed are still to come, too, however long ago their import ended', async () => {
  await work(opened('ada', START - 10 * DAY + MINUTE));
  await underWay({ started: START - MINUTE, updated: START, finished: START });
  await putInInbox(database.db, [opened('ada', START - 9 * DAY)]);
  now = START + DAY / 2;
  await tick(now, processing);
  expect(await entered()).toEqual([]);
  await work();
  now = START + 2 * DAY;
  await tick(now, processing);
  expect(await entered()).toEqual(['ada']);
});

it('imported rows that wait keep nobody else’s clock waiting', async () => {
  await work(opened('bob', START - 10 * DAY + MINUTE, false));
  await putInInbox(database.db, [opened('ada', START - 300 * DAY)]);
  now = START + MINUTE;
  await tick(now, processing);
  expect(await entered()).toEqual(['bob']);
});
