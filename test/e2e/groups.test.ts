import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR, type Instant } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { findPersonId } from '../../src/profiles/find.ts';
import type { Persona } from '../../src/simulate/persona.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { timeText } from './story.ts';
import { inAppFile, settingsFile } from './templates.ts';

/** Of each group a journey of low, of middle and of high priority, for events of their own. */
const GROUPS = {
  ousting: '{ lower: waits }',
  patient: '{ higher: waits, lower: waits }',
  modest: '{ higher: yields }',
};
const LEVELS = { low: 10, middle: 50, high: 90 };
const journeys = Object.keys(GROUPS).flatMap((group) =>
  Object.entries(LEVELS).map(
    ([level, priority]) => `
journey: ${group}-${level}
enter: { event: ${group} ${level}, again: always }
goal: { event: Done }
exit: { after: 10d }
group: ${group}
priority: ${priority}
steps: [{ wait: 1d }, { in-app: note }]`,
  ),
);
const MORE = `
audience: keen
event: Praised
within: 2d
---
journey: keen-ones
enter: { audience: keen, again: always }
group: patient
priority: 20
steps: [{ wait: 1h }]
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let workspace: Workspace;

beforeAll(async () => {
  mailbox = await testMailbox();
  const groups = Object.entries(GROUPS).map(([group, rules]) => `  ${group}: ${rules}\n`);
  workspace = await workspaceOf({
    'settings.yaml': settingsFile(`traits: { email: string }\ngroups:\n${groups.join('')}`),
    'journeys.yaml': [...journeys, MORE].join('\n---'),
    'note.yaml': inAppFile('note', 'note'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

/** Runs of the person, oldest first: journey, when it began and ended, how and why. */
const lifeOf = async (userId: string, since: Instant) =>
  (await engine.runsOf(userId)).map(({ journey, enteredAt, endedAt, status, endReason }) => {
    const [from, to] = [enteredAt, endedAt].map((at) => (at === null ? '' : timeText(at.getTime() - since)));
    return `${journey} ${from} to ${to}: ${status}${endReason === null ? '' : `, ${endReason}`}`;
  });
const refusalsOf = async (userId: string) => {
  const rows = await engine.db
    .selectFrom('entry_refusals')
    .select(['journey', 'reason'])
    .where('profile_id', '=', await findPersonId(engine.db, userId))
    .orderBy('id')
    .execute();
  return rows.map(({ journey, reason }) => `${journey}: ${reason}`);
};

describe('of the journeys of a group a person is in one at a time', () => {
  test('a higher one takes the place of a lower one', async () => {
    const start = engine.clock.now();
    await engine.send({ name: 'ousting low', userId: 'ousted' });
    await engine.pass(HOUR);
    await engine.send({ name: 'ousting high', userId: 'ousted' });
    await engine.pass(2 * DAY);
    expect(await lifeOf('ousted', start)).toEqual([
      'ousting-low 0s to 1h: exited, `ousting-high` of the group `ousting` took its place',
      'ousting-high 1h to : active',
    ]);
    expect((await engine.messagesOf('ousted')).map(({ journey }) => journey)).toEqual(['ousting-high']);
  });

  test('who waits enters at the very instant at which the other is over: by its goal, or by itself', async () => {
    const start = engine.clock.now();
    await engine.send({ name: 'patient low', userId: 'patient' }, { name: 'patient high', userId: 'patient' });
    await engine.pass(HOUR);
    await engine.send({ name: 'patient middle', userId: 'patient' });
    await engine.pass(HOUR);
    await engine.send({ name: 'Done', userId: 'patient' });
    await engine.pass(21 * DAY);
    // Of those who waited the highest priority is first, and the goal bound to an entry does not end what begins with it.
    expect(await lifeOf('patient', start)).toEqual([
      'patient-low 0s to 2h: converted, the goal was reached',
      'patient-high 2h to 10d 2h: timed-out, the time limit was reached',
      'patient-middle 10d 2h to 20d 2h: timed-out, the time limit was reached',
    ]);
    expect(await refusalsOf('patient')).toEqual([
      'patient-high: waits for the end of `patient-low` of the group `patient`',
      'patient-middle: waits for the end of `patient-low` of the group `patient`',
    ]);
  });

  test('who waited and does not qualify any more stays out', async () => {
    const start = engine.clock.now();
    await engine.send({ name: 'patient low', userId: 'fickle' }, { name: 'Praised', userId: 'fickle' });
    await engine.pass(11 * DAY);
    expect(await lifeOf('fickle', start)).toEqual(['patient-low 0s to 10d: timed-out, the time limit was reached']);
    expect(await refusalsOf('fickle')).toEqual([
      'keen-ones: waits for the end of `patient-low` of the group `patient`',
      'keen-ones: waited, and is not in the audience `keen` any more',
    ]);
  });

  test('who yields stays out', async () => {
    await engine.send({ name: 'modest low', userId: 'modest' }, { name: 'modest high', userId: 'modest' });
    await engine.pass(11 * DAY);
    expect((await engine.runsOf('modest')).map(({ journey }) => journey)).toEqual(['modest-low']);
    expect(await refusalsOf('modest')).toEqual(['modest-high: `modest-low` of the group `modest` is under way']);
  });

  test('two names that turn out to be one person keep the journey of the highest priority', async () => {
    const start = engine.clock.now();
    await engine.send({ name: 'modest low', userId: 'joined' }, { name: 'modest high', anonymousId: 'v-joined' });
    await engine.pass(HOUR);
    await engine.send({ type: 'identify', name: 'identify', userId: 'joined', anonymousId: 'v-joined', traits: {} });
    await engine.settled();
    expect((await lifeOf('joined', start)).sort()).toEqual([
      'modest-high 0s to : active',
      'modest-low 0s to 1h: exited, the person was in `modest-high` of the group `modest` under another name',
    ]);
  });
});

describe('whatever happens to thirty people in whatever order', () => {
  const NAMES = [
    ...Object.keys(GROUPS).flatMap((group) => Object.keys(LEVELS).map((level) => `${group} ${level}`)),
    'Done',
    'Praised',
  ];
  const deed = fc.record({
    event: fc.constantFrom(...NAMES),
    at: fc.nat(30).map((step) => ({ after: step * 13 * HOUR })),
    properties: fc.constant({}),
  });
  let people: Persona[];
  let start: Instant;

  beforeAll(async () => {
    start = engine.clock.now();
    people = fc
      .sample(fc.array(deed, { minLength: 5, maxLength: 25 }), { numRuns: 30, seed: 20_260_202 })
      .map((events, index) => ({ userId: `random-${index}`, traits: {}, start, events }));
    await engine.send(
      ...people.map(({ userId }) => ({ type: 'identify' as const, name: 'identify', userId, traits: {} })),
    );
    const steps = new Map<number, { name: string; userId: string }[]>();
    for (const { userId, events } of people)
      for (const one of events) {
        if (!('event' in one) || !('after' in one.at)) continue;
        steps.set(one.at.after, [...(steps.get(one.at.after) ?? []), { name: one.event, userId }]);
      }
    for (const [after, events] of [...steps].sort(([a], [b]) => a - b)) {
      await engine.pass(start + after - engine.clock.now());
      await engine.send(...events);
    }
    await engine.pass(20 * DAY);
  }, 120_000);

  test('nobody is in two journeys of a group at once', async () => {
    let both = 0;
    for (const { userId } of people) {
      const runs = (await engine.runsOf(userId)).map(({ journey, enteredAt, endedAt }) => ({
        group: journey === 'keen-ones' ? 'patient' : (journey.split('-')[0] ?? ''),
        journey,
        from: enteredAt.getTime(),
        to: endedAt?.getTime() ?? Number.POSITIVE_INFINITY,
      }));
      for (const one of runs)
        for (const other of runs) {
          if (one === other || one.group !== other.group || one.journey === other.journey) continue;
          both += 1;
          expect([userId, one, other, one.to <= other.from || other.to <= one.from]).toEqual([
            userId,
            one,
            other,
            true,
          ]);
        }
    }
    expect(both).toBeGreaterThan(50);
  });

  test('everybody enters, waits, yields and ends as the simulation says', async () => {
    const end = engine.clock.now();
    for (const persona of people) {
      const { runs, others } = simulate({ workspace, journey: 'ousting-low', persona });
      const simulated = [...runs, ...others]
        .filter(({ enteredAt }) => enteredAt <= end)
        .map(({ journey, enteredAt, endedAt, outcome }) => {
          const isOver = endedAt !== null && endedAt <= end;
          return `${journey} ${timeText(enteredAt - start)} ${isOver ? `${outcome} ${timeText(endedAt - start)}` : 'active'}`;
        });
      const real = (await engine.runsOf(persona.userId)).map(({ journey, enteredAt, endedAt, status }) => {
        const over = endedAt === null ? '' : ` ${timeText(endedAt.getTime() - start)}`;
        return `${journey} ${timeText(enteredAt.getTime() - start)} ${status}${over}`;
      });
      expect({ [persona.userId]: real.sort() }).toEqual({ [persona.userId]: simulated.sort() });
    }
  });
});
