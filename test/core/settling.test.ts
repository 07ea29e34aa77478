import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sent } from '../../src/core/caps.ts';
import { interpret, open } from '../../src/core/interpret.ts';
import type { Cap, Journey } from '../../src/core/journey.ts';
import type { Cursor } from '../../src/core/run.ts';
import { type Candidate, candidateAt } from '../../src/core/settling.ts';
import { DAY, type Instant, MINUTE, SECOND } from '../../src/core/time.ts';
import { email, facts, given, inApp, journey, salesTask, T0 } from './build.ts';

const SETTLE = 30 * SECOND;

interface Wish {
  /** After T0. */
  readonly after: number;
  readonly priority: number;
  readonly kind?: 'in-app' | 'sales-task' | 'email';
  readonly heldOut?: boolean;
  readonly transactional?: boolean;
}
interface Life {
  readonly wish: Wish;
  readonly id: string;
  readonly journey: Journey;
  cursor: Cursor;
  got: 'sent' | 'refused' | 'waits' | null;
  at: Instant;
}

/** All of them are wishes of one person; those due at one instant are asked in the order that `shuffle` makes. */
function settle(wishes: readonly Wish[], caps: readonly Cap[], shuffle = (ids: Life[]) => ids, refused?: 'wait') {
  const sent: Sent[] = [];
  const lives = wishes.map((wish, index): Life => {
    const { kind = 'in-app', transactional = false } = wish;
    const steps = { 'in-app': inApp('it'), 'sales-task': salesTask('it'), email: email('it', { transactional }) };
    const step = { ...steps[kind], ...(refused && { refused: { cap: refused } }) };
    const of = journey([step], { key: `j${index}`, priority: wish.priority });
    return { wish, id: `j${index}/1/0`, journey: of, cursor: open(of, T0 + wish.after).cursor, got: null, at: 0 };
  });
  const dueAt = ({ got, cursor }: Life) =>
    got === null || got === 'waits'
      ? cursor.phase === 'waiting'
        ? cursor.until
        : cursor.at
      : Number.POSITIVE_INFINITY;
  for (;;) {
    const now = Math.min(...lives.map(dueAt));
    if (now > T0 + 10 * DAY) return { lives, sent };
    for (const life of shuffle(lives.filter((one) => dueAt(one) === now))) {
      const candidates = lives.flatMap((other): Candidate[] => {
        const candidate = candidateAt({ id: other.id, journey: other.journey.key }, other.cursor);
        return other === life || other.wish.heldOut || other.got !== null || candidate === null ? [] : [candidate];
      });
      const move = interpret(
        life.journey,
        life.cursor,
        given({
          id: life.id,
          facts: facts(),
          enteredAt: T0 + life.wish.after,
          heldOut: life.wish.heldOut ?? false,
          workspace: { timezone: 'Etc/UTC', caps, settle: SETTLE },
          ledger: { sent, candidates, suppressed: new Set() },
        }),
        now,
      );
      life.cursor = move.cursor;
      life.at = now;
      for (const act of move.acts) {
        life.got = act.refusal === null ? 'sent' : 'refused';
        if (act.refusal !== null || act.step.kind === 'set-trait') continue;
        const category = 'template' in act.step ? act.step.template.category : '';
        sent.push({ channel: act.step.kind, category, journey: life.journey.key, at: now });
      }
    }
  }
}

const winners = (wishes: readonly Wish[], caps: readonly Cap[]) =>
  settle(wishes, caps).lives.flatMap(({ got, wish }) => (got === 'sent' ? [wish.priority] : []));
const one: Cap = { atMost: 1, within: DAY };

