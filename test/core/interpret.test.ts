import { describe, expect, it } from 'vitest';
import { endingOf } from '../../src/core/ending.ts';
import type { Facts } from '../../src/core/facts.ts';
import { delivered, interpret, LATENESS_FORGIVEN, type Move, open } from '../../src/core/interpret.ts';
import type { Cap, Journey } from '../../src/core/journey.ts';
import type { Cursor } from '../../src/core/run.ts';
import { awaited } from '../../src/core/standing-at.ts';
import { DAY, HOUR, type Instant, MINUTE } from '../../src/core/time.ts';
import type { Given } from '../../src/core/walk.ts';
import { did, email, event, facts, given, inApp, is, journey, member, not, salesTask, T0, trait } from './build.ts';

const wait = (hours: number, id = 'wait') => ({ kind: 'wait' as const, id, for: hours * HOUR });
const bought = did('Order Completed', { since: 'entry' });
const untilBought = { kind: 'wait-until' as const, id: 'bought', condition: bought, timeout: DAY, onTimeout: null };
const orderAt = (at: Instant): Facts => facts({ events: [event('Order Completed', at)] });

/** The first call for a run that entered at T0. */
function start(of: Journey, more: Partial<Given> = {}, now = T0): Move {
  return interpret(of, open(of, T0).cursor, given(more), now);
}

function steps(move: Move): string[] {
  return move.log.map((entry) => `${entry.step ?? 'run'} ${entry.did}`);
}

describe('opening a run', () => {
  it('begins a first wait at once, so that the workflow can start with that delay', () => {
    expect(open(journey([wait(1), inApp('hello')]), T0)).toEqual({
      cursor: { phase: 'waiting', step: 'wait', at: T0, until: T0 + HOUR, visit: 0 },
      log: [{ step: 'wait', kind: 'wait', at: T0, visit: 0, did: 'waiting', until: T0 + HOUR }],
    });
  });

  it('stands before any other first step, and at the end where there are no steps', () => {
    const ready = { phase: 'ready', step: 'hello', at: T0, visit: 0 };
    expect(open(journey([inApp('hello')]), T0)).toEqual({ cursor: ready, log: [] });
    expect(open(journey([]), T0)).toEqual({ cursor: { ...ready, step: null }, log: [] });
  });

  it('never waits beyond the time limit', () => {
    const short = journey([wait(48)], { exit: { after: DAY, when: null } });
    expect(open(short, T0).cursor).toMatchObject({ until: T0 + DAY });
  });
});

describe('a wait', () => {
  const oneHour = journey([wait(1), inApp('hello'), wait(2, 'wait-2'), inApp('again')]);

  it('that is not over stays as it is and logs nothing', () => {
    const { cursor } = open(oneHour, T0);
    expect(interpret(oneHour, cursor, given(), T0 + HOUR - 1)).toEqual({
      cursor,
      log: [],
      acts: [],
      grants: [],
      next: { kind: 'wait', until: T0 + HOUR, condition: null },
    });
  });

  it('that ends a little late ended on time, so that later steps keep their rhythm', () => {
    const move = start(oneHour, {}, T0 + HOUR + LATENESS_FORGIVEN);
    expect(move.log.map(({ at }) => at)).toEqual([T0 + HOUR, T0 + HOUR, T0 + HOUR]);
    expect(move.next).toMatchObject({ kind: 'wait', until: T0 + 3 * HOUR });
  });

  it('that ends later than is forgiven counts from now, so that nobody gets two messages at once', () => {
    const late = T0 + HOUR + LATENESS_FORGIVEN + 1;
    const move = start(oneHour, {}, late);
    expect(move.log.map(({ at }) => at)).toEqual([late, late, late]);
    expect(move.next).toMatchObject({ kind: 'wait', until: late + 2 * HOUR });
  });

  it('does not go through two waits in one call after a long sleep', () => {
    expect(steps(start(oneHour, {}, T0 + 10 * HOUR))).toEqual(['wait waited', 'hello acted', 'wait-2 waiting']);
  });

  it('is cut off by the time limit, and what follows it is not done', () => {
    const cut = journey([wait(48), inApp('hello')], { exit: { after: DAY, when: null } });
    expect(start(cut, {}, T0 + DAY - 1).next).toMatchObject({ kind: 'wait', until: T0 + DAY });
    const move = start(cut, {}, T0 + DAY);
    expect(steps(move)).toEqual(['run ended']);
    expect(move.next).toEqual({ kind: 'end', outcome: 'timed-out', reason: 'the time limit was reached' });
    expect(move.acts).toEqual([]);
  });
});

