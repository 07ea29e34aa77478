/**
 * Several messages that want the same slot of a cap: the one with the highest priority gets it, whoever came first.
 *
 * A message that a cap of the workspace counts is a candidate first. It is held until those that want the same slot had
 * time to come, which ends for all of them at one instant. Then each is asked, and what stands before it counts as if it
 * had been sent. So the answer is the same in whatever order they are asked, and one that is given up in between leaves
 * its slot free.
 * @module
 */
import { covers, type Sent } from './caps.ts';
import type { Cap } from './journey.ts';
import type { Cursor } from './run.ts';
import type { Instant, Milliseconds } from './time.ts';

export interface Candidate {
  readonly run: string;
  readonly journey: string;
  readonly priority: number;
  readonly channel: Sent['channel'];
  readonly category: string;
  /** When it became one. */
  readonly since: Instant;
  /** When it is decided. */
  readonly until: Instant;
}

/** The candidate that stands at this cursor; null: there is none. */
export function candidateAt(run: { readonly id: string; readonly journey: string }, cursor: Cursor): Candidate | null {
  if (cursor.phase !== 'waiting' || cursor.hold?.reason !== 'settling') return null;
  const { reason: _, ...message } = cursor.hold;
  return { ...message, run: run.id, journey: run.journey, until: cursor.until };
}

/** When a message that comes at `now` is decided: with those that want one of its slots already, or after `settle`. */
export function decidedAt(
  message: Pick<Candidate, 'channel' | 'category'>,
  others: readonly Candidate[],
  caps: readonly Cap[],
  settle: Milliseconds,
  now: Instant,
): Instant {
  const rivals = others.filter(
    (other) => other.until > now && caps.some((cap) => covers(cap, message) && covers(cap, other)),
  );
  return Math.min(now + settle, ...rivals.map(({ until }) => until));
}

/** What goes before `own`, as if it had been sent at `now`. */
export function aheadOf(own: Candidate, others: readonly Candidate[], now: Instant): readonly Sent[] {
  return others
    .filter((other) => other.since < own.until && goesBefore(other, own))
    .map(({ channel, category, journey }) => ({ channel, category, journey, at: now }));
}

function goesBefore(a: Candidate, b: Candidate): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.since !== b.since) return a.since < b.since;
  return a.run < b.run;
}
