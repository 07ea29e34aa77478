/**
 * Lets a world happen: its calls go through the inbox, are processed, and what falls due is applied.
 */
import { sql } from 'kysely';
import { pino } from 'pino';
import { expect } from 'vitest';
import { DAY, type Instant } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { CatalogShelf } from '../../src/process/catalog.ts';
import { tick } from '../../src/process/clock-tick.ts';
import { look } from '../../src/process/look.ts';
import { type Processing, workLanes } from '../../src/process/process-lane.ts';
import type { Database } from '../../src/store/database.ts';
import { T0 } from '../core/build.ts';
import type { Step } from './worlds.ts';

/** An empty database in which this workspace is in force. */
export async function begin(db: Database, workspace: Workspace): Promise<Processing> {
  await sql`truncate profiles, identities, account_members, inbox, message_ids, events, audience_states, audience_changes,
    publications, fill_candidates, merges, said_since_merge restart identity cascade`.execute(db);
  await publish(db, workspace, new Date(T0 - 2 * DAY));
  const clock = { now: () => T0 + 100 * DAY, wall: () => T0 + 100 * DAY, speed: 1 };
  return { db, clock, catalogs: new CatalogShelf(), log: pino({ level: 'silent' }) };
}

export function callOf({ at, person, call, name, properties, account, traits }: Step, id: string): IncomingEvent {
  const occurredAt = new Date(at).toISOString();
  return {
    type: call,
    messageId: id,
    name: name ?? call,
    userId: `p${person}`,
    ...(call === 'group' ? { groupId: `a${account}` } : {}),
    ...(traits === undefined ? {} : { traits }),
    properties: properties ?? {},
    context: call === 'track' && account !== undefined ? { groupId: `a${account}` } : {},
    occurredAt,
    receivedAt: occurredAt,
  };
}

/** @returns how many rows that was, beside what came from outside */
export async function quiesce(processing: Processing, now: Instant): Promise<number> {
  let worked = 0;
  for (;;) {
    const { groups } = await look(processing.db);
    const counts = await Promise.all(groups.slice(0, 3).map((lanes) => workLanes(lanes, processing)));
    const ticked = await tick(now, processing);
    if (groups.length === 0 && ticked === 0) return worked;
    worked += counts.reduce((sum, count) => sum + count, 0);
  }
}

export async function memberships(db: Database): Promise<Map<string, Set<string>>> {
  const { rows } = await sql<{ name: string; audiences: string[] }>`
    select p.user_id as name, coalesce(array_agg(s.audience) filter (where s.member), '{}') as audiences
    from profiles p left join audience_states s on s.profile_id = p.id group by p.id
  `.execute(db);
  return new Map(rows.map(({ name, audiences }) => [name, new Set(audiences)]));
}

export function compare(
  is: ReadonlyMap<string, ReadonlySet<string>>,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
  now: Instant,
  found: { asked: number; members: { person: number; account: number } },
): void {
  for (const [name, audiences] of wanted) {
    const own = is.get(name);
    found.asked += name.startsWith('p') ? 2 : 3;
    found.members[name.startsWith('p') ? 'person' : 'account'] += audiences.size;
    const texts = [own, audiences].map((keys) => [...(keys ?? ['nobody'])].sort().join());
    if (texts[0] !== texts[1])
      throw new Error(`${new Date(now).toISOString()}: ${name} is in ${texts[0]}, should be in ${texts[1]}`);
  }
  expect([...is.keys()].sort()).toEqual([...wanted.keys()].sort());
}
