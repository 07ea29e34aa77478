import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isHeldOut } from '../../src/core/entry.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { decideWinner, undoWinner } from '../../src/runs/winners.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { inAppFile, settingsFile } from './templates.ts';

const FILES = {
  'settings.yaml': settingsFile('holdout: 20%\n'),
  'one.yaml': inAppFile('one', 'one'),
  'two.yaml': inAppFile('two', 'two'),
};

/** @param variants of the experiment `tone` */
const journeys = (variants: string, more = '') => `
journey: greet
enter: { event: Arrived, again: always }
exit: { after: 5d }
holdout: 20%
${more}steps:
  - wait: 1h
  - experiment: tone
    variants: ${variants}
---
journey: remind
enter: { event: Reminded, again: always }
steps: [{ in-app: one }]
`;
const HALVES = '{ a: { in-app: one }, b: { in-app: two } }';
const people = Array.from({ length: 24 }, (_, index) => `user-${index}`);

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
const publish = async (variants: string, more = '') =>
  engine.publish(await workspaceOf({ ...FILES, 'journeys.yaml': journeys(variants, more) }));

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({ ...FILES, 'journeys.yaml': journeys(HALVES) });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
}, 120_000);
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

const arrive = async (...userIds: string[]) => {
  await engine.send(...userIds.map((userId) => ({ name: 'Arrived', userId })));
  await engine.pass(2 * HOUR);
};
/** What the person got at each entry, and why. */
const gotBy = async (userId: string) =>
  (await engine.logOf(userId, 'greet')).flatMap((entry) =>
    entry.did === 'took' ? [`${entry.way} by ${entry.experiment?.by}`] : [],
  );
const outcomes = async (userId: string) =>
  (await engine.messagesOf(userId)).map(({ step, status, refusal }) => `${step}: ${refusal?.reason ?? status}`);
const allGot = async () =>
  new Map(await Promise.all(people.map(async (person) => [person, await gotBy(person)] as const)));

test('a person gets the same variant at every entry and in every version, whatever the shares have become', async () => {
  await arrive(...people);
  const first = await allGot();
  const bs = [...first.values()].filter(([got]) => got === 'b by chance').length;
  expect(bs).toBeGreaterThan(4);
  expect(bs).toBeLessThan(20);

  await publish('{ b: { share: 1%, in-app: two }, a: { share: 99%, in-app: one } }');
  await engine.pass(6 * DAY);
  await arrive(...people, 'late');
  for (const [person, got] of await allGot())
    expect(got).toEqual([first.get(person)?.[0], first.get(person)?.[0]?.replace('chance', 'before')]);
  expect(await gotBy('late')).toEqual(['a by chance']);
});

test('a variant that is stopped gets nobody new; those in it finish, and are sent on only where that is wanted', async () => {
  await publish(HALVES);
  const before = await allGot();
  const ofB = people.filter((person) => before.get(person)?.[0] === 'b by chance');
  await engine.pass(6 * DAY);
  await engine.send(...people.map((userId) => ({ name: 'Arrived', userId })));
  await engine.settled();
  await publish('{ a: { in-app: one }, b: { in-app: two, stopped: true } }');
  await engine.pass(6 * DAY);
  const newcomers = Array.from({ length: 8 }, (_, index) => `after-${index}`);
  await arrive(...newcomers, ...people);
  for (const person of newcomers) expect(await gotBy(person)).toEqual(['a by chance']);
  for (const person of ofB) expect((await gotBy(person)).slice(2)).toEqual(['b by before', 'b by before']);

  await publish('{ a: { in-app: one }, b: { in-app: two, stopped: go-over } }');
  await engine.pass(6 * DAY);
  await arrive(...people);
  for (const person of ofB) expect((await gotBy(person)).slice(4)).toEqual(['a by chance']);
});

test('everybody new gets the variant that won, until that is taken back; only one decision is in force', async () => {
  await publish(HALVES);
  const now = () => engine.clock.now();
  const choice = { journey: 'greet', experiment: 'tone', figures: null };
  const decided = await Promise.all(
    ['b', 'a'].map((variant) => decideWinner(engine.db, { ...choice, variant }, true, now())),
  );
  expect(decided.filter(Boolean)).toHaveLength(1);
  await undoWinner(engine.db, 'greet', 'tone', now());
  expect(await decideWinner(engine.db, { ...choice, variant: 'b' }, true, now())).toBe(true);
  const won = Array.from({ length: 6 }, (_, index) => `won-${index}`);
  await arrive(...won);
  for (const person of won) expect(await gotBy(person)).toEqual(['b by winner']);

  expect(await undoWinner(engine.db, 'greet', 'tone', now())).toBe('b');
  expect(await undoWinner(engine.db, 'greet', 'tone', now())).toBeNull();
  await engine.pass(6 * DAY);
  const after = Array.from({ length: 12 }, (_, index) => `unwon-${index}`);
  await arrive(...won, ...after);
  for (const person of won) expect(await gotBy(person)).toEqual(['b by winner', 'b by before']);
  const drawn = await Promise.all(after.map(gotBy));
  expect(new Set(drawn.flat())).toEqual(new Set(['a by chance', 'b by chance']));
});