describe('messages that want the same slot', () => {
  it('settle: the highest priority has it, whoever came first', () => {
    expect(
      winners(
        [
          { after: 0, priority: 10 },
          { after: 20 * SECOND, priority: 90 },
        ],
        [one],
      ),
    ).toEqual([90]);
    expect(
      winners(
        [
          { after: 0, priority: 90 },
          { after: 20 * SECOND, priority: 10 },
        ],
        [one],
      ),
    ).toEqual([90]);
  });

  it('are decided together, so long after the first of them came', () => {
    const { lives } = settle(
      [
        { after: 0, priority: 10 },
        { after: 20 * SECOND, priority: 90 },
      ],
      [one],
    );
    expect(lives.map(({ at }) => at - T0)).toEqual([SETTLE, SETTLE]);
  });

  it('of the same priority go by who came first', () => {
    const { lives } = settle(
      [
        { after: 9, priority: 50 },
        { after: 3, priority: 50 },
      ],
      [one],
    );
    expect(lives.map(({ got }) => got)).toEqual(['refused', 'sent']);
  });

  it('that come after the decision are too late, whatever their priority', () => {
    expect(
      winners(
        [
          { after: 0, priority: 10 },
          { after: SETTLE + 1, priority: 90 },
        ],
        [one],
      ),
    ).toEqual([10]);
  });

  it('settle over channels where the cap counts over channels, and not where each has its own', () => {
    const wishes: Wish[] = [
      { after: 0, priority: 10, kind: 'in-app' },
      { after: 9 * SECOND, priority: 90, kind: 'sales-task' },
    ];
    expect(winners(wishes, [one])).toEqual([90]);
    expect(
      winners(wishes, [
        { ...one, channel: 'in-app' },
        { ...one, channel: 'sales-task' },
      ]),
    ).toEqual([10, 90]);
  });

  it('leave each other what slots there are: two slots, the two highest', () => {
    const wishes = [10, 70, 30, 90].map((priority, index) => ({ after: index * SECOND, priority }));
    expect(winners(wishes, [{ atMost: 2, within: DAY }]).sort()).toEqual([70, 90]);
  });

  it('of people held out take nobody’s slot, and wait as long', () => {
    const { lives } = settle(
      [
        { after: 0, priority: 90, heldOut: true },
        { after: 9 * SECOND, priority: 10 },
      ],
      [one],
    );
    expect(lives.map(({ got, at }) => [got, at - T0])).toEqual([
      ['refused', SETTLE],
      ['sent', SETTLE + 9 * SECOND],
    ]);
  });

  it('and are receipts do not settle; nor does what no cap counts', () => {
    const receipt = settle([{ after: 0, priority: 1, kind: 'email', transactional: true }], [one]);
    expect(receipt.lives[0]).toMatchObject({ got: 'sent', at: T0 });
    expect(settle([{ after: 0, priority: 1 }], [{ ...one, channel: 'email' }]).lives[0]).toMatchObject({ at: T0 });
  });

  it('and wait for a slot settle anew each time it is free, so that they go out by priority', () => {
    const wishes = [10, 90, 50].map((priority, index) => ({ after: index * MINUTE, priority }));
    const { lives } = settle(wishes, [one], undefined, 'wait');
    const order = [...lives].sort((a, b) => a.at - b.at).map(({ wish }) => wish.priority);
    expect(order).toEqual([10, 90, 50]);
  });

  it('never break a cap, and the highest of every decision wins, in whatever order they are asked', () => {
    const wish = fc.record({
      after: fc.integer({ min: 0, max: 90 }).map((s) => s * SECOND),
      priority: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(
        fc.array(wish, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 3 }),
        fc.infiniteStream(fc.nat()),
        (wishes, atMost, drawn) => {
          const cap = { atMost, within: DAY };
          const inOrder = settle(wishes, [cap]);
          const shuffled = settle(wishes, [cap], (ids) =>
            ids
              .map((life) => [drawn.next().value ?? 0, life] as const)
              .sort(([a], [b]) => a - b)
              .map(([, life]) => life),
          );
          expect(shuffled.lives.map(({ got }) => got)).toEqual(inOrder.lives.map(({ got }) => got));
          expect(inOrder.sent.length).toBe(Math.min(atMost, wishes.length));
          const first = Math.min(...wishes.map(({ after }) => after));
          const weighed = wishes.filter(({ after }) => after < first + SETTLE).map(({ priority }) => priority);
          const won = inOrder.lives.flatMap(({ got, wish: { priority, after } }) =>
            got === 'sent' && after < first + SETTLE ? [priority] : [],
          );
          expect(won.sort()).toEqual(
            weighed
              .sort((a, b) => b - a)
              .slice(0, atMost)
              .sort(),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
