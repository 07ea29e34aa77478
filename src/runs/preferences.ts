/**
 * What a person does not want, as they or somebody for them look at it and change it.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { subjectOf, type Wish } from '../core/wishes.ts';
import { type IncomingEvent, putInInbox } from '../ingest/inbox.ts';
import { holdSurvivor } from '../profiles/survivor.ts';
import type { Database, Queryable } from '../store/database.ts';
import { lift, suppress } from './suppression.ts';

export interface StoredRefusal {
  readonly what: string;
  readonly until: Date | null;
  readonly at: Date;
  readonly cause: JsonObject;
}

/** Those that stand at `now`, by what they are about. */
export function readRefusals(
  db: Queryable,
  profileId: number,
  { now, after = '', limit }: { readonly now: Instant; readonly after?: string; readonly limit: number },
): Promise<StoredRefusal[]> {
  return db
    .selectFrom('suppressions')
    .select(['what', 'until', 'at', 'cause'])
    .where('profile_id', '=', profileId)
    .where(({ or, eb }) => or([eb('until', 'is', null), eb('until', '>', new Date(now))]))
    .where(sql`what collate "C"`, '>', after)
    .orderBy(sql`what collate "C"`)
    .limit(limit)
    .execute();
}

export interface WishChange {
  readonly refused: readonly Wish[];
  /** Taken back. */
  readonly lifted: readonly string[];
  /** What makes it so, for people to see; also told with the events. */
  readonly cause: JsonObject;
}

/**
 * Changes what the person does not want, in one transaction with the events that report it. It waits for a message that is
 * being reserved right now; from the commit on none is that is not wanted.
 */
export async function changeWishes(
  db: Database,
  profileId: number,
  { refused, lifted, cause }: WishChange,
  now: Instant,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const survivor = await holdSurvivor(tx, profileId);
    if (survivor === null) return;
    const events: IncomingEvent[] = [];
    for (const wish of refused) {
      if (!(await suppress(tx, survivor, wish, now, cause))) continue;
      events.push(report(wish.until === null ? 'Unsubscribed' : 'Messages Snoozed', survivor, wish, cause, now));
    }
    for (const what of lifted) {
      if (!(await lift(tx, survivor, what))) continue;
      events.push(report('Resubscribed', survivor, { what, until: null }, cause, now));
    }
    await putInInbox(tx, events);
  });
}

/** The property by which each says what is meant. */
const REPORTED = {
  Unsubscribed: 'unsubscribed_from',
  Resubscribed: 'resubscribed_to',
  'Messages Snoozed': 'snoozed',
} as const;

function report(
  name: keyof typeof REPORTED,
  profileId: number,
  { what, until }: Wish,
  cause: JsonObject,
  now: Instant,
): IncomingEvent {
  const at = new Date(now).toISOString();
  return {
    type: 'track',
    name,
    messageId: `wishes/${profileId}/${what}/${REPORTED[name]}/${at}`,
    profileId,
    properties: {
      [REPORTED[name]]: what,
      of: subjectOf(what).of,
      ...(until === null ? {} : { until: new Date(until).toISOString() }),
      ...cause,
    },
    context: {},
    occurredAt: at,
    receivedAt: at,
  };
}
