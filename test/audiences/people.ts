import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../src/core/condition.ts';
import type { Instant } from '../../src/core/time.ts';
import { appendEvents, type LoggedEvent } from '../../src/ingest/event-log.ts';
import type { Database } from '../../src/store/database.ts';

/** A person as the database has them after everything was processed. */
export async function addPerson(db: Database, userId: string, traits: JsonObject = {}): Promise<number> {
  const { id } = await db
    .insertInto('profiles')
    .values({
      ...{ user_id: userId, traits: JSON.stringify(traits), filled_to: 1 },
      ...{ created_at: new Date(0), applied_at: new Date(0) },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Things this person did. */
export async function addEvents(
  db: Database,
  profileId: number,
  events: readonly (Pick<LoggedEvent, 'name' | 'at'> & Partial<LoggedEvent>)[],
): Promise<void> {
  await appendEvents(
    db,
    events.map((event) => ({
      ...{ profileId, type: 'track', byEngine: false, properties: {}, context: {} },
      ...{ messageId: randomUUID(), receivedAt: new Date(event.at).toISOString() },
      ...event,
    })),
  );
}

/** The person was said to be this. */
export function said(at: Instant, traits: JsonObject): Pick<LoggedEvent, 'name' | 'type' | 'at' | 'properties'> {
  return { name: 'identify', type: 'identify', at, properties: traits };
}