describe('a wait until something is true', () => {
  const withReminder: Journey = journey([
    { ...untilBought, next: 'thanks', onTimeout: 'reminder' },
    { ...inApp('reminder'), next: null },
    inApp('thanks'),
  ]);

  it('says what it waits for and until when', () => {
    const move = start(withReminder);
    expect(steps(move)).toEqual(['bought waiting']);
    expect(move.next).toEqual({ kind: 'wait', until: T0 + DAY, condition: bought });
    expect(awaited(withReminder, move.cursor)).toEqual(bought);
  });

  it('goes on at the instant the condition came true', () => {
    const { cursor } = start(withReminder);
    const woken = { facts: orderAt(T0 + HOUR), wokenAt: T0 + HOUR };
    const move = interpret(withReminder, cursor, given(woken), T0 + HOUR + 200);
    expect(move.log).toMatchObject([
      { step: 'bought', did: 'waited', why: 'condition', at: T0 + HOUR },
      { step: 'thanks', did: 'acted', at: T0 + HOUR },
      { step: null, did: 'ended', at: T0 + HOUR },
    ]);
  });

  it('takes the other way when time runs out', () => {
    const { cursor } = start(withReminder);
    const move = interpret(withReminder, cursor, given(), T0 + DAY);
    expect(move.log).toMatchObject([
      { step: 'bought', did: 'waited', why: 'timeout', at: T0 + DAY },
      { step: 'reminder', did: 'acted', at: T0 + DAY },
      { step: null, did: 'ended', at: T0 + DAY },
    ]);
  });

  it('does not begin where the condition is already true, and costs no time', () => {
    const late = journey([wait(1), { ...untilBought, next: 'thanks' }, inApp('thanks'), wait(1, 'wait-2')]);
    const move = start(late, { facts: orderAt(T0 + 1) }, T0 + HOUR + 300);
    expect(steps(move)).toEqual(['wait waited', 'bought waited', 'thanks acted', 'wait-2 waiting']);
    expect(new Set(move.log.map(({ at }) => at))).toEqual(new Set([T0 + HOUR]));
  });

  it('counts as met at its last instant, and as over when the condition came true after it', () => {
    const { cursor } = start(withReminder);
    const at = (order: Instant) => interpret(withReminder, cursor, given({ facts: orderAt(order) }), T0 + DAY + 500);
    expect(at(T0 + DAY).log[0]).toMatchObject({ why: 'condition', at: T0 + DAY });
    expect(at(T0 + DAY + 1).log[0]).toMatchObject({ why: 'timeout', at: T0 + DAY });
    const tooLate = { facts: orderAt(T0 + DAY + 1), wokenAt: T0 + DAY + 1 };
    expect(interpret(withReminder, cursor, given(tooLate), T0 + DAY + 500).log[0]).toMatchObject({ why: 'timeout' });
  });

  it('counts what came true while nobody looked, where it is looked at later than is forgiven', () => {
    const { cursor } = start(withReminder);
    const now = T0 + DAY + 3 * HOUR;
    const move = interpret(withReminder, cursor, given({ facts: orderAt(T0 + DAY + HOUR) }), now);
    expect(move.log[0]).toMatchObject({ step: 'bought', why: 'condition', at: now });
  });

  it('goes on when woken although the condition has stopped being true before the run got to it', () => {
    const brief = did('Order Completed', { within: 100 });
    const watching = journey([{ ...untilBought, condition: brief, next: 'thanks' }, inApp('thanks')]);
    const { cursor } = start(watching);
    const woken = { facts: orderAt(T0 + HOUR), wokenAt: T0 + HOUR };
    expect(steps(interpret(watching, cursor, given(woken), T0 + HOUR + 200))).toEqual([
      'bought waited',
      'thanks acted',
      'run ended',
    ]);
  });

  it('waits for what woke it where that happened by a clock ahead of ours', () => {
    const { cursor } = start(withReminder);
    const ahead = T0 + HOUR + 5;
    const woken = { facts: orderAt(ahead), wokenAt: ahead };
    const early = interpret(withReminder, cursor, given(woken), T0 + HOUR);
    expect(early).toMatchObject({ cursor, log: [], next: { kind: 'wait', until: ahead } });
    expect(steps(interpret(withReminder, early.cursor, given(woken), ahead))).toEqual(
      steps(interpret(withReminder, cursor, given(woken), ahead + 200)),
    );
  });

  it('is not ended by what woke the wait before it', () => {
    const second = { ...untilBought, id: 'second', condition: did('Parcel Arrived'), next: null };
    const two = journey([{ ...untilBought, next: 'second' }, second]);
    const { cursor } = start(two);
    const move = interpret(two, cursor, given({ facts: orderAt(T0 + HOUR), wokenAt: T0 + HOUR }), T0 + HOUR);
    expect(steps(move)).toEqual(['bought waited', 'second waiting']);
    expect(move.next).toMatchObject({ kind: 'wait', until: T0 + HOUR + DAY });
  });

  it('is cut off by the time limit like any wait', () => {
    const short = journey([{ ...untilBought, onTimeout: 'reminder' }, inApp('reminder')], {
      exit: { after: HOUR, when: null },
    });
    const { cursor, next } = start(short);
    expect(next).toMatchObject({ until: T0 + HOUR });
    expect(interpret(short, cursor, given(), T0 + HOUR).next).toMatchObject({ kind: 'end', outcome: 'timed-out' });
  });

  it('`since: entry` counts from the entry, although the facts are given without it', () => {
    const { cursor } = start(withReminder);
    const before = { facts: orderAt(T0) };
    expect(interpret(withReminder, cursor, given(before), T0 + HOUR).next.kind).toBe('wait');
  });
});

