/**
 * The clock's part: people whose instant has come, and people not yet looked at since a publication.
 * @module
 */
import { sql } from 'kysely';
import { forgetAudiencesBut } from '../audiences/states.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import { applyDue, bringUpToDate } from './apply.ts';
import { loadPeople, savePeople } from './person.ts';
import type { Processing } from './process-lane.ts';

const BATCH = 200;

/**
 * Applies instants up to `upTo` for the people most overdue, and says how many people that were. Instants after the
 * oldest event still in the inbox wait for it, so that a backlog never makes a membership wrong.
 */
export async function tick(upTo: Instant, { db, clock, catalogs }: Processing): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const catalog = await catalogs.current(tx);
    if (catalog === null) return 0;
    const horizon = Math.min(upTo, (await oldestWaiting(tx)) ?? upTo);
    const ids = await mostOverdue(tx, horizon);
    if (ids.length === 0) return 0;
    const people = await loadPeople(tx, catalog, catalogs.versions, ids, horizon, 'skip');
    const applying = { catalog, versions: catalogs.versions };
    for (const person of people.values()) {
      bringUpToDate(person, horizon, applying);
      applyDue(person, horizon, applying, 'upTo');
    }
    await savePeople(tx, people.values(), clock.now());
    return people.size;
  });
}

/** SQL for when the next instant falls due, of anybody. */
export const soonestDue = sql<Date | null>`least(
  (select min(due_at) from audience_states where due_at is not null),
  (select min(due_at) from runs where status = 'active' and due_at is not null)
)`;

/** When the next instant falls due, of anybody. */
export async function nextTick(db: Queryable): Promise<Instant | null> {
  const { rows } = await sql<{ at: Date | null }>`select ${soonestDue} as at`.execute(db);
  return rows[0]?.at?.getTime() ?? null;
}

/** Fills new and changed audiences for people no event brings up; says how many people were looked at. */
export async function fill({ db, clock, catalogs }: Processing): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const catalog = await catalogs.current(tx);
    if (catalog === null) return 0;
    const { rows } = await sql<{ id: number }>`
      select id from profiles
      where filled_to > 0 and filled_to < ${catalog.publicationId} and merged_into is null
      order by filled_to, id limit ${BATCH}
    `.execute(tx);
    if (rows.length === 0) return 0;
    const at = catalog.publishedAt;
    const ids = rows.map(({ id }) => id);
    const people = await loadPeople(tx, catalog, catalogs.versions, ids, at, 'skip');
    for (const person of people.values()) bringUpToDate(person, at, { catalog, versions: catalogs.versions });
    await savePeople(tx, people.values(), clock.now());
    await forgetAudiencesBut(
      tx,
      catalog.audiences.all.map(({ key }) => key),
    );
    return people.size;
  });
}

async function oldestWaiting(tx: Queryable): Promise<Instant | null> {
  const { rows } = await sql<{ at: Date | null }>`select min(occurred_at) as at from inbox`.execute(tx);
  return rows[0]?.at?.getTime() ?? null;
}

async function mostOverdue(tx: Queryable, horizon: Instant): Promise<number[]> {
  const { rows } = await sql<{ profile_id: number }>`
    select profile_id from (
      (select profile_id, due_at from audience_states where due_at <= ${new Date(horizon)} order by due_at limit ${BATCH})
      union all
      (select profile_id, due_at from runs where status = 'active' and due_at <= ${new Date(horizon)} order by due_at limit ${BATCH})
    ) as due
    group by profile_id order by min(due_at) limit ${BATCH}
  `.execute(tx);
  return rows.map((row) => row.profile_id);
}
