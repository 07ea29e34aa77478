import { describe, expect, it, test } from 'vitest';
import type { Condition } from '../../src/core/condition.ts';
import type { Journey } from '../../src/core/journey.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import type { Occasion, Persona } from '../../src/simulate/persona.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import type { SimulatedRun } from '../../src/simulate/simulation.ts';
import { all, any, did, email, filter, inApp, is, journey, member, not, T0, trait } from '../core/build.ts';
import { ENTRY, exporter, freeToPaid, workspaceOf } from './free-to-paid.ts';

function does(event: string, after: number, properties = {}): Occasion {
  return { event, at: { after }, properties };
}

function runsOf(
  persona: Persona,
  workspace = workspaceOf([freeToPaid]),
  key = 'free-to-paid',
): readonly SimulatedRun[] {
  return simulate({ workspace, journey: key, persona, heldOut: false }).runs;
}

/** `step did`, with the time since entry in hours where it differs from the line before. */
function story({ log, enteredAt }: SimulatedRun): string[] {
  return log.map(({ step, did: what, at }) => `${(at - enteredAt) / HOUR}h ${step ?? 'run'} ${what}`);
}

function only(runs: readonly SimulatedRun[]): SimulatedRun {
  const [run, another] = runs;
  if (run === undefined || another !== undefined) throw new Error(`${runs.length} runs instead of one`);
  return run;
}

function sent(run: SimulatedRun): string[] {
  return run.messages
    .filter(({ refusal }) => refusal === null)
    .map(({ channel, template }) => `${channel} ${template}`);
}

test('a draft is lived through as if it were published; whoever runs beside it meets no other draft', () => {
  const other = { ...freeToPaid, key: 'other' };
  const workspace = workspaceOf([freeToPaid, other]);
  const draft = { policy: { status: 'draft' } } as const;
  const journeys = Object.fromEntries(
    Object.entries(workspace.journeys).map(([key, version]) => [key, { ...version, ...draft }]),
  );
  const lived = simulate({
    workspace: { ...workspace, journeys },
    journey: 'free-to-paid',
    persona: exporter(),
    heldOut: false,
  });
  expect(lived.runs.map(({ journey: key, outcome }) => `${key} ${outcome}`)).toEqual(['free-to-paid timed-out']);
  expect(lived.others).toEqual([]);
});

