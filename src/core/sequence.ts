/**
 * Has the profile done this, then that? Sequences of events, and what must not happen between or after them.
 * @module
 */
import type { EventPattern, Json, Sequence, SequenceStep } from './condition.ts';
import type { EventFact, Facts } from './facts.ts';
import { isMeant } from './matching.ts';
import { earlier, type Instant, type Milliseconds } from './time.ts';

export interface SequenceVerdict {
  readonly holds: boolean;
  readonly until: Instant | null;
  /** When it was last completed, or how many of its steps have been reached. */
  readonly found: Json;
}

type IsMeant = (pattern: EventPattern, event: EventFact) => boolean;

export function judgeSequence(sequence: Sequence, facts: Facts, now: Instant): SequenceVerdict {
  const { steps, thenNot, within, since } = sequence;
  const after = since === 'entry' ? (facts.enteredAt ?? Infinity) : -Infinity;
  const patterns: readonly EventPattern[] = [
    ...steps,
    ...sequence.without,
    ...(thenNot === undefined ? [] : [thenNot]),
  ];
  const past = facts.events.filter((event) => event.at <= now);
  const meant = (pattern: EventPattern, event: EventFact) => isMeant(pattern, event, facts.entryProperties);
  const reached = reachedBy(sequence, past, after, meant);
  const finals = reached[steps.length - 1] ?? [];

  let completedAt: Instant | null = null;
  let pendingUntil: Instant | null = null;
  for (const { at } of finals) {
    if (thenNot === undefined) {
      completedAt = Math.max(completedAt ?? at, at);
      continue;
    }
    const over = at + thenNot.within;
    if (past.some((event) => event.at > at && event.at < over && meant(thenNot, event))) continue;
    if (over > now) pendingUntil = earlier(pendingUntil, over);
    else completedAt = Math.max(completedAt ?? over, over);
  }
  const expires = completedAt === null || within === undefined ? null : completedAt + within;
  const holds = completedAt !== null && (expires === null || now < expires);
  const nextArrival =
    after === Infinity
      ? null
      : (facts.events.find((event) => event.at > now && patterns.some((pattern) => meant(pattern, event)))?.at ?? null);
  const found: Json =
    completedAt === null
      ? { reached: reached.filter((those) => those.length > 0).length, of: steps.length }
      : { completed: new Date(completedAt).toISOString() };
  return { holds, until: earlier(nextArrival, earlier(pendingUntil, holds ? expires : null)), found };
}

/**
 * For each step the events that it can be reached by. Of all ways to reach an event the one from the latest event of the
 * step before is the easiest: it has the shortest time between, and the fewest events.
 */
function reachedBy(
  { steps, without, session }: Sequence,
  past: readonly EventFact[],
  after: Instant,
  meant: IsMeant,
): EventFact[][] {
  const sessions = session === undefined ? null : sessionsOf(past, steps, session, meant);
  const unwanted = past.filter((event) => without.some((pattern) => meant(pattern, event)));
  const reached: EventFact[][] = [];
  for (const [index, step] of steps.entries()) {
    const before = reached[index - 1];
    const candidates = past.filter((event) => event.at > after && meant(step, event));
    if (before === undefined) {
      reached.push(candidates);
      continue;
    }
    const isLast = index === steps.length - 1;
    reached.push(
      candidates.filter((event) => {
        const from = before.findLast(({ at }) => at < event.at);
        if (from === undefined || (step.within !== undefined && event.at >= from.at + step.within)) return false;
        if (sessions !== null && sessions.get(from) !== sessions.get(event)) return false;
        return !unwanted.some(({ at }) => at > from.at && (at < event.at || (!isLast && at === event.at)));
      }),
    );
  }
  return reached;
}

/** Numbers the sessions: a new one begins after a pause of `gap` or more in what the person did. */
function sessionsOf(
  past: readonly EventFact[],
  steps: readonly SequenceStep[],
  gap: Milliseconds,
  meant: IsMeant,
): Map<EventFact, number> {
  const sessions = new Map<EventFact, number>();
  let number = 0;
  let last: Instant | null = null;
  for (const event of past) {
    if (event.byEngine === true && !steps.some((step) => meant(step, event))) continue;
    if (last !== null && event.at - last >= gap) number += 1;
    last = event.at;
    sessions.set(event, number);
  }
  return sessions;
}