describe('a branch', () => {
  const viewed = did('Upgrade Page Viewed', { within: 7 * DAY });
  const branched = journey([
    {
      kind: 'branch',
      id: 'branch',
      branches: [
        { if: viewed, then: 'call' },
        { if: member('vip'), then: 'hello-vip' },
      ],
      otherwise: 'hello',
    },
    { ...salesTask('call'), next: 'direct' },
    { ...inApp('direct'), next: 'last' },
    { ...inApp('hello-vip'), next: 'last' },
    { ...inApp('hello'), next: 'last' },
    inApp('last'),
  ]);

  it('takes the first way that is true, and comes back to the common steps', () => {
    const both = facts({ events: [event('Upgrade Page Viewed', T0)], audiences: ['vip'] });
    const move = start(branched, { facts: both });
    expect(steps(move)).toEqual(['branch took', 'call acted', 'direct acted', 'last acted', 'run ended']);
    expect(move.log[0]).toMatchObject({ way: 'if 1' });
  });

  it('takes a later way, or the one for everybody else', () => {
    const vip = start(branched, { facts: facts({ audiences: ['vip'] }) });
    expect(vip.log[0]).toMatchObject({ way: 'if 2' });
    expect(steps(vip)).toContain('hello-vip acted');
    expect(start(branched).log[0]).toMatchObject({ way: 'else' });
    expect(steps(start(branched))).toEqual(['branch took', 'hello acted', 'last acted', 'run ended']);
  });

  it('decides at its own time: what happens while the machine is a little late does not count', () => {
    const afterwards = journey([
      wait(1),
      { kind: 'branch', id: 'branch', branches: [{ if: viewed, then: null }], otherwise: null },
    ]);
    const seen = (at: Instant) => facts({ events: [event('Upgrade Page Viewed', at)] });
    const way = (at: Instant) => start(afterwards, { facts: seen(at) }, T0 + HOUR + 500).log[1];
    expect(way(T0 + HOUR)).toMatchObject({ way: 'if 1' });
    expect(way(T0 + HOUR + 1)).toMatchObject({ way: 'else' });
  });
});