describe('free to paid', () => {
  it('who viewed the upgrade page gets a sales task and an email an hour after the fourth export', () => {
    const run = only(runsOf(exporter([does('Upgrade Page Viewed', 90 * MINUTE)])));
    expect(run.enteredAt).toBe(ENTRY);
    expect(run.entry).toEqual({ by: 'audience', audience: 'high-intent-free-users' });
    expect(story(run)).toEqual([
      '0h wait waiting',
      '1h wait waited',
      '1h branch took',
      '1h upgrade-conversation acted',
      '1h upgrade-direct acted',
      '336h run ended',
    ]);
    expect(run.messages).toEqual([
      {
        step: 'upgrade-conversation',
        visit: 2,
        at: ENTRY + HOUR,
        channel: 'sales-task',
        template: 'upgrade-conversation',
        refusal: null,
        content: { title: 'upgrade-conversation', owner: 'sales', brief: 'Call' },
      },
      {
        step: 'upgrade-direct',
        visit: 3,
        at: ENTRY + HOUR,
        channel: 'email',
        template: 'upgrade-direct',
        refusal: null,
        content: {
          to: 'ada@example.com',
          from: 'Shop <shop@example.com>',
          subject: 'Subject of upgrade-direct',
          html: '<p>Hello</p>',
          text: 'Hello',
        },
      },
    ]);
    expect(run).toMatchObject({ outcome: 'timed-out', endedAt: ENTRY + 14 * DAY });
  });

  it('who did not view it, or long ago, gets an in-app message', () => {
    expect(sent(only(runsOf(exporter())))).toEqual(['in-app unlock-exports']);
    const longAgo = exporter([does('Upgrade Page Viewed', 2 * HOUR - 7 * DAY)]);
    expect(sent(only(runsOf(longAgo)))).toEqual(['in-app unlock-exports']);
    const justInTime = exporter([does('Upgrade Page Viewed', 2 * HOUR - 7 * DAY + 1)]);
    expect(sent(only(runsOf(justInTime)))).toHaveLength(2);
  });

  it('a page view at the very instant the wait ends counts', () => {
    expect(sent(only(runsOf(exporter([does('Upgrade Page Viewed', 2 * HOUR)]))))).toHaveLength(2);
    expect(sent(only(runsOf(exporter([does('Upgrade Page Viewed', 2 * HOUR + 1)]))))).toEqual([
      'in-app unlock-exports',
    ]);
  });

  it('who upgrades during the first wait gets nothing', () => {
    const run = only(runsOf(exporter([does('Account Upgraded', 90 * MINUTE)])));
    expect(run.messages).toEqual([]);
    expect(run.log).toEqual([
      { step: 'wait', kind: 'wait', at: ENTRY, visit: 0, did: 'waiting', until: ENTRY + HOUR },
      {
        step: 'wait',
        kind: 'run',
        at: ENTRY + 30 * MINUTE,
        visit: 0,
        did: 'ended',
        outcome: 'converted',
        reason: 'the goal was reached',
      },
    ]);
  });

  it('an upgrade at the instant the wait ends comes first', () => {
    expect(only(runsOf(exporter([does('Account Upgraded', 2 * HOUR)]))).messages).toEqual([]);
  });

  it('who upgrades later has converted, with what they got', () => {
    const run = only(runsOf(exporter([does('Account Upgraded', 5 * DAY)])));
    expect(run).toMatchObject({ outcome: 'converted', reason: 'the goal was reached', endedAt: T0 + 5 * DAY });
    expect(sent(run)).toEqual(['in-app unlock-exports']);
    expect(run.log.at(-1)).toMatchObject({ step: null, kind: 'run', did: 'ended' });
  });

  it('who upgrades at the time limit still converts, and a millisecond later no more', () => {
    expect(only(runsOf(exporter([does('Account Upgraded', HOUR + 14 * DAY)]))).outcome).toBe('converted');
    expect(only(runsOf(exporter([does('Account Upgraded', HOUR + 14 * DAY + 1)]))).outcome).toBe('timed-out');
  });

  it('who opens a support ticket is let go', () => {
    const run = only(runsOf(exporter([does('Ticket Opened', 70 * MINUTE)])));
    expect(run).toMatchObject({ outcome: 'exited', endedAt: T0 + 70 * MINUTE, messages: [] });
  });

  it('who is held out walks the same way and gets nothing', () => {
    const persona = exporter([does('Upgrade Page Viewed', 90 * MINUTE)]);
    const run = only(
      simulate({ workspace: workspaceOf([freeToPaid]), journey: 'free-to-paid', persona, heldOut: true }).runs,
    );
    expect(run.heldOut).toBe(true);
    expect(story(run).slice(3)).toEqual([
      '1h upgrade-conversation refused',
      '1h upgrade-direct refused',
      '336h run ended',
    ]);
    expect(run.messages.map(({ refusal }) => refusal)).toEqual([{ reason: 'held-out' }, { reason: 'held-out' }]);
  });

  it('the hash of the user id says who is held out, unless told otherwise', () => {
    const half = workspaceOf([{ ...freeToPaid, holdout: 0.5 }]);
    const sides = Array.from({ length: 40 }, (_, index) => {
      const persona = exporter([], { userId: `user-${index}` });
      return only(simulate({ workspace: half, journey: 'free-to-paid', persona }).runs).heldOut;
    });
    expect(new Set(sides)).toEqual(new Set([true, false]));
  });

  it('a message over the cap is refused, and the journey goes on', () => {
    const capped = workspaceOf([freeToPaid], { caps: [{ atMost: 1, within: 7 * DAY }] });
    const run = only(runsOf(exporter([does('Upgrade Page Viewed', 90 * MINUTE)]), capped));
    expect(sent(run)).toEqual(['sales-task upgrade-conversation']);
    expect(run.messages[1]?.refusal).toMatchObject({ reason: 'cap', freeAt: ENTRY + HOUR + 7 * DAY });
    expect(run.outcome).toBe('timed-out');
  });

  it('who has no address gets no email, and the journey goes on', () => {
    const persona = exporter([does('Upgrade Page Viewed', 90 * MINUTE)], {
      traits: { plan: 'free', createdAt: '2023-11-01' },
    });
    const run = only(runsOf(persona));
    expect(sent(run)).toEqual(['sales-task upgrade-conversation']);
    expect(run.log.at(-2)).toMatchObject({
      step: 'upgrade-direct',
      did: 'refused',
      refusal: { reason: 'channel', detail: 'the person has no trait `email`' },
    });
  });
});

