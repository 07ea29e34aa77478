import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localTimeAt, occurrenceAfter, type Schedule, scheduleOf } from '../../src/core/schedule.ts';
import { DAY, HOUR, type Instant, MINUTE, SECOND } from '../../src/core/time.ts';
import { PastScheduleError, publish } from '../../src/definitions/publish.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { backtest } from '../../src/simulate/backtest.ts';
import { readHistoryLog } from '../../src/simulate/history-log.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { API_KEY, type TestServer, testServer } from './server.ts';
import { inAppFile, settingsFile } from './templates.ts';

const JOURNEYS = `
audience: readers
trait: reads
is: true
---
audience: testers
trait: tests
is: true
---
journey: weekly
enter: { every: monday 09:00, members: readers }
exit: { after: 3d }
steps: [{ in-app: note }]
---
journey: workspace-clock
enter: { every: wednesday 12:00, members: readers, timezone: workspace }
steps: [{ in-app: note }]
---
journey: slowly
enter: { every: day 15:00, members: testers, timezone: workspace, rate: 10/minute }
steps: [{ in-app: note }]
---
audience: queuers
trait: queues
is: true
---
journey: in-turn
enter: { every: day 10:00, members: queuers, rate: 2/hour }
steps: [{ in-app: note }]
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;
let workspace: Workspace;
let start: Instant;

beforeAll(async () => {
  mailbox = await testMailbox();
  workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { reads: boolean, tests: boolean, queues: boolean, timezone: string }\n'),
    'journeys.yaml': JOURNEYS,
    'note.yaml': inAppFile('note', 'note'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
  start = engine.clock.now();
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

const ZONES = {
  tokyo: 'Asia/Tokyo',
  kathmandu: 'Asia/Kathmandu',
  berlin: 'Europe/Berlin',
  'new-york': 'America/New_York',
  nowhere: undefined,
  mars: 'Mars/Base',
};
/** When the person entered, by the clock of that zone. */
const entriesOf = async (userId: string, journey: string, zone: string) =>
  (await engine.runsOf(userId, journey)).map(({ enteredAt }) => localTimeAt(enteredAt.getTime(), zone));
const scheduleFor = (journey: string): Schedule => {
  const version = workspace.journeys[journey];
  const schedule = version && scheduleOf(version.journey);
  if (schedule === undefined) throw new Error(`${journey} has no schedule`);
  return schedule;
};
/** The first `count` times from then on, by a clock in that zone. */
const timesFrom = (journey: string, zone: string, from: Instant, count: number): string[] => {
  const times: string[] = [];
  for (let last = localTimeAt(from, zone); times.length < count; ) {
    const next = occurrenceAfter(scheduleFor(journey), last);
    if (next === null) break;
    times.push(next);
    last = next;
  }
  return times;
};
const passUntil = (at: Instant) => engine.pass(at - engine.clock.now());

/** Of `in-turn`. Everybody's own time is at the full hour. */
const PACE = 30 * MINUTE;

describe('a broadcast every Monday at nine', () => {
  test('reaches everybody at nine by their own clock, week after week, as the simulation says', async () => {
    for (const [userId, timezone] of Object.entries(ZONES))
      await engine.identify(userId, { reads: true, ...(timezone !== undefined && { timezone }) });
    await engine.identify('no-reader', { reads: false, timezone: 'Europe/Berlin' });
    await engine.pass(16 * DAY);
    for (const [userId, timezone] of Object.entries(ZONES)) {
      const zone = timezone === undefined || timezone === 'Mars/Base' ? 'Etc/UTC' : timezone;
      const entries = await entriesOf(userId, 'weekly', zone);
      expect({ [userId]: entries }).toEqual({ [userId]: timesFrom('weekly', zone, start, entries.length) });
      expect(entries.length).toBeGreaterThan(1);
      const traits = { reads: true, ...(timezone !== undefined && { timezone }) };
      const { runs } = simulate({ workspace, journey: 'weekly', persona: { userId, traits, start, events: [] } });
      const real = (await engine.runsOf(userId, 'weekly')).map(({ enteredAt, entry }) => [enteredAt.getTime(), entry]);
      expect(real).toEqual(runs.slice(0, real.length).map(({ enteredAt, entry }) => [enteredAt, entry]));
    }
    expect(await engine.runsOf('no-reader')).toEqual([]);
  });

  test('asks who is in the audience when their turn comes, and lets those who moved have one turn', async () => {
    const monday = timesFrom('weekly', 'Etc/UTC', engine.clock.now() + DAY, 1)[0] ?? '';
    const utc = (time: string) => Date.parse(`${monday.slice(0, 11)}${time}:00Z`);
    // Somebody who moves to where it was nine already has a turn if they were in the audience at nine there.
    await engine.identify('moves-east', { timezone: 'America/New_York', reads: true });
    await passUntil(utc('07:00'));
    const london = { timezone: 'Europe/London', reads: true };
    await engine.identify('leaves-before', london);
    await engine.identify('joins-after', { ...london, reads: false });
    await engine.identify('moves-west', london);
    await engine.pass(HOUR);
    await engine.identify('leaves-before', { reads: false });
    await engine.identify('moves-east', { timezone: 'Asia/Tokyo' });
    await passUntil(utc('11:00'));
    await engine.identify('joins-after', { reads: true });
    await engine.identify('moves-west', { timezone: 'America/New_York' });
    await passUntil(utc('23:00'));
    expect(await engine.runsOf('leaves-before', 'weekly')).toEqual([]);
    expect(await engine.runsOf('joins-after', 'weekly')).toEqual([]);
    expect(await entriesOf('moves-west', 'weekly', 'Europe/London')).toEqual([monday]);
    expect(await engine.runsOf('moves-east', 'weekly')).toHaveLength(1);
    await engine.pass(7 * DAY);
    expect(await engine.runsOf('joins-after', 'weekly')).toHaveLength(1);
    expect(await engine.runsOf('moves-west', 'weekly')).toHaveLength(2);
    expect(await engine.runsOf('moves-east', 'weekly')).toHaveLength(2);
  });

  test('or by the workspace’s clock for all at once', async () => {
    for (const userId of Object.keys(ZONES)) {
      const entries = await entriesOf(userId, 'workspace-clock', 'Etc/UTC');
      expect(entries).toEqual(timesFrom('workspace-clock', 'Etc/UTC', start, entries.length));
      expect(entries.length).toBeGreaterThan(2);
    }
  });
});

describe('a broadcast with a rate', () => {
  type Listed = { time: string; status: string; entered: number };
  const steer = async (time: string, how: string, by?: { by: string; reason: string }) => {
    const url = `${server.url}/api/journeys/slowly/broadcasts/${time}/${how}`;
    const headers = { authorization: `Bearer ${API_KEY}`, ...(by && { 'content-type': 'application/json' }) };
    const response = await fetch(url, { method: 'POST', headers, ...(by && { body: JSON.stringify(by) }) });
    return { status: response.status, answer: (await response.json()) as Listed };
  };
  const listed = async () => (await server.api<{ items: Listed[] }>('/api/journeys/slowly/broadcasts?limit=10')).items;
  const people = Array.from({ length: 8 }, (_, index) => `tester-${index}`);
  const entered = async (since: Instant) => {
    const rows = await engine.db.selectFrom('runs').select('entered_at').where('journey', '=', 'slowly').execute();
    return rows
      .map(({ entered_at }) => entered_at.getTime() - since)
      .filter((at) => at >= 0)
      .sort((a, b) => a - b);
  };
  const nextTime = () => timesFrom('slowly', 'Etc/UTC', engine.clock.now(), 1)[0] ?? '';

  test('lets one person in after the other, is paused, and goes on without a burst', async () => {
    for (const userId of people) await engine.identify(userId, { tests: true });
    const time = nextTime();
    const due = Date.parse(`${time}Z`);
    await passUntil(due + 13 * SECOND);
    expect(await entered(due)).toEqual([0, 6_000, 12_000]);
    expect(await steer(time, 'pause')).toMatchObject({ status: 200, answer: { status: 'paused', entered: 3 } });
    await engine.pass(HOUR);
    expect(await entered(due)).toHaveLength(3);
    const resumed = engine.clock.now() - due;
    expect(await steer(time, 'resume')).toMatchObject({ status: 200, answer: { status: 'running' } });
    await engine.pass(5 * MINUTE);
    expect(await entered(due)).toEqual([0, 6_000, 12_000, ...[0, 1, 2, 3, 4].map((one) => resumed + one * 6_000)]);
    expect(await steer(time, 'pause')).toMatchObject({ status: 409 });
    // What could not be done leaves no line.
    const lines = (await server.api<{ items: object[] }>('/api/audit?journey=slowly')).items;
    const line = { by: 'the API', reason: null, run: null, detail: { broadcast: time } };
    expect(lines).toMatchObject([
      { ...line, did: 'resumed a broadcast of' },
      { ...line, did: 'paused a broadcast of' },
    ]);
    expect(lines).toHaveLength(2);
  });

  test('is cancelled on its way or before it begins; the next one comes as ever', async () => {
    const first = nextTime();
    const due = Date.parse(`${first}Z`);
    await passUntil(due + 7 * SECOND);
    const ours = { by: 'ada', reason: 'a wrong price' };
    expect(await steer(first, 'cancel', ours)).toMatchObject({
      status: 200,
      answer: { status: 'cancelled', entered: 2 },
    });
    expect(await server.api('/api/audit?journey=slowly&limit=1')).toMatchObject({
      items: [{ ...ours, did: 'cancelled a broadcast of', detail: { broadcast: first } }],
    });
    await engine.pass(HOUR);
    const second = nextTime();
    expect(await steer(second, 'cancel')).toMatchObject({ status: 200, answer: { status: 'cancelled', entered: 0 } });
    engine.nudge();
    await eventually(async () => expect((await listed())[0]?.status).toBe('planned'));
    expect(await steer('2020-01-01T15:00', 'cancel')).toMatchObject({ status: 404 });
    await engine.pass(2 * DAY);
    const byTime = new Map((await listed()).map(({ time, status, entered: count }) => [time, `${status} ${count}`]));
    expect([byTime.get(first), byTime.get(second)]).toEqual(['cancelled 2', 'cancelled 0']);
    expect([...byTime.values()][1]).toBe('done 8');
  });
});

test('whoever waits for their turn by a rate enters as a backtest says, or has left before it', async () => {
  const people = Array.from({ length: 14 }, (_, index) => `waits-${index}`);
  const timezone = fc.constantFrom('Asia/Tokyo', 'Europe/Berlin', 'Europe/Paris', 'America/New_York');
  const [drawn] = fc.sample(
    fc.record({
      zones: fc.array(timezone, { minLength: people.length, maxLength: people.length }),
      // Between turns, so that who comes first is no matter of chance.
      changes: fc.array(
        fc.record({
          userId: fc.constantFrom(...people),
          turns: fc.integer({ min: 0, max: 3 }),
          queues: fc.constantFrom(true, true, false),
        }),
        { minLength: 60, maxLength: 60 },
      ),
    }),
    { seed: 7, numRuns: 1 },
  );
  const from = engine.clock.now();
  for (const [index, userId] of people.entries())
    await engine.identify(userId, { queues: index % 4 > 0, timezone: drawn?.zones[index] ?? '' });
  for (const { userId, turns, queues } of drawn?.changes ?? []) {
    await passUntil((Math.floor(engine.clock.now() / PACE) + 1 + turns) * PACE + 7 * MINUTE);
    await engine.identify(userId, { queues });
  }
  await engine.settled();
  const to = engine.clock.now();

  const { rows } = await sql<{ person: string; at: Date }>`
    select p.user_id as person, r.entered_at as at from runs r join profiles p on p.id = r.profile_id where r.journey = 'in-turn'
  `.execute(engine.db);
  const real = rows.map(({ person, at }) => `${at.toISOString()} ${person}`).sort();
  const foreseen: string[] = [];
  const question = { workspace, journey: 'in-turn', period: { from, to } };
  await backtest(question, readHistoryLog(engine.database.db, to, false), ({ person, run }) => {
    foreseen.push(`${new Date(run.enteredAt).toISOString()} ${person}`);
  });
  expect(foreseen.sort()).toEqual(real);
  const afterOthers = rows.filter(({ at }) => at.getTime() % HOUR > 0);
  expect(afterOthers.length).toBeGreaterThan(5);
});

test('a time that is over is refused when it is new, and kept where it was published before it came', async () => {
  const at = (time: string) =>
    workspaceOf({
      'settings.yaml': settingsFile('traits: { reads: boolean }\n'),
      'a.yaml': `audience: readers\ntrait: reads\nis: true\n---\njourney: news\nenter: { at: ${time}, members: readers }\nsteps: [{ in-app: note }]\n`,
      'note.yaml': inAppFile('note', 'note'),
    });
  const now = engine.clock.now();
  const over = await at(localTimeAt(now - 2 * DAY, 'utc').replace('T', ' '));
  const { db } = engine.database;
  await expect(publish(db, over, new Date(now))).rejects.toThrow(PastScheduleError);
  await expect(publish(db, over, new Date(now))).rejects.toThrow(
    /^The journey `news` is entered once, at .* and that is over everywhere\. Give it a later time, or take it out\.$/,
  );
  await publish(db, over, new Date(now - 4 * DAY));
  const changed = { ...over, hash: 'changed' };
  expect((await publish(db, changed, new Date(now))).hash).toBe('changed');
});