describe('a split', () => {
  const split = journey([
    {
      kind: 'split',
      id: 'test',
      ways: [
        { name: 'control', share: 0.5, then: null },
        { name: 'short', share: 0.3, then: null },
        { name: 'long', share: 0.2, then: null },
      ],
    },
  ]);
  const wayOf = (person: string, of = split): string => {
    const [entry] = start(of, { person }).log;
    return entry?.did === 'took' ? entry.way : 'none';
  };
  const people = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);

  it('gives each way its share of 10,000 people, within three standard deviations', () => {
    const sizes = new Map<string, number>();
    for (const person of people) sizes.set(wayOf(person), (sizes.get(wayOf(person)) ?? 0) + 1);
    for (const [name, share] of [
      ['control', 0.5],
      ['short', 0.3],
      ['long', 0.2],
    ] as const)
      expect(Math.abs((sizes.get(name) ?? 0) - share * 10_000)).toBeLessThan(
        3 * Math.sqrt(10_000 * share * (1 - share)),
      );
  });

  it('keeps a person on one side, at every time and entry', () => {
    for (const person of people.slice(0, 50)) {
      const later = interpret(split, open(split, T0 + DAY).cursor, given({ person, enteredAt: T0 + DAY }), T0 + DAY);
      expect(later.log[0]).toMatchObject({ did: 'took', way: wayOf(person) });
    }
  });

  it('draws anew in another journey', () => {
    const other = { ...split, key: 'other' };
    const moved = people.slice(0, 1000).filter((person) => wayOf(person) !== wayOf(person, other));
    expect(moved.length).toBeGreaterThan(500);
  });

  it('leaves nobody out where shares do not quite add up to 1', () => {
    const thirds = ['a', 'b', 'c'].map((name) => ({ name, share: 0.3333, then: null }));
    const uneven = journey([{ kind: 'split', id: 'test', ways: thirds }]);
    for (const person of people) expect(['a', 'b', 'c']).toContain(wayOf(person, uneven));
  });
});

describe('what goes out', () => {
  const direct = journey([email('upgrade'), inApp('hello')]);

  it('an email is handed to its channel, and the run goes on when that is done', () => {
    const move = start(direct);
    expect(move.acts).toEqual([{ step: direct.steps.upgrade, visit: 0, at: T0, refusal: null }]);
    expect(move.log).toEqual([]);
    expect(move.next).toEqual({ kind: 'deliver', step: direct.steps.upgrade, visit: 0 });
    expect(interpret(direct, move.cursor, given(), T0 + 1)).toMatchObject({ acts: [], log: [], next: move.next });

    const after = delivered(direct, move.cursor, given(), T0 + 2_000);
    expect(after).toEqual({
      cursor: { phase: 'ready', step: 'hello', at: T0, visit: 1 },
      log: { step: 'upgrade', kind: 'email', at: T0, visit: 0, did: 'acted' },
    });
    expect(steps(interpret(direct, after.cursor, given(), T0 + 2_000))).toEqual(['hello acted', 'run ended']);
  });

  it('a delivery that took long moves the rest of the run', () => {
    const { cursor } = start(direct);
    expect(delivered(direct, cursor, given(), T0 + HOUR).cursor).toMatchObject({ at: T0 + HOUR });
  });

  it('nothing can have been delivered where nothing was on its way', () => {
    expect(() => delivered(direct, open(direct, T0).cursor, given(), T0)).toThrow(
      'No message is on its way: the run is ready at upgrade',
    );
  });

  it('a webhook is delivered like an email; a trait is set at once; neither counts against caps', () => {
    const none: Cap = { atMost: 0, within: DAY };
    const technical = journey([
      { kind: 'set-trait', id: 'mark', traits: { nudged: true } },
      { kind: 'webhook', id: 'crm', url: 'https://example.com', headers: {}, body: null },
    ]);
    const move = start(technical, { workspace: { timezone: 'Etc/UTC', caps: [none] } });
    expect(steps(move)).toEqual(['mark acted']);
    expect(move.next).toMatchObject({ kind: 'deliver', step: { id: 'crm' } });
  });

  it('a message over the cap is refused with the reason, and the next step goes on', () => {
    const cap: Cap = { atMost: 1, within: DAY };
    const two = journey([inApp('one'), inApp('two'), { kind: 'set-trait', id: 'mark', traits: {} }]);
    const move = start(two, { workspace: { timezone: 'Etc/UTC', caps: [cap] } });
    expect(steps(move)).toEqual(['one acted', 'two refused', 'mark acted', 'run ended']);
    expect(move.acts[1]?.refusal).toEqual({ reason: 'cap', cap, scope: 'workspace', freeAt: T0 + DAY });
  });

  it("a journey's own cap and an unwanted category refuse too", () => {
    const capped = journey([inApp('one'), inApp('two')], { caps: [{ channel: 'in-app', atMost: 1, within: DAY }] });
    expect(start(capped).acts[1]?.refusal).toMatchObject({ reason: 'cap', scope: 'journey' });
    const ledger = { sent: [], suppressed: new Set(['product']) };
    expect(start(capped, { ledger }).acts[0]?.refusal).toEqual({ reason: 'suppressed', category: 'product' });
  });

  it('a refused email is not delivered', () => {
    const cap: Cap = { channel: 'email', atMost: 1, within: DAY };
    const ledger = {
      sent: [{ channel: 'email' as const, category: 'marketing', journey: 'other', at: T0 }],
      suppressed: new Set<string>(),
    };
    expect(steps(start(direct, { workspace: { timezone: 'Etc/UTC', caps: [cap] }, ledger }))).toEqual([
      'upgrade refused',
      'hello acted',
      'run ended',
    ]);
  });

  it('a person held out goes the same way at the same times and gets nothing, whatever it is', () => {
    const everything = journey([
      wait(1),
      email('receipt', { transactional: true }),
      inApp('hello'),
      salesTask('call'),
      { kind: 'webhook', id: 'crm', url: 'https://example.com', headers: {}, body: null },
      { kind: 'set-trait', id: 'mark', traits: {} },
      wait(1, 'wait-2'),
    ]);
    const move = start(everything, { heldOut: true }, T0 + HOUR);
    expect(move.acts.map(({ refusal }) => refusal)).toEqual(new Array(5).fill({ reason: 'held-out' }));
    expect(move.next).toEqual({ kind: 'wait', until: T0 + 2 * HOUR, condition: null });
  });
});