describe('entries', () => {
  it('come by the clock alone: an account that turns two weeks old', () => {
    const young = exporter([], { traits: { plan: 'free', createdAt: '2023-12-30T12:00:00Z' } });
    expect(only(runsOf(young)).enteredAt).toBe(Date.UTC(2024, 0, 13, 12));
  });

  it('come by what is told about the person', () => {
    const pro = exporter([{ identify: { plan: 'starter' }, at: { after: 2 * DAY } }], {
      traits: { plan: 'pro', createdAt: '2023-11-01' },
    });
    expect(only(runsOf(pro)).enteredAt).toBe(T0 + 2 * DAY);
  });

  it('come at the start, where the traits alone are enough', () => {
    const welcome = journey([inApp('hello')], { enter: { by: 'audience', audience: 'free' } });
    const workspace = workspaceOf([welcome], { more: { free: trait('plan', is('free')) } });
    const persona = { userId: 'ada', traits: { plan: 'free' }, start: T0, events: [] };
    expect(only(runsOf(persona, workspace, 'welcome')).enteredAt).toBe(T0);
    const later = simulate({ workspace, journey: 'welcome', persona, start: T0 + DAY });
    expect(only(later.runs).enteredAt).toBe(T0 + DAY);
  });

  it('follow audiences that refer to audiences, whatever their names', () => {
    const more = {
      a: all(member('b'), not(member('c'))),
      b: member('d'),
      c: did('Left'),
      d: did('Came', { within: DAY }),
    };
    const welcome = journey([inApp('hello')], { enter: { by: 'audience', audience: 'a' } });
    const persona = { userId: 'ada', traits: {}, start: T0, events: [does('Came', HOUR)] };
    const { audiences, runs } = simulate({ workspace: workspaceOf([welcome], { more }), journey: 'welcome', persona });
    expect(audiences.map(({ audience, entered, at }) => [audience, entered, at])).toEqual([
      ['d', true, T0 + HOUR],
      ['b', true, T0 + HOUR],
      ['a', true, T0 + HOUR],
      ['d', false, T0 + HOUR + DAY],
      ['b', false, T0 + HOUR + DAY],
      ['a', false, T0 + HOUR + DAY],
    ]);
    expect(only(runs).enteredAt).toBe(T0 + HOUR);
  });

  it('are refused while the person is in the journey, and until they may enter again', () => {
    const by = (again: Journey['again']) => journey([{ kind: 'wait', id: 'wait', for: DAY }], { again });
    const persona = {
      userId: 'ada',
      traits: {},
      start: T0,
      events: [0, 1, 2, 10].map((day) => does('Signed Up', day * DAY)),
    };
    const entries = (again: Journey['again']) => {
      const { runs, refused } = simulate({ workspace: workspaceOf([by(again)]), journey: 'welcome', persona });
      return [runs.map(({ enteredAt }) => (enteredAt - T0) / DAY), refused.map(({ reason }) => reason)];
    };
    expect(entries('never')).toEqual([
      [0],
      ['already in the journey', ...new Array(2).fill('entered before, and the journey is entered once only')],
    ]);
    expect(entries({ after: 10 * DAY })).toEqual([
      [0, 10],
      ['already in the journey', 'entered before, and not again until 2024-01-11T00:00:00.000Z'],
    ]);
    expect(entries('always')).toEqual([[0, 2, 10], ['already in the journey']]);
  });

  it('do not come about where the goal is already reached', () => {
    const welcome = journey([inApp('hello')], { goal: did('Signed Up') });
    const persona = { userId: 'ada', traits: {}, start: T0, events: [does('Signed Up', HOUR)] };
    const { runs, refused } = simulate({ workspace: workspaceOf([welcome]), journey: 'welcome', persona });
    expect(runs).toEqual([]);
    expect(refused).toEqual([{ journey: 'welcome', at: T0 + HOUR, reason: 'the goal was reached' }]);
  });

  it('by the clock go on for a year after the last event, and then the simulation ends', () => {
    const quiet = journey([inApp('miss-you')], { enter: { by: 'audience', audience: 'quiet' } });
    const more: Record<string, Condition> = {
      quiet: all(did('*'), not(did('*', { within: 21 * DAY }))),
      ages: {
        kind: 'value',
        of: { kind: 'daysSince', of: { kind: 'trait', path: 'createdAt' } },
        test: { op: 'above', value: 1e6 },
      },
    };
    const persona = { userId: 'ada', traits: { createdAt: '2024-01-01' }, start: T0, events: [does('Viewed', HOUR)] };
    expect(only(runsOf(persona, workspaceOf([quiet], { more }), 'welcome')).enteredAt).toBe(T0 + HOUR + 21 * DAY);
  });
});

