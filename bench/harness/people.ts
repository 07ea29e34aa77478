/**
 * People of a bench: made known before anything is measured, and looked up afterwards.
 * @module
 */
import { sql } from 'kysely';
import type { Database } from '../../src/store/database.ts';
import { type Call, identify, type TrackingClient, track } from './tracking.ts';
import { until } from './until.ts';

export interface Person {
  readonly userId: string;
  readonly email: string;
}

/** @param group told apart from other groups by this name */
export function peopleOf(group: string, count: number): Person[] {
  return Array.from({ length: count }, (_, index) => {
    const userId = `${group}-${index}`;
    return { userId, email: emailOf(userId) };
  });
}

/** The user whom a message to this address is for. */
export function userOf(email: string): string {
  return email.slice(0, email.indexOf('@'));
}

/** Tells the product who they are, and for every second one that the reference page was viewed; returns when it knows. */
export async function makeKnown(people: readonly Person[], tracking: TrackingClient, db: Database): Promise<void> {
  await tracking.sendAll(
    people.flatMap(({ userId, email }, index): Call[] => [
      identify(userId, { email }),
      ...(index % 2 === 0 ? [track(userId, 'Reference Viewed')] : []),
    ]),
  );
  await inboxEmpty(db);
}

/** Returns when every event that was taken has been processed and Temporal has been told. */
export async function inboxEmpty(db: Database, within?: number): Promise<void> {
  await until(
    'every event is processed',
    async () => {
      const { rows } = await sql<{ busy: boolean }>`
        select exists (select 1 from inbox) or exists (select 1 from outbox) as busy
      `.execute(db);
      return rows[0]?.busy === false;
    },
    { ...(within === undefined ? {} : { within }) },
  );
}

function emailOf(userId: string): string {
  return `${userId}@people.example`;
}