describe('people who are held out', () => {
  test('of every journey get nothing from any, at the instants at which they would have', async () => {
    const held = people.filter((person) => isHeldOut({ key: '', holdout: 0, holdoutEverywhere: 0.2 }, person));
    expect(held.length).toBeGreaterThan(1);
    await engine.send(...people.map((userId) => ({ name: 'Reminded', userId })));
    await engine.settled();
    for (const person of people) {
      const [entry] = await engine.logOf(person, 'remind');
      expect(entry).toMatchObject(
        held.includes(person) ? { did: 'refused', refusal: { reason: 'held-out' } } : { did: 'acted' },
      );
      if (held.includes(person)) expect((await outcomes(person)).every((said) => said.endsWith('held-out'))).toBe(true);
    }
    const exposed = await engine.db.selectFrom('runs').select('exposed_at').where('journey', '=', 'remind').execute();
    expect(new Set(exposed.map(({ exposed_at }) => exposed_at?.getTime()))).toEqual(new Set([engine.clock.now()]));
  });

  test('of one journey stay so when its hold-out grows or shrinks, and so do those who are not', async () => {
    await engine.pass(40 * DAY);
    const sides = async () =>
      Promise.all(people.map(async (one) => (await engine.runsOf(one, 'greet')).at(-1)?.heldOut));
    const before = await sides();
    await publish(HALVES, 'priority: 1\n');
    const workspace = await workspaceOf({
      ...FILES,
      'journeys.yaml': journeys(HALVES).replace('holdout: 20%', 'holdout: 90%'),
    });
    await engine.publish(workspace);
    await arrive(...people, 'new-one', 'new-two', 'new-three');
    expect(await sides()).toEqual(before);
    const fresh = await Promise.all(['new-one', 'new-two', 'new-three'].map((one) => engine.runsOf(one, 'greet')));
    expect(fresh.flat().some(({ heldOut }) => heldOut)).toBe(true);
  });
});

test('a journey that is opened to a few admits them, says so to the others, and admits more when it is raised', async () => {
  await publish(HALVES, 'ramp: 30%\n');
  const some = Array.from({ length: 20 }, (_, index) => `ramp-${index}`);
  const inIt = async () => {
    const runs = await Promise.all(some.map((person) => engine.runsOf(person, 'greet')));
    return some.filter((_, index) => (runs[index]?.length ?? 0) > 0);
  };
  await arrive(...some);
  const first = await inIt();
  expect(first.length).toBeGreaterThan(1);
  expect(first.length).toBeLessThan(15);
  const refused = await engine.db
    .selectFrom('entry_refusals')
    .select('reason')
    .where('journey', '=', 'greet')
    .execute();
  expect(refused.filter(({ reason }) => reason === 'the journey is open to 30% of people so far')).toHaveLength(
    some.length - first.length,
  );
  await publish(HALVES, 'ramp: 70%\n');
  await engine.pass(6 * DAY);
  await arrive(...some);
  const second = await inIt();
  expect(second).toEqual(expect.arrayContaining(first));
  expect(second.length).toBeGreaterThan(first.length);
});

describe('two people who turn out to be one', () => {
  const join = async (userId: string, anonymousId: string) => {
    await engine.send({ type: 'identify', name: 'identify', userId, anonymousId, traits: {} });
    await engine.settled();
  };
  const visitor = async (anonymousId: string) => {
    await engine.send(
      { type: 'identify', name: 'identify', anonymousId, traits: {} },
      { name: 'Arrived', anonymousId },
    );
    await engine.pass(2 * HOUR);
    const [run] = await engine.runsOf(anonymousId, 'greet');
    const [got] = await gotBy(anonymousId);
    return { run, got };
  };

  test('keep the known one’s variant: a run under way on another ends as merged, one on the same goes on', async () => {
    const noHoldout = await workspaceOf({
      ...FILES,
      'settings.yaml': settingsFile(),
      'journeys.yaml': journeys(
        '{ a: { steps: [{ in-app: one }, { wait: 1d }] }, b: { steps: [{ in-app: two }, { wait: 2d }] } }',
      ).replace('holdout: 20%\n', ''),
    });
    await engine.publish(noHoldout);
    const known = Array.from({ length: 6 }, (_, index) => `known-${index}`);
    await arrive(...known);
    await engine.pass(6 * DAY);
    const seen = new Set<string>();
    for (const [index, userId] of known.entries()) {
      const [had] = await gotBy(userId);
      const { run, got } = await visitor(`visitor-${index}`);
      await join(userId, `visitor-${index}`);
      const joined = (await engine.runsOf(userId, 'greet')).find(({ id }) => id === run?.id);
      const same = had === got;
      expect([joined?.status, joined?.endReason]).toEqual(
        same ? ['active', null] : ['merged', 'under another name the person has another variant of an experiment'],
      );
      await engine.pass(6 * DAY);
      await arrive(userId);
      expect((await gotBy(userId)).at(-1)).toBe(had?.replace('chance', 'before'));
      seen.add(String(same));
    }
    expect(seen).toEqual(new Set(['true', 'false']));
  }, 60_000);

  test('of whom only the visitor had one keep it', async () => {
    const { got } = await visitor('only-visitor');
    await engine.identify('only-known', {});
    await join('only-known', 'only-visitor');
    await engine.pass(6 * DAY);
    await arrive('only-known');
    expect(await gotBy('only-known')).toEqual([got, got?.replace('chance', 'before')]);
  });
});
