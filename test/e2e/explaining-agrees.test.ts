import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sayLog } from '../../src/core/log-text.ts';
import type { LogEntry } from '../../src/core/run.ts';
import { DAY, HOUR, type Instant, MINUTE, SECOND } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import type { EntryExplained, VerdictExplained } from '../../src/explaining/entry.ts';
import { explainJourney, type JourneyExplained } from '../../src/explaining/explain-journey.ts';
import { CatalogShelf } from '../../src/process/catalog.ts';
import { findPersonId } from '../../src/profiles/find.ts';
import type { Persona } from '../../src/simulate/persona.ts';
import type { TestEvent } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { live } from './live.ts';
import { isSideBySide, startOf } from './random-conditions.ts';
import { drawnWorkspace } from './random-journeys.ts';
import { DRAWN_LIFETIME, drawPeople } from './random-people.ts';
import { type WebhookReceiver, webhookReceiver } from './webhook-receiver.ts';

/** More by hand: `EXPLAINED_JOURNEYS=200 EXPLAINED_SEED=7 npm test test/e2e/explaining-agrees.test.ts` */
const JOURNEYS = Number(process.env.EXPLAINED_JOURNEYS ?? 40);
const PEOPLE = Math.ceil(JOURNEYS / 2);
const SEED = Number(process.env.EXPLAINED_SEED ?? 1);
/** When it is looked ahead: after the last that anybody does. */
const LOOKS = [0, 37 * HOUR, 5 * DAY];
const REST = 17 * DAY;
/** Journeys that everybody starts before the first look. */
const STARTED = 4;
/** Journeys that everybody is asked about. */
const ASKED = 7;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let receiver: WebhookReceiver;
let workspace: Workspace;
let people: Persona[];
const catalogs = new CatalogShelf();

beforeAll(async () => {
  console.log(`explaining: ${JOURNEYS} journeys, seed ${SEED}`);
  [mailbox, receiver] = await Promise.all([testMailbox(), webhookReceiver(() => 200)]);
  workspace = await drawnWorkspace(JOURNEYS, { seed: SEED, url: receiver.url, settles: false, start: Date.now() });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  const numbers = Object.keys(workspace.journeys).map(numberOf);
  // Somewhere in the middle of what they would do, for each of them as it falls.
  const [cut = 0] = fc.sample(fc.integer({ min: DRAWN_LIFETIME / 4, max: DRAWN_LIFETIME / 2 }), {
    numRuns: 1,
    seed: SEED,
  });
  people = drawPeople(PEOPLE, numbers, SEED, engine.clock.now()).map((persona) => ({
    ...persona,
    events: persona.events.filter(({ at }) => 'after' in at && at.after < cut),
  }));
  await live(engine, people, cut);
  for (let place = 0; place < STARTED; place += 1) {
    await engine.send(...people.map(({ userId }) => startedBy(userId, journeyOf(userId, place))));
    // What two runs of one person do at the very same instant has no order.
    await engine.pass(11 * MINUTE + 13 * SECOND);
  }
}, 600_000);
afterAll(async () => {
  await engine?.stop();
  await mailbox?.close();
  await receiver?.close();
});

function numberOf(journey: string): number {
  return Number(journey.slice(journey.lastIndexOf('-') + 1));
}

/** One after the other, for everybody another one first. */
function journeyOf(userId: string, place: number): string {
  const keys = Object.keys(workspace.journeys);
  return keys[(numberOf(userId) * STARTED + place) % keys.length] ?? '';
}

function startedBy(userId: string, journey: string): TestEvent {
  return { name: startOf(numberOf(journey)), userId, properties: { size: 1 } };
}

async function explain(userId: string, journey: string): Promise<JourneyExplained> {
  const profileId = (await findPersonId(engine.db, userId)) ?? 0;
  const explained = await explainJourney({ profileId, journey }, { db: engine.db, clock: engine.clock, catalogs });
  if (explained === undefined) throw new Error(`Nobody is called ${userId}`);
  return explained;
}

interface Look {
  readonly userId: string;
  readonly run: string;
  readonly at: Instant;
  /** How much the run had done by then. */
  readonly done: number;
  readonly steps: readonly string[];
}

/** What is ahead of everybody. */
async function lookAhead(): Promise<Look[]> {
  const looks: Look[] = [];
  for (const { userId } of people) {
    const runs = (await engine.runsOf(userId)).filter(({ status }) => status === 'active');
    for (const journey of new Set(runs.map((run) => run.journey))) {
      const explained = await explain(userId, journey);
      for (const { id, ahead } of explained.runs.filter(({ status }) => status === 'active')) {
        const steps = (ahead?.steps ?? []).map(({ at, step, text }) => lineOf(at.getTime(), step, text));
        looks.push({ userId, run: id, at: engine.clock.now(), done: (await logOf(id)).length, steps });
      }
    }
  }
  return looks;
}

