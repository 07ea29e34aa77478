import type { LogEntry } from '../../src/core/run.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import { canonicalJson } from '../../src/definitions/canonical.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import type { Persona } from '../../src/simulate/persona.ts';
import type { RefusedEntry, SimulatedMessage } from '../../src/simulate/simulation.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { live } from './live.ts';
import { type Drawing, drawnWorkspace } from './random-journeys.ts';
import { DRAWN_LIFETIME, drawPeople } from './random-people.ts';

/** Each run of each person: what it did, by the id of the run without the person's number. */
export type Runs = Map<string, Map<string, readonly LogEntry[]>>;

export interface DrawnWorld {
  readonly engine: TimeSkippingEngine;
  readonly workspace: Workspace;
  readonly people: readonly Persona[];
  /** When they had lived through it. */
  readonly end: Instant;
}

const JOURNEYS_OF_A_PERSON = 5;

/** Draws so many journeys and people, and lets them live through the real engine. */
export async function drawnWorld(
  journeys: number,
  drawing: Omit<Drawing, 'start'>,
  smtpUrl: string,
): Promise<DrawnWorld> {
  const start = nextMonday(Date.now());
  const workspace = await drawnWorkspace(journeys, { ...drawing, start });
  const engine = await timeSkippingEngine({ workspace, smtpUrl });
  const numbers = Object.keys(workspace.journeys).map((key) => Number(key.slice(key.lastIndexOf('-') + 1)));
  const inOrder = numbers.sort((a, b) => a - b);
  await engine.pass(start - engine.clock.now());
  const people = drawPeople(Math.ceil(journeys / JOURNEYS_OF_A_PERSON), inOrder, drawing.seed, engine.clock.now());
  return { engine, workspace, people, end: await live(engine, people, DRAWN_LIFETIME) };
}

/** At nine by UTC, more than a day from now: hours and schedules then fall alike whenever a test runs. */
function nextMonday(now: Instant): Instant {
  const monday = Date.UTC(2024, 0, 1, 9);
  const weeks = Math.ceil((now + DAY - monday) / (7 * DAY));
  return monday + weeks * 7 * DAY;
}

export async function realRuns({ engine, people }: DrawnWorld): Promise<Runs> {
  const rows = await engine.db
    .selectFrom('run_log')
    .innerJoin('runs', 'runs.id', 'run_log.run_id')
    .innerJoin('profiles', 'profiles.id', 'runs.profile_id')
    .select(['profiles.user_id as person', 'runs.journey', 'runs.instance', 'runs.visit', 'run_log.entry'])
    .orderBy('run_log.id')
    .execute();
  const runs: Runs = new Map(people.map(({ userId }) => [userId, new Map()]));
  for (const { person, entry, ...run } of rows) {
    const own = runs.get(person ?? '');
    own?.set(runName(run), [...(own.get(runName(run)) ?? []), entry]);
  }
  return runs;
}

/** What each step wanted to send, by person: when, in which words, and why not. */
export async function realMessages({ engine, people }: DrawnWorld): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await engine.db
    .selectFrom('messages')
    .innerJoin('runs', 'runs.id', 'messages.run_id')
    .innerJoin('profiles', 'profiles.id', 'runs.profile_id')
    .select(['profiles.user_id as person', 'runs.journey', 'runs.instance', 'runs.visit as number'])
    .select(['step', 'messages.visit', 'reserved_at', 'channel', 'template', 'offer', 'refusal', 'content'])
    .execute();
  const messages = new Map(people.map(({ userId }) => [userId, [] as string[]]));
  for (const { person, number, reserved_at, ...row } of rows) {
    const run = runName({ ...row, visit: number });
    messages.get(person ?? '')?.push(messageText(run, { ...row, at: reserved_at.getTime() }));
  }
  return new Map([...messages].map(([person, texts]) => [person, texts.sort()]));
}

type SentOrNot = Pick<SimulatedMessage, 'step' | 'visit' | 'at' | 'template' | 'refusal' | 'content'> & {
  readonly channel: string;
  readonly offer?: string | null;
};

/** Emails are written when they go out, and kept by nobody. */
export function messageText(run: string, message: SentOrNot): string {
  const { step, visit, at, channel, template, offer, refusal, content } = message;
  const said = refusal ?? (channel === 'email' ? 'written when it goes out' : content);
  const what = [channel, template, offer ?? 'no offer', canonicalJson(said)].join(' ');
  return `${new Date(at).toISOString()} ${run} ${step} ${visit}: ${what}`;
}

/** Entries that did not come about, by person: when, into which journey, and why. */
export async function realRefusals({ engine, people }: DrawnWorld): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await engine.db
    .selectFrom('entry_refusals')
    .innerJoin('profiles', 'profiles.id', 'entry_refusals.profile_id')
    .select(['profiles.user_id as person', 'entry_refusals.journey', 'entry_refusals.at', 'entry_refusals.reason'])
    .execute();
  const refused = new Map(people.map(({ userId }) => [userId, [] as string[]]));
  for (const { person, at, ...row } of rows) refused.get(person ?? '')?.push(refusalText({ ...row, at: at.getTime() }));
  return new Map([...refused].map(([person, texts]) => [person, texts.sort()]));
}

export function refusalText({ journey, at, reason }: RefusedEntry): string {
  return `${new Date(at).toISOString()} ${journey}: ${reason}`;
}

export function runName({ journey, instance, visit }: { journey: string; instance: string | null; visit: number }) {
  return [journey, ...(instance === null ? [] : [instance]), visit].join('/');
}
