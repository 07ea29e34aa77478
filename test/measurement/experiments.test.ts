import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { goalEvents } from '../../src/audiences/goal-events.ts';
import type { JsonObject } from '../../src/core/condition.ts';
import type { AssignedBy, ExperimentStep } from '../../src/core/experiment.ts';
import type { Journey, Variant } from '../../src/core/journey.ts';
import { DAY, HOUR, type Instant } from '../../src/core/time.ts';
import { appendEvents } from '../../src/ingest/event-log.ts';
import { reportByAudience } from '../../src/measurement/experiment-audiences.ts';
import { reportExperiments, type Side } from '../../src/measurement/experiments.ts';
import { arms } from '../../src/measurement/exposures.ts';
import { reportHoldout } from '../../src/measurement/holdout.ts';
import { jsonb } from '../../src/store/columns.ts';
import type { Database } from '../../src/store/database.ts';
import { did, inApp, journey } from '../core/build.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addMessage, addRun } from './rows.ts';

let database: TestDatabase;
let db: Database;

beforeEach(async () => {
  database = await testDatabase();
  db = database.db;
});
afterEach(() => database.drop());

const variants = (...shares: [string, number, Variant['stopped']?][]): Variant[] =>
  shares.map(([name, share, stopped]) => ({ name, share, then: 'one', ...(stopped !== undefined && { stopped }) }));

/** A journey with the experiment `tone`; a conversion is an order, worth its `total`. */
function shop(more: Partial<Journey> = {}, ...shares: [string, number, Variant['stopped']?][]): Journey {
  const all = shares.length === 0 ? variants(['a', 0.5], ['b', 0.5]) : variants(...shares);
  const tone: ExperimentStep = {
    id: 'tone',
    kind: 'experiment',
    next: 'one',
    name: 'tone',
    control: 'a',
    variants: all,
  };
  return journey([tone, inApp('one')], {
    ...{ key: 'shop', goal: did('Order Completed', { since: 'entry' }), value: 'total', holdout: 0.1 },
    ...more,
  });
}

async function publishVersion(hash: string, body: Journey, at = AT): Promise<{ hash: string; journey: Journey }> {
  await db
    .insertInto('journey_versions')
    .values({ hash, key: body.key, body: jsonb(body), first_published_at: at })
    .execute();
  return { hash, journey: body };
}

let people = 0;
interface Exposed {
  readonly version?: string;
  readonly variant?: string;
  readonly by?: AssignedBy;
  readonly heldOut?: boolean;
  readonly heldOutEverywhere?: boolean;
  /** When after the exposure orders came, and what they were worth. */
  readonly orders?: readonly (readonly [number, number])[];
  readonly at?: Instant;
  readonly person?: number;
  readonly visit?: number;
  readonly entry?: JsonObject;
}

/** Somebody who entered, and came to the experiment an hour later. */
async function expose({
  version = 'v1',
  variant = 'a',
  by = 'chance',
  heldOut = false,
  heldOutEverywhere = false,
  orders = [],
  ...more
}: Exposed) {
  const { at = AT.getTime(), person = ++people, visit = 0, entry = {} } = more;
  const run = await addRun(db, {
    ...{
      journey: 'shop',
      person: `p${person}`,
      version,
      visit,
      heldOut,
      heldOutEverywhere,
      entry,
      status: 'timed-out',
    },
    exposedAt: new Date(at),
    variants: { tone: { variant, by, at, version } },
  });
  await appendEvents(
    db,
    orders.map(([after, total], index) => ({
      ...{ profileId: person, name: 'Order Completed', type: 'track' as const, byEngine: false, at: at + after },
      ...{ receivedAt: AT.toISOString(), messageId: `${run}-${index}`, properties: { total }, context: {} },
    })),
  );
  return { run, person };
}
const times = async (count: number, exposed: Exposed) => {
  for (let index = 0; index < count; index += 1) await expose(exposed);
};
const LATER = AT.getTime() + 30 * DAY;
const report = (current: { hash: string; journey: Journey } | null, now = LATER) =>
  reportExperiments(db, 'shop', current, goalEvents, now);
const sideOf = (sides: readonly Side[] | undefined, variant: string | null) =>
  sides?.find((side) => side.variant === variant);

