import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogEntry } from '../../src/core/run.ts';
import type { Instant } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import type { Persona } from '../../src/simulate/persona.ts';
import { callsOf, peopleOf } from '../../src/simulate/persona-calls.ts';
import { VirtualLife } from '../../src/simulate/virtual-life.ts';
import { virtualWorld } from '../../src/simulate/virtual-world.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { live } from './live.ts';
import { drawHouseholds, HOUSEHOLD_LIFETIME, hasTie, householdWorkspace } from './random-households.ts';
import { storyOf } from './story.ts';

const HOUSEHOLDS = 15;
const SEED = 3;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let workspace: Workspace;
let personas: Persona[];
let end: Instant;

beforeAll(async () => {
  mailbox = await testMailbox();
  workspace = await householdWorkspace();
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  personas = drawHouseholds(HOUSEHOLDS, SEED, engine.clock.now());
  end = await live(engine, personas, HOUSEHOLD_LIFETIME);
}, 600_000);
afterAll(async () => {
  await engine?.stop();
  await mailbox?.close();
});

type Stories = Record<string, string[]>;

/** What every run of a household did, by person or account. */
function simulated(persona: Persona): Stories {
  const people = peopleOf(persona);
  const life = new VirtualLife({
    world: virtualWorld(workspace),
    people,
    calls: callsOf(persona, persona.start),
    personOf: ({ userId }) => people.find((one) => one.userId === userId)?.id ?? 0,
    until: end,
  }).live();
  const lives = [...people.map(({ id, userId }) => [userId, life.of(id)] as const), ...life.ofAccounts];
  return inOrder(
    lives.flatMap(([name, { runs }]) =>
      runs.map(({ journey, visit, log }) => [`${name} ${journey} ${visit}`, storyOf(log, persona.start)] as const),
    ),
  );
}

async function real({ start, colleagues = [], ...first }: Persona): Promise<Stories> {
  const everybody = [first, ...colleagues];
  const names = [
    ...everybody.map(({ userId }) => userId),
    ...everybody.flatMap(({ accounts = {}, events }) => [
      ...Object.keys(accounts),
      ...events.flatMap((one) => ('group' in one ? [one.group] : [])),
    ]),
  ];
  const rows = await engine.db
    .selectFrom('run_log')
    .innerJoin('runs', 'runs.id', 'run_log.run_id')
    .innerJoin('profiles', 'profiles.id', 'runs.profile_id')
    .select(['profiles.user_id as name', 'runs.journey', 'runs.visit', 'run_log.entry'])
    .where('profiles.user_id', 'in', names)
    .orderBy('run_log.id')
    .execute();
  const logs = new Map<string, LogEntry[]>();
  for (const { name, journey, visit, entry } of rows) {
    const id = `${name} ${journey} ${visit}`;
    logs.set(id, [...(logs.get(id) ?? []), entry]);
  }
  return inOrder([...logs].map(([id, log]) => [id, storyOf(log, start)] as const));
}

function inOrder(stories: readonly (readonly [string, string[]])[]): Stories {
  return Object.fromEntries([...stories].filter(([, story]) => story.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What was done in each journey, whichever of its runs did it. */
function byJourney(stories: Stories): Stories {
  const journeys = new Map<string, string[]>();
  for (const [run, story] of Object.entries(stories)) {
    const [, journey = ''] = run.split(' ');
    journeys.set(journey, [...(journeys.get(journey) ?? []), ...story].sort());
  }
  return inOrder([...journeys]);
}

test('people who share accounts, and the accounts, go through journeys as in virtual time, to the millisecond', async () => {
  const journeys = new Map<string, number>();
  let ties = 0;
  for (const persona of personas) {
    const stories = await real(persona);
    const expected = simulated(persona);
    if (!isDeepStrictEqual(stories, expected) && hasTie(expected)) {
      ties += 1;
      expect(byJourney(stories)).toEqual(byJourney(expected));
    } else {
      expect(stories).toEqual(expected);
    }
    for (const [id, story] of Object.entries(stories)) {
      const [, journey = ''] = id.split(' ');
      journeys.set(journey, (journeys.get(journey) ?? 0) + story.length);
    }
  }
  expect(ties).toBeLessThanOrEqual(2);
  expect([...journeys.keys()].sort()).toEqual(['busy', 'full', 'left', 'team']);
  expect(Math.min(...journeys.values())).toBeGreaterThan(10);
});