describe('cart recovery', () => {
  const recovery = journey(
    [
      {
        kind: 'wait-until',
        id: 'back',
        condition: any(did('Order Completed', { since: 'entry' }), did('Cart Viewed', { since: 'entry' })),
        timeout: DAY,
        next: null,
        onTimeout: 'reminder',
      },
      email('reminder'),
      { kind: 'wait', id: 'wait', for: 2 * DAY },
      inApp('still-there'),
    ],
    {
      key: 'cart-recovery',
      enter: {
        by: 'event',
        events: filter('Product Added', { where: [{ path: 'price', test: { op: 'atLeast', value: 20 } }] }),
      },
      again: 'always',
      goal: did('Order Completed', { since: 'entry' }),
      exit: { after: 7 * DAY, when: null },
    },
  );
  const shopper = (...events: Occasion[]): Persona => ({
    userId: 'ada',
    traits: { email: 'ada@example.com' },
    start: T0,
    events: [does('Product Added', 0, { price: 25 }), ...events],
  });
  const runs = (...events: Occasion[]) => runsOf(shopper(...events), workspaceOf([recovery]), 'cart-recovery');

  it('reminds whoever does not come back within a day, and again by an in-app message', () => {
    expect(story(only(runs()))).toEqual([
      '0h back waiting',
      '24h back waited',
      '24h reminder acted',
      '24h wait waiting',
      '72h wait waited',
      '72h still-there acted',
      '168h run ended',
    ]);
  });

  it('leaves whoever comes back alone, from that instant', () => {
    const run = only(runs(does('Cart Viewed', 5 * HOUR)));
    expect(run.log[1]).toMatchObject({ did: 'waited', why: 'condition', at: T0 + 5 * HOUR });
    expect(run).toMatchObject({ messages: [], outcome: 'timed-out' });
  });

  it('whoever orders has converted, even while the wait would go on for the same event', () => {
    const run = only(runs(does('Order Completed', 5 * HOUR)));
    expect(run).toMatchObject({ messages: [], outcome: 'converted', endedAt: T0 + 5 * HOUR });
    expect(run.log).toHaveLength(2);
  });

  it('an event that enters is asked about its properties', () => {
    const cheap = { ...shopper(), events: [does('Product Added', 0, { price: 5 })] };
    expect(runsOf(cheap, workspaceOf([recovery]), 'cart-recovery')).toEqual([]);
  });

  it('a second product does not enter twice; after an order it does', () => {
    const added = does('Product Added', 6 * HOUR, { price: 30 });
    expect(runs(added)).toHaveLength(1);
    const twice = runs(does('Order Completed', 5 * HOUR), added);
    expect(twice.map(({ visit, outcome }) => [visit, outcome])).toEqual([
      [0, 'converted'],
      [1, 'timed-out'],
    ]);
  });

  it('a wait is also ended by the clock: what it waits for may be that something gets old', () => {
    const cool = { ...recovery, steps: { ...recovery.steps } };
    const back = recovery.steps.back;
    if (back?.kind !== 'wait-until') throw new Error('not a wait');
    cool.steps.back = { ...back, condition: not(did('Product Added', { within: 3 * HOUR })) };
    const run = only(runsOf(shopper(), workspaceOf([cool]), 'cart-recovery'));
    expect(run.log[1]).toMatchObject({ step: 'back', did: 'waited', why: 'condition', at: T0 + 3 * HOUR });
  });
});