async function logOf(run: string): Promise<LogEntry[]> {
  const rows = await engine.db.selectFrom('run_log').select('entry').where('run_id', '=', run).orderBy('id').execute();
  return rows.map(({ entry }) => entry);
}

/** As the explanation has it. */
function textOf(entry: LogEntry, run: string): string {
  const step = workspace.journeys[run.slice(0, run.indexOf('/'))]?.journey.steps[entry.step ?? ''];
  const template = step !== undefined && 'template' in step ? step.template.key : (entry.step ?? '');
  const text = sayLog(entry, `${entry.kind} ${template}`, (at) => new Date(at).toISOString());
  return lineOf(entry.at, entry.step, text);
}

function lineOf(at: Instant, step: string | null, text: string): string {
  return `${new Date(at).toISOString()} ${step}: ${text}`;
}

test('what is said to be ahead is what the runs do, where nothing but time happens', async () => {
  const looks: Look[] = [];
  let passed = 0;
  for (const after of LOOKS) {
    await engine.pass(after - passed);
    passed = after;
    looks.push(...(await lookAhead()));
  }
  await engine.pass(REST);
  let steps = 0;
  for (const { userId, run, at, done, steps: ahead } of looks) {
    const real = (await logOf(run)).slice(done).map((entry) => textOf(entry, run));
    const which = `${userId} in ${run} from ${new Date(at).toISOString()}`;
    expect({ [which]: ahead }).toEqual({ [which]: real });
    steps += ahead.length;
  }
  console.log(`${looks.length} looks ahead, ${steps} steps`);
  expect(looks.length).toBeGreaterThan(PEOPLE);
  expect(steps).toBeGreaterThan(looks.length);
}, 300_000);

test('whether somebody could enter is what comes of it when it happens', async () => {
  const answers = new Map<string, number>();
  for (let round = 0; round < ASKED; round += 1) {
    const asked: { userId: string; journey: string; verdict: VerdictExplained; before: Result }[] = [];
    for (const { userId } of people) {
      const journey = journeyOf(userId, round);
      // Which of the runs side by side is meant nobody says.
      if (isSideBySide(numberOf(journey))) continue;
      const { entry } = await explain(userId, journey);
      if (entry === null || !isMadeByEvent(entry, journey)) continue;
      asked.push({ userId, journey, verdict: entry.verdict, before: await resultOf(userId, journey) });
    }
    await engine.send(...asked.map(({ userId, journey }) => startedBy(userId, journey)));
    await engine.settled();
    for (const { userId, journey, verdict, before } of asked) {
      const { runs, refusals, side } = await resultOf(userId, journey);
      const isMade = runs > before.runs;
      const real = isMade ? side : (refusals.at(before.refusals.length) ?? 'nothing came of it');
      const said = verdict.answer === 'enters' ? verdict.heldOut : verdict.reason;
      expect({ [`${userId} in ${journey}`]: said }).toEqual({ [`${userId} in ${journey}`]: real });
      const kind = isMade ? 'enters' : real.replace(/ until .*/, '');
      answers.set(kind, (answers.get(kind) ?? 0) + 1);
    }
    await engine.pass(9 * HOUR);
  }
  console.log(Object.fromEntries(answers));
  expect(answers.get('enters')).toBeGreaterThan(PEOPLE);
  expect(answers.size).toBeGreaterThan(3);
}, 300_000);

/**
 * The event makes them come to be in an audience that they are not in yet; nobody leaves one by it. Nor is it known by what
 * they would come to be in it, and that may end the journey at once.
 */
function isMadeByEvent({ by, audience }: EntryExplained, journey: string): boolean {
  const { goal, exit } = workspace.journeys[journey]?.journey ?? {};
  const looksAtEvent = JSON.stringify([goal, exit]).includes(startOf(numberOf(journey)));
  return by === 'event' || (by === 'audience' && audience?.member === false && !looksAtEvent);
}

type Result = Awaited<ReturnType<typeof resultOf>>;

async function resultOf(userId: string, journey: string) {
  const runs = await engine.runsOf(userId, journey);
  const rows = await engine.db
    .selectFrom('entry_refusals')
    .select('reason')
    .where('profile_id', '=', await findPersonId(engine.db, userId))
    .where('journey', '=', journey)
    .orderBy('id')
    .execute();
  const side = runs.at(-1)?.heldOut === true ? 'journey' : 'no';
  return { runs: runs.length, refusals: rows.map(({ reason }) => reason), side };
}
