import { describe, expect, it } from 'vitest';
import { interpret, open } from '../../src/core/interpret.ts';
import type { Journey } from '../../src/core/journey.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { did, email, event, facts, given, journey, T0, trait } from './build.ts';

const reached = did('Project Created');
const held = (more: Partial<Journey> = {}) =>
  journey([email('hello')], { milestone: { reached, before: 'hold' }, ...more });
const start = (of: Journey, more = {}) => interpret(of, open(of, T0).cursor, given(more), T0);
const created = (at: number) => ({ facts: facts({ events: [event('Project Created', at)] }) });

describe('before the first value milestone', () => {
  it('a run holds at its first message, for as long as it may last, and is woken by the milestone', () => {
    const move = start(held());
    expect(move.cursor).toEqual({
      phase: 'waiting',
      step: 'hello',
      at: T0,
      until: T0 + 14 * DAY,
      visit: 0,
      hold: { reason: 'milestone' },
    });
    expect(move.next).toEqual({ kind: 'wait', until: T0 + 14 * DAY, condition: reached });
    expect(move.acts).toEqual([]);
  });

  it('the message goes out at the very instant at which it is reached', () => {
    const { cursor } = start(held());
    const woken = { ...created(T0 + HOUR), wokenAt: T0 + HOUR };
    const move = interpret(held(), cursor, given(woken), T0 + HOUR + 5);
    expect(move.acts).toMatchObject([{ step: { id: 'hello' }, at: T0 + HOUR, visit: 0, refusal: null }]);
  });

  it('a run that waits in vain runs out of time', () => {
    const { cursor } = start(held());
    const move = interpret(held(), cursor, given(), T0 + 14 * DAY);
    expect(move.log.at(-1)).toMatchObject({ did: 'ended', outcome: 'timed-out' });
    expect(move.acts).toEqual([]);
  });

  it('people held out hold just as long, so that both see the same times', () => {
    expect(start(held(), { heldOut: true }).cursor).toEqual(start(held()).cursor);
  });

  it('a journey may rather leave', () => {
    const move = start(held({ milestone: { reached, before: 'leave' } }));
    expect(move.log.at(-1)).toMatchObject({
      did: 'ended',
      outcome: 'exited',
      reason: 'the first value milestone was not reached',
    });
  });

  it('receipts go out, traits are set and others are told', () => {
    const receipt = held({
      ...journey([email('receipt', { transactional: true })]),
      milestone: { reached, before: 'hold' },
    });
    expect(start(receipt).next.kind).toBe('deliver');
    const steps = journey([
      { kind: 'set-trait', id: 'mark', traits: { seen: true } },
      { kind: 'webhook', id: 'tell', url: 'https://crm.example', headers: {}, body: null },
    ]);
    expect(start({ ...steps, milestone: { reached, before: 'hold' } }).next).toMatchObject({ kind: 'deliver' });
  });
});

describe('once it is reached', () => {
  it('nothing is held, and what happened long before the entry counts', () => {
    expect(start(held(), created(T0 - 100 * DAY)).next.kind).toBe('deliver');
  });

  it('one that time brings is waited for like any other', () => {
    const grown = trait('createdAt', { op: 'olderThan', value: 30 * DAY });
    const move = start(held({ milestone: { reached: grown, before: 'hold' } }), {
      facts: facts({ traits: { createdAt: new Date(T0 - 29 * DAY).toISOString() } }),
    });
    expect(move.next).toMatchObject({ kind: 'wait', condition: grown });
  });

  it('what the waking said is taken at its word, even where it is true no more', () => {
    const { cursor } = start(held());
    const move = interpret(held(), cursor, given({ wokenAt: T0 + HOUR }), T0 + 2 * HOUR);
    expect(move.next.kind).toBe('deliver');
  });
});
