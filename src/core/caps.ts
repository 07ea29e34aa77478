/**
 * Caps: at most so many messages in a window. Pure: what was sent is read by the caller under the person's lock.
 * @module
 */
import { periodOf } from './calendar.ts';
import type { Cap, Channel } from './journey.ts';
import { DAY, type Instant, type Milliseconds } from './time.ts';

/** One message that counts against caps: reserved or sent, never refused. */
export interface Sent {
  readonly channel: Channel;
  readonly category: string;
  readonly journey: string;
  readonly at: Instant;
}

export interface BrokenCap {
  readonly cap: Cap;
  /** When the cap lets one more message through, if nothing else is sent until then. */
  readonly freeAt: Instant;
}

/** Does the cap hold for messages like this one, and count them? */
export function covers(cap: Cap, message: Pick<Sent, 'channel' | 'category'>): boolean {
  if (cap.channel !== undefined && cap.channel !== message.channel) return false;
  return cap.category === undefined || cap.category === message.category;
}

/** The first of the caps that one more message like `wanted` would break at `now`. */
export function brokenCap(
  caps: readonly Cap[],
  wanted: Pick<Sent, 'channel' | 'category'>,
  sentUnder: (cap: Cap) => readonly Sent[],
  zone: string,
  now: Instant,
): BrokenCap | null {
  for (const cap of caps) {
    if (!covers(cap, wanted)) continue;
    const counted = sentUnder(cap).filter((one) => covers(cap, one));
    const freeAt = freeAgainAt(cap, counted, zone, now);
    if (freeAt > now) return { cap, freeAt };
  }
  return null;
}

/** How far back a ledger must reach for these caps. */
export function reachOf(caps: readonly Cap[]): Milliseconds {
  return Math.max(0, ...caps.map((cap) => ('per' in cap ? LONGEST[cap.per] : cap.within)));
}

/** Clocks that are put back make an hour more of each, or two. */
const LONGEST = { day: 2 * DAY, week: 8 * DAY, month: 32 * DAY } as const;

function freeAgainAt(cap: Cap, counted: readonly Sent[], zone: string, now: Instant): Instant {
  if ('per' in cap) {
    const { start, end } = periodOf(cap.per, now, zone);
    return counted.filter(({ at }) => at >= start).length < cap.atMost ? now : end;
  }
  const times = counted
    .filter(({ at }) => at > now - cap.within)
    .map(({ at }) => at)
    .sort((a, b) => a - b);
  if (times.length < cap.atMost) return now;
  const oldestThatMustGo = times[times.length - cap.atMost] ?? now;
  return oldestThatMustGo + cap.within;
}
