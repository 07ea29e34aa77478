/**
 * Asking people into journeys: by API one by one, by file many. A request goes the way of an event, so that it is in order
 * with what the person does, and is counted once by its key.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { didYouMean } from '../definitions/problems.ts';
import type { Workspace } from '../definitions/workspace-types.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';

export interface AskedIn {
  readonly journey: string;
  readonly userId: string;
  readonly properties: JsonObject;
  /** The same key for the same journey is the same request. */
  readonly key: string;
}

export function entryRequest({ journey, userId, properties, key }: AskedIn, now: Instant): IncomingEvent {
  const at = new Date(now).toISOString();
  const messageId = `entry:${journey}:${key}`;
  return {
    ...{ type: 'track', name: 'entry', messageId, userId, properties, context: {} },
    ...{ occurredAt: at, receivedAt: at, enters: journey },
  };
}

/** Nobody can be asked into this journey. */
export class NotByRequestError extends Error {
  override readonly name = 'NotByRequestError';

  constructor(
    readonly journey: string,
    /** Is it published at all? */
    readonly isKnown: boolean,
    readonly fix: string,
  ) {
    const what = isKnown ? `People are not asked into \`${journey}\`` : `There is no journey \`${journey}\``;
    super(`${what}. ${fix}${fix.endsWith('?') ? '' : '.'}`);
  }
}

/** @throws {NotByRequestError} */
export function expectRequestable(journey: string, { journeys }: Pick<Workspace, 'journeys'>): void {
  const published = Object.hasOwn(journeys, journey) ? journeys[journey]?.journey : undefined;
  if (published?.enter.by === 'request') return;
  const open = Object.values(journeys).flatMap(({ journey: one }) => (one.enter.by === 'request' ? [one.key] : []));
  if (published !== undefined)
    throw new NotByRequestError(journey, true, 'It would have to say `enter: { request: true }`');
  const known = open.length === 0 ? 'No journey says `enter: { request: true }`' : `There is ${open.join(', ')}`;
  throw new NotByRequestError(journey, false, didYouMean(journey, Object.keys(journeys)) ?? known);
}
