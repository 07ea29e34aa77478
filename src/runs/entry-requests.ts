/**
 * Asking people into journeys: by API one by one, by file many. A request goes the way of an event, so that it is in order
 * with what the person does, and is counted once by its key.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { didYouMean } from '../definitions/problems.ts';
import type { JourneyVersion, Workspace } from '../definitions/workspace-types.ts';
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
    readonly code: 'not-found' | 'not-by-request' | 'not-entered',
    what: string,
    readonly fix: string,
  ) {
    super(`${what}. ${fix}${fix.endsWith('?') ? '' : '.'}`);
  }
}

/** @throws {NotByRequestError} */
export function expectRequestable(key: string, { journeys }: Pick<Workspace, 'journeys'>): void {
  const version = Object.hasOwn(journeys, key) ? journeys[key] : undefined;
  if (version === undefined) {
    const open = Object.values(journeys).filter(isOpen);
    const known =
      open.length === 0
        ? 'No journey says `enter: { request: true }`'
        : `There is ${open.map(({ journey }) => journey.key).join(', ')}`;
    const fix = didYouMean(key, Object.keys(journeys)) ?? known;
    throw new NotByRequestError(key, 'not-found', `There is no journey \`${key}\``, fix);
  }
  if (isOpen(version)) return;
  const status = version.policy?.status;
  if (version.journey.enter.by !== 'request' || status === undefined) {
    const fix = 'It would have to say `enter: { request: true }`';
    throw new NotByRequestError(key, 'not-by-request', `People are not asked into \`${key}\``, fix);
  }
  const what = `Nobody enters \`${key}\`: it is ${status === 'draft' ? 'a draft' : 'archived'}`;
  throw new NotByRequestError(key, 'not-entered', what, `Publish it without \`status: ${status}\` first`);
}

function isOpen({ journey, policy }: JourneyVersion): boolean {
  return journey.enter.by === 'request' && policy?.status === undefined;
}