describe('the end', () => {
  it('a journey without a goal is complete after its last step', () => {
    expect(start(journey([inApp('hello')])).next).toEqual({
      kind: 'end',
      outcome: 'completed',
      reason: 'all steps are done',
    });
  });

  it('a journey with a goal stays for it until the time limit', () => {
    const selling = journey([inApp('hello')], { goal: bought });
    const move = start(selling);
    expect(move.next).toEqual({ kind: 'wait', until: T0 + 14 * DAY, condition: null });
    expect(awaited(selling, move.cursor)).toBeNull();
    const over = interpret(selling, move.cursor, given(), T0 + 14 * DAY);
    expect(over.log).toEqual([
      {
        step: null,
        kind: 'run',
        at: T0 + 14 * DAY,
        visit: 1,
        did: 'ended',
        outcome: 'timed-out',
        reason: 'the time limit was reached',
      },
    ]);
  });

  it('an exit step ends the run with its reason', () => {
    const leaving = journey([{ kind: 'exit', id: 'leave', reason: 'not interested' }, inApp('hello')]);
    const move = start(leaving);
    expect(move.log).toEqual([
      { step: 'leave', kind: 'exit', at: T0, visit: 0, did: 'ended', outcome: 'exited', reason: 'not interested' },
    ]);
    expect(move.next).toEqual({ kind: 'end', outcome: 'exited', reason: 'not interested' });
  });

  it('nothing is done once the time limit is reached, even if a delivery took that long', () => {
    const slow = journey([email('upgrade'), inApp('hello')], { exit: { after: HOUR, when: null } });
    const { cursor } = delivered(slow, start(slow).cursor, given(), T0 + 2 * HOUR);
    const move = interpret(slow, cursor, given(), T0 + 2 * HOUR);
    expect(steps(move)).toEqual(['run ended']);
    expect(move.next).toMatchObject({ outcome: 'timed-out' });
  });

  it('an entry that is processed long after its event counts from now, and keeps its waits', () => {
    const two = journey([inApp('one'), wait(24), inApp('two')]);
    const move = start(two, {}, T0 + 2 * DAY);
    expect(steps(move)).toEqual(['one acted', 'wait waiting']);
    expect(move.next).toMatchObject({ kind: 'wait', until: T0 + 3 * DAY });
  });

  it('the goal converts before an exit condition exits; neither, and the run goes on', () => {
    const selling = journey([], { goal: bought, exit: { after: DAY, when: trait('plan', is('pro')) } });
    const known = { ...orderAt(T0 + 1), traits: { plan: 'pro' } };
    expect(endingOf(selling, known, T0, T0 + 1)).toEqual({
      outcome: 'converted',
      reason: 'the goal was reached',
      at: T0 + 1,
    });
    expect(endingOf(selling, known, T0, T0)).toEqual({
      outcome: 'exited',
      reason: 'the exit condition holds',
      at: T0,
    });
    expect(endingOf(selling, facts(), T0, T0)).toBeNull();
    expect(endingOf(journey([]), known, T0, T0)).toBeNull();
  });

  it('a goal reached at the time limit converts; reached after it, the run had ended at the limit', () => {
    const selling = journey([], { goal: bought, exit: { after: DAY, when: null } });
    expect(endingOf(selling, orderAt(T0 + DAY), T0, T0 + DAY)).toMatchObject({ outcome: 'converted', at: T0 + DAY });
    expect(endingOf(selling, orderAt(T0 + DAY + 1), T0, T0 + DAY + 1)).toEqual({
      outcome: 'timed-out',
      reason: 'the time limit was reached',
      at: T0 + DAY,
    });
  });

  it('a goal bound to the entry is not reached by what happened before', () => {
    expect(endingOf(journey([], { goal: bought }), orderAt(T0), T0, T0 + HOUR)).toBeNull();
    expect(endingOf(journey([], { goal: not(bought) }), facts(), T0, T0)).toMatchObject({ outcome: 'converted' });
  });

  it('a cursor at a step that the journey has not is an error that names both', () => {
    const cursor: Cursor = { phase: 'ready', step: 'gone', at: T0, visit: 0 };
    expect(() => interpret(journey([]), cursor, given(), T0)).toThrow('Journey welcome has no step gone');
  });

  it('each step has its own visit, so that a message has one name', () => {
    const move = start(journey([inApp('one'), inApp('two'), wait(1)]), {}, T0 + MINUTE);
    expect(move.log.map(({ visit }) => visit)).toEqual([0, 1, 2]);
  });
});

