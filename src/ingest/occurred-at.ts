/**
 * When an event happened, from what the client says and when it came.
 * @module
 */
import { DateTime } from 'luxon';
import { type Instant, type Milliseconds, SECOND } from '../core/time.ts';

/** The moment a request came in. */
export interface Arrival {
  /** In the product's time. */
  readonly now: Instant;
  /** In the machine's time, which a client's `sentAt` is compared with. */
  readonly wall: Instant;
  /** The product clock's speed: {@link Arrival.now} and client clocks are comparable at 1 only. */
  readonly speed: number;
}

/** The times of one call; ISO 8601 texts that passed {@link instantOf}. */
export interface SaidTimes {
  readonly timestamp?: string | undefined;
  readonly originalTimestamp?: string | undefined;
  readonly sentAt?: string | undefined;
}

/**
 * A difference up to this is travel time, not a wrong clock. Correcting it would put two events of one client, sent in
 * two requests, out of their order.
 */
export const SKEW_IGNORED: Milliseconds = 2 * SECOND;

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** As every official client writes it. */
const USUAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** The instant that an ISO 8601 text names, UTC where it names no zone; null for anything else and before 1970. */
export function instantOf(text: string): Instant | null {
  if (USUAL.test(text)) {
    const instant = Date.parse(text);
    // A 31st of February would be read as a day of March.
    if (instant >= 0 && new Date(instant).toISOString() === text) return instant;
  }
  if (!ISO.test(text)) return null;
  const parsed = DateTime.fromISO(text.replace(' ', 'T'), { zone: 'utc' });
  return parsed.isValid && parsed.toMillis() >= 0 ? parsed.toMillis() : null;
}

/**
 * `timestamp` on the server's clock: less the difference between the client's clock (`sentAt`) and the machine's, where
 * that is more than {@link SKEW_IGNORED}. Never later than the arrival, which also stands in where no time is said.
 *
 * A call with both `originalTimestamp` and `timestamp` was corrected already by whoever passed it on. Under a clock that
 * runs faster than the machine's, what clients say is taken as it is.
 */
export function occurredAt({ timestamp, originalTimestamp, sentAt }: SaidTimes, arrival: Arrival): Instant {
  const said = instantIn(timestamp ?? originalTimestamp);
  if (said === null) return arrival.now;
  const isCorrected = timestamp !== undefined && originalTimestamp !== undefined;
  const sent = instantIn(sentAt);
  const skew = sent === null || isCorrected || arrival.speed !== 1 ? 0 : sent - arrival.wall;
  const corrected = Math.abs(skew) > SKEW_IGNORED ? said - skew : said;
  return Math.max(0, Math.min(corrected, arrival.now));
}

function instantIn(text: string | undefined): Instant | null {
  return text === undefined ? null : instantOf(text);
}