describe('over a longer time', () => {
  const signedUp = (...events: Occasion[]): Persona => ({
    userId: 'ada',
    traits: {},
    start: T0,
    events: [does('Signed Up', 0), ...events],
  });

  it('a cap counts what went out days before, and is free when that is long enough ago', () => {
    const wait = (id: string, days: number) => ({ kind: 'wait' as const, id, for: days * DAY });
    const three = journey([inApp('one'), wait('wait', 2), inApp('two'), wait('wait-2', 5), inApp('three')]);
    const workspace = workspaceOf([three], { caps: [{ channel: 'in-app', atMost: 1, within: 7 * DAY }] });
    const run = only(runsOf(signedUp(), workspace, 'welcome'));
    expect(run.messages.map(({ refusal }) => refusal?.reason ?? null)).toEqual([null, 'cap', null]);
    expect(run.messages[1]?.refusal).toMatchObject({ freeAt: T0 + 7 * DAY });
  });

  it('what ended one wait does not end the next', () => {
    const wait = (id: string, event: string) => ({
      kind: 'wait-until' as const,
      id,
      condition: did(event, { since: 'entry' }),
      timeout: DAY,
      onTimeout: null,
    });
    const two = journey([wait('first', 'Cart Viewed'), wait('second', 'Order Completed'), inApp('thanks')]);
    const persona = signedUp(
      does('Cart Viewed', HOUR),
      does('Something Else', 2 * HOUR),
      does('Order Completed', 3 * HOUR),
    );
    expect(story(only(runsOf(persona, workspaceOf([two]), 'welcome')))).toEqual([
      '0h first waiting',
      '1h first waited',
      '1h second waiting',
      '3h second waited',
      '3h thanks acted',
      '3h run ended',
    ]);
  });

  it('a journey that time alone starts again and again does so for a year after the last event', () => {
    const nudge = journey([inApp('nudge')], { again: 'always', enter: { by: 'audience', audience: 'quiet' } });
    const more = { quiet: all(did('Signed Up'), not(did('In-App Message Sent', { within: 30 * DAY }))) };
    const runs = runsOf(signedUp(), workspaceOf([nudge], { more }), 'welcome');
    expect(runs.map(({ enteredAt }) => (enteredAt - T0) / DAY)).toEqual(
      Array.from({ length: 13 }, (_, month) => month * 30),
    );
  });
});

describe('what the engine does itself', () => {
  it('is an event that conditions see, but not one of the person', () => {
    const seen = journey([
      inApp('hello'),
      { kind: 'wait', id: 'wait', for: HOUR },
      {
        kind: 'branch',
        id: 'branch',
        branches: [
          { if: did('*', { since: 'entry' }), then: 'person' },
          { if: did('In-App Message Sent', { where: [{ path: 'template', test: is('hello') }] }), then: 'engine' },
        ],
        otherwise: null,
      },
      { kind: 'exit', id: 'person', reason: 'did something' },
      { kind: 'exit', id: 'engine', reason: 'was written to' },
    ]);
    const persona = { userId: 'ada', traits: {}, start: T0, events: [does('Signed Up', 0)] };
    expect(only(runsOf(persona, workspaceOf([seen]), 'welcome')).reason).toBe('was written to');
  });

  it('a trait that a step sets counts at once, and may end the run', () => {
    const marking = journey(
      [
        { kind: 'wait', id: 'wait', for: HOUR },
        { kind: 'set-trait', id: 'mark', traits: { stage: 'nurtured' } },
        { kind: 'wait', id: 'wait-2', for: DAY },
      ],
      { exit: { after: 7 * DAY, when: member('nurtured') } },
    );
    const more = { nurtured: trait('stage', is('nurtured')) };
    const persona = { userId: 'ada', traits: {}, start: T0, events: [does('Signed Up', 0)] };
    const run = only(runsOf(persona, workspaceOf([marking], { more }), 'welcome'));
    expect(story(run)).toEqual([
      '0h wait waiting',
      '1h wait waited',
      '1h mark acted',
      '1h wait-2 waiting',
      '1h wait-2 ended',
    ]);
    expect(run.messages).toEqual([]);
  });

  it('a journey that starts itself at once and for ever is an error that says so', () => {
    const mad = journey([inApp('hello')], {
      again: 'always',
      enter: { by: 'event', events: filter('In-App Message Sent') },
    });
    const persona = { userId: 'ada', traits: {}, start: T0, events: [does('In-App Message Sent', 0)] };
    expect(() => runsOf(persona, workspaceOf([mad]), 'welcome')).toThrow(
      'The journey `welcome` does not come to rest at 2024-01-01T00:00:00.000Z: what it does starts it again and again. ' +
        'Let it be entered once only (`again: never`), or after some time.',
    );
  });

  it('a journey that the workspace has not is an error that names the nearest', () => {
    expect(() => runsOf(exporter(), workspaceOf([freeToPaid]), 'free-to-payed')).toThrow(
      'The workspace has no journey `free-to-payed`. Did you mean `free-to-paid`?',
    );
    expect(() => runsOf(exporter(), workspaceOf([]), 'x')).toThrow('The workspace has no journey `x`. It has none.');
  });

  it('is the same every time, and leaves its input as it was', () => {
    const input = { workspace: workspaceOf([freeToPaid]), journey: 'free-to-paid', persona: exporter() };
    const before = structuredClone(input);
    expect(simulate(input)).toEqual(simulate(input));
    expect(input).toEqual(before);
  });
});
