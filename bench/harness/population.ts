/**
 * People with a history, who are in their audiences already: what the engine finds when it has run for months.
 * @module
 */
import { sql } from 'kysely';
import { indexAudiences } from '../../src/audiences/audience-index.ts';
import { membersQuery } from '../../src/audiences/compile-sql.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import type { Database } from '../../src/store/database.ts';
import { makeEvents, makePeople, vacuum } from './history-rows.ts';
import { workspaceIn } from './workspaces.ts';

export interface Population {
  /** Folder of definitions. */
  readonly workspace: string;
  readonly people: number;
  readonly eventsEach: number;
  readonly now: Instant;
}

const DAYS = 90;

/** Makes `user-1` to `user-<people>` in an empty database, with ids from 1. */
export async function makePopulation(
  db: Database,
  { workspace: folder, ...size }: Population,
  say: (line: string) => void,
): Promise<void> {
  const workspace = await workspaceIn(folder);
  await publishFilled(db, workspace, size.now - DAYS * DAY);
  say(`Making ${size.people} people with ${size.eventsEach} events each.`);
  await makePeople(db, { ...size, days: DAYS });
  await nameThem(db);
  await makeEvents(db, { ...size, days: DAYS });
  await vacuum(db);
  await makeMembers(db, workspace, size.now);
}

/** Publishes what nobody has to be looked at for. */
async function publishFilled(db: Database, workspace: Workspace, at: Instant): Promise<void> {
  await publish(db, workspace, new Date(at));
  const filled = new Date(at);
  await db.updateTable('publications').set({ candidates_at: filled, filled_at: filled }).execute();
}

/** Lets events find everybody who has a user id and no identity yet. */
async function nameThem(db: Database): Promise<void> {
  await sql`
    insert into identities (kind, value, profile_id)
    select 'user', user_id, id from profiles where user_id is not null
    on conflict do nothing
  `.execute(db);
  await sql`vacuum analyze identities`.execute(db);
}

/** The clock is not set: what only time changes later stays as it is until an event asks. */
async function makeMembers(db: Database, { audiences }: Workspace, now: Instant): Promise<void> {
  for (const { key, condition } of indexAudiences(Object.values(audiences), {}).all) {
    await db.transaction().execute(async (tx) => {
      await sql`set local work_mem = '256MB'`.execute(tx);
      await sql`
        insert into audience_states (profile_id, audience, member, since)
        select id, ${sql.lit(key)}, true, ${sql.lit(new Date(now).toISOString())}
        from (${sql.raw(membersQuery(condition, { of: 'person', now }))}) as member (id)
      `.execute(tx);
    });
  }
  await sql`vacuum analyze audience_states`.execute(db);
}