describe('a repeat', () => {
  const twice = (more: object = {}) => ({
    kind: 'repeat' as const,
    id: 'again',
    atMost: 2,
    while: null,
    first: 'note',
    ...more,
  });
  const of = (more: object = {}) =>
    journey([twice({ next: 'bye', ...more }), inApp('note'), { ...wait(24), next: 'again' }, inApp('bye')], {
      exit: { after: 90 * DAY, when: null },
    });
  /** From wait to wait, as time goes by. */
  const lifeOf = (it: Journey, known = facts()) => {
    const log: string[] = [];
    let cursor: Cursor = open(it, T0).cursor;
    for (let now = T0; ; ) {
      const move = interpret(it, cursor, given({ facts: known }), now);
      log.push(
        ...move.log.map(
          (entry) => `${(entry.at - T0) / DAY} ${entry.step ?? 'run'} ${'way' in entry ? entry.way : entry.did}`,
        ),
      );
      if (move.next.kind !== 'wait') return { log, cursor: move.cursor };
      cursor = move.cursor;
      now = move.next.until;
    }
  };

  it('does its steps so many times, and then goes on', () => {
    expect(lifeOf(of()).log.filter((line) => !/waiting|waited/.test(line))).toEqual([
      '0 again round 1',
      '0 note acted',
      '1 again round 2',
      '1 note acted',
      '2 again on',
      '2 bye acted',
      '2 run ended',
    ]);
  });

  it('ends as soon as its condition does not hold when a round would begin', () => {
    const known = facts({ events: [event('Order Completed', T0 + HOUR)] });
    const { log } = lifeOf(of({ while: not(did('Order Completed')) }), known);
    expect(log.filter((line) => line.includes('again'))).toEqual(['0 again round 1', '1 again on']);
  });

  it('within another begins anew in each round of that one, and visits are never counted twice', () => {
    const outer = { kind: 'repeat' as const, id: 'outer', atMost: 2, while: null, first: 'again', next: null };
    const it = journey([outer, twice({ next: 'outer' }), inApp('note'), { ...wait(24), next: 'again' }], {
      exit: { after: 90 * DAY, when: null },
    });
    const { log, cursor } = lifeOf(it);
    expect(log.filter((line) => line.includes('acted'))).toEqual(
      ['0', '1', '2', '3'].map((day) => `${day} note acted`),
    );
    expect(cursor).not.toHaveProperty('rounds');
  });

  it('keeps its place while a message is on its way', () => {
    const it = journey([twice({ next: null, first: 'letter' }), email('letter'), { ...wait(24), next: 'again' }]);
    const sending = interpret(it, open(it, T0).cursor, given(), T0);
    expect(sending.cursor).toMatchObject({ phase: 'delivering', rounds: { again: 1 } });
    expect(delivered(it, sending.cursor, given(), T0).cursor).toMatchObject({ phase: 'ready', rounds: { again: 1 } });
  });
});