describe('an experiment', () => {
  it('has for each side who was exposed, who converted, what that was worth and how soon, against the control', async () => {
    const current = await publishVersion('v1', shop());
    await times(8, { variant: 'a' });
    await times(2, { variant: 'a', orders: [[2 * HOUR, 10]] });
    await times(5, { variant: 'b' });
    await expose({
      variant: 'b',
      orders: [
        [HOUR, 30],
        [2 * DAY, 20],
      ],
    });
    await times(4, { variant: 'b', orders: [[3 * HOUR, 10]] });
    await times(6, { variant: 'b', heldOut: true });
    const { experiments, holdout } = await report(current);
    expect(experiments).toHaveLength(1);
    const [tone] = experiments;
    expect(tone).toMatchObject({ experiment: 'tone', control: 'a', isRunning: true, tooFew: true });
    expect(tone?.sides.map(({ variant, exposed, converted }) => [variant, exposed, converted])).toEqual([
      ['a', 10, 2],
      ['b', 10, 5],
      [null, 6, 0],
    ]);
    const [a, b] = [sideOf(tone?.sides, 'a'), sideOf(tone?.sides, 'b')];
    expect(a).toMatchObject({
      rate: 0.2,
      revenue: 20,
      revenuePerPerson: 2,
      medianTimeToConversion: 2 * HOUR,
      lift: null,
    });
    expect(b).toMatchObject({ rate: 0.5, revenue: 90, revenuePerPerson: 9, medianTimeToConversion: 3 * HOUR });
    // Newcombe's interval, and the N − 1 χ² of [[5, 5], [2, 8]]: 1.978 · 19/20.
    expect(b?.lift).toMatchObject({
      difference: 0.3,
      low: expect.closeTo(-0.1067, 3),
      high: expect.closeTo(0.5999, 3),
    });
    expect(b?.lift?.pValue).toBeCloseTo(0.1704, 3);
    expect(b?.lift?.relative).toBeCloseTo(1.5);
    expect(b?.lift?.incremental.difference).toBeCloseTo(3);
    expect(b?.revenueLift?.difference).toBeCloseTo(7);
    expect(b?.revenueLift?.incremental.difference).toBeCloseTo(70);
    expect(holdout?.sides.map(({ variant, exposed, converted }) => [variant, exposed, converted])).toEqual([
      ['treated', 20, 7],
      [null, 6, 0],
    ]);
    expect(holdout).toMatchObject({ control: null, isRunning: true });
  });

  it('counts people by the side they were drawn to first, each once, and nobody whom a winner was given to', async () => {
    const current = await publishVersion('v1', shop());
    const { person } = await expose({ variant: 'a' });
    await expose({ person, visit: 1, variant: 'b', at: AT.getTime() + DAY, orders: [[HOUR, 1]] });
    await expose({ variant: 'b', by: 'winner', orders: [[HOUR, 1]] });
    const { sides = [] } = (await report(current)).experiments[0] ?? {};
    // The order came in the first journey's time, whatever the person got later.
    expect(sides.map(({ variant, exposed, converted }) => [variant, exposed, converted])).toEqual([
      ['a', 1, 1],
      ['b', 0, 0],
    ]);
  });

  it('counts what is done before the exposure, or after the journey’s time, for nothing; until then people are undecided', async () => {
    const current = await publishVersion('v1', shop({ exit: { after: 14 * DAY, when: null } }));
    await expose({
      variant: 'a',
      orders: [
        [-HOUR, 5],
        [14 * DAY + 1, 5],
      ],
    });
    await expose({ variant: 'b', orders: [[14 * DAY, 5]] });
    const at = async (now: Instant) =>
      (await report(current, now)).experiments[0]?.sides.map(({ converted, undecided }) => [converted, undecided]);
    expect(await at(LATER)).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(await at(AT.getTime() + 13 * DAY)).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('compares people with those drawn by the same shares: a good month in which one side was large is no effect', async () => {
    const first = await publishVersion('v1', shop({}, ['a', 0.9], ['b', 0.1]));
    const second = await publishVersion('v2', shop({}, ['a', 0.1], ['b', 0.9]), new Date(AT.getTime() + DAY));
    const draw = async (version: string, variant: string, exposed: number, converted: number) => {
      await times(exposed - converted, { version, variant });
      await times(converted, { version, variant, orders: [[HOUR, 1]] });
    };
    await draw(first.hash, 'a', 45, 9);
    await draw(first.hash, 'b', 5, 1);
    await draw(second.hash, 'a', 5, 3);
    await draw(second.hash, 'b', 45, 27);
    const b = sideOf((await report(second)).experiments[0]?.sides, 'b');
    expect([b?.exposed, b?.converted]).toEqual([50, 28]);
    expect(b?.lift?.difference).toBeCloseTo(0);
    expect(b?.lift?.pValue).toBeCloseTo(1);
  });

  it('that is over is told as it was last; of a journey that is gone, too', async () => {
    await publishVersion('v1', shop());
    const next = await publishVersion('v2', journey([inApp('one')], { key: 'shop' }), new Date(AT.getTime() + DAY));
    await expose({ variant: 'b' });
    expect((await report(next)).experiments).toMatchObject([{ experiment: 'tone', isRunning: false }]);
    expect((await report(null)).experiments).toMatchObject([{ experiment: 'tone', isRunning: false }]);
  });

  it('whose goal is no event goes by what runs recorded', async () => {
    const goal = { kind: 'audience', key: 'upgraded' } as const;
    const current = await publishVersion('v1', shop({ goal }));
    const tone = (variant: string) => ({ tone: { variant, by: 'chance', at: AT.getTime(), version: 'v1' } as const });
    const row = { journey: 'shop', version: 'v1', exposedAt: AT } as const;
    await addRun(db, {
      ...row,
      person: 'p901',
      status: 'converted',
      endedAt: new Date(AT.getTime() + DAY),
      variants: tone('a'),
    });
    await addRun(db, { ...row, person: 'p902', status: 'timed-out', variants: tone('b') });
    const { sides = [] } = (await report(current)).experiments[0] ?? {};
    expect(
      sides.map(({ converted, revenue, medianTimeToConversion }) => [converted, revenue, medianTimeToConversion]),
    ).toEqual([
      [1, null, DAY],
      [0, null, null],
    ]);
  });

  it('only counts events as the goal wants them', async () => {
    const large = { path: 'total', test: { op: 'atLeast', value: 50 } } as const;
    const current = await publishVersion(
      'v1',
      shop({ goal: did('Order Completed', { since: 'entry', where: [large] }) }),
    );
    await expose({
      variant: 'a',
      orders: [
        [HOUR, 49],
        [2 * HOUR, 50],
      ],
    });
    expect(sideOf((await report(current)).experiments[0]?.sides, 'a')).toMatchObject({
      ...{ converted: 1, revenue: 50, medianTimeToConversion: 2 * HOUR },
    });
  });

  it('only counts events of what the run was entered by, where the goal wants the same', async () => {
    const goal = did('Order Completed', { since: 'entry', sameAsEntry: ['total'] });
    const current = await publishVersion('v1', shop({ goal }));
    const entry = { by: 'event', properties: { total: 50 } };
    await expose({ variant: 'a', orders: [[HOUR, 49]], entry });
    await expose({ variant: 'b', orders: [[HOUR, 50]], entry });
    await expose({ variant: 'b', orders: [[HOUR, 50]] });
    const { sides = [] } = (await report(current)).experiments[0] ?? {};
    expect(sides.map(({ exposed, converted }) => [exposed, converted])).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  it('is told by the audiences that people were in at their exposure', async () => {
    const current = await publishVersion('v1', shop());
    const member = async (audience: string, person: number, entered: boolean, at: Instant) =>
      db
        .insertInto('audience_changes')
        .values({
          profile_id: person,
          audience,
          entered,
          cause: 'event',
          because: null,
          recorded_at: AT,
          at: new Date(at),
        })
        .execute();
    for (let index = 0; index < 12; index += 1) {
      const [a, b] = [await expose({ variant: 'a' }), await expose({ variant: 'b', orders: [[HOUR, 1]] })];
      for (const { person } of [a, b]) await member('keen', person, true, AT.getTime());
      await member('new', a.person, true, AT.getTime() + 1);
      await member('gone', b.person, true, AT.getTime() - DAY);
      await member('gone', b.person, false, AT.getTime() - HOUR);
    }
    const found = await reportByAudience(db, current, 'tone', ['gone', 'keen', 'new'], goalEvents, LATER);
    expect(found).toMatchObject([
      { audience: 'keen', best: 'b', isSure: true, sides: [{ exposed: 12 }, { converted: 12 }] },
    ]);
  });
});

describe('what a rule for winners sees', () => {
  const asked = { journey: 'shop', experiment: 'tone', versions: ['v1'], since: null, within: 2 * DAY } as const;

  it('is people who have had their time, and what they did in it', async () => {
    const { journey: body } = await publishVersion('v1', shop());
    const goal = goalEvents(body.goal, body.value);
    await expose({ variant: 'a', orders: [[2 * DAY, 1]] });
    await expose({ variant: 'b', orders: [[2 * DAY + 1, 1]] });
    await expose({ variant: 'b', at: AT.getTime() + DAY, orders: [[HOUR, 1]] });
    await expose({ variant: 'b', heldOut: true, orders: [[HOUR, 1]] });
    const at = (now: Instant) => arms(db, { ...asked, by: 'conversion' }, goal, now);
    expect(await at(AT.getTime() + 2 * DAY - 1)).toEqual([]);
    const [a, b] = [
      { variant: 'a', of: 1, converted: 1 },
      { variant: 'b', of: 1, converted: 0 },
    ];
    expect(await at(AT.getTime() + 2 * DAY)).toEqual([a, b]);
    expect(await at(AT.getTime() + 3 * DAY)).toEqual([a, { ...b, of: 2, converted: 1 }]);
    expect(await arms(db, { ...asked, by: 'conversion', since: AT }, goal, LATER)).toEqual([
      { ...b, of: 1, converted: 1 },
    ]);
    expect(await arms(db, { ...asked, by: 'conversion', versions: ['v2'] }, goal, LATER)).toEqual([]);
  });

  it('is clicks where it goes by clicks: on in-app messages, or on emails as a provider reports them', async () => {
    await publishVersion('v1', shop());
    const [inProduct, byMail, tooLate] = [await expose({}), await expose({}), await expose({})];
    const clickedAt = new Date(AT.getTime() + HOUR);
    const shown = await addMessage(db, inProduct.run, 'in-app', 'sent');
    await db.updateTable('messages').set({ clicked_at: clickedAt }).where('id', '=', shown).execute();
    for (const { run, person, after } of [
      { ...byMail, after: HOUR },
      { ...tooLate, after: 3 * DAY },
    ]) {
      const message = await addMessage(db, run, 'email', 'sent');
      await db.updateTable('messages').set({ profile_id: person }).where('id', '=', message).execute();
      const properties = { message_id: message };
      await appendEvents(db, [
        {
          ...{
            profileId: person,
            name: 'Email Link Clicked',
            type: 'track',
            byEngine: false,
            at: AT.getTime() + after,
          },
          ...{ receivedAt: AT.toISOString(), messageId: message, properties, context: {} },
        },
      ]);
    }
    expect(await arms(db, { ...asked, by: 'click' }, null, LATER)).toEqual([{ variant: 'a', of: 3, converted: 2 }]);
  });
});

it('nothing is told of a journey that never was', async () => {
  expect(await report(null)).toEqual({ holdout: null, experiments: [] });
});

describe('the hold-out of all journeys', () => {
  it('is held against everybody else, from the first thing that any journey had for them', async () => {
    await publishVersion('v1', shop({ holdoutEverywhere: 0.2 }));
    await publishVersion('other', { ...shop({ holdoutEverywhere: 0.2 }), key: 'other' });
    const before = await publishVersion('v0', shop());
    const heldOut = { heldOut: true, heldOutEverywhere: true };
    const first = await expose({
      orders: [
        [DAY, 10],
        [3 * DAY, 5],
        [31 * DAY, 100],
      ],
    });
    await addRun(db, {
      ...{ journey: 'other', person: `p${first.person}`, version: 'other', status: 'timed-out' },
      exposedAt: new Date(AT.getTime() + 2 * DAY),
    });
    await times(3, {});
    await times(2, heldOut);
    await expose({ ...heldOut, orders: [[DAY, 10]] });
    // Held out of the one journey only: of this hold-out, on the side of everybody else.
    await expose({ heldOut: true });
    // From before there was such a hold-out: there is nobody to compare with.
    await times(4, { version: before.hash, orders: [[HOUR, 1]] });
    const question = { goal: 'Order Completed', value: 'total', within: 30 * DAY };
    const { sides } = await reportHoldout(db, question, goalEvents, LATER);
    expect(sides.map(({ variant, exposed, converted, revenue }) => [variant, exposed, converted, revenue])).toEqual([
      ['treated', 9, 5, 19],
      [null, 3, 1, 10],
    ]);
    expect(sides[0]?.lift?.difference).toBeCloseTo(1 / 5 - 1 / 3);
  });
});
