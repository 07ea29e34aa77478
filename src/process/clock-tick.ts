/**
 * The clock's part: people whose instant has come.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import { importingSince } from '../import/under-way.ts';
import { withPlaces } from '../runs/entry-places.ts';
import type { Queryable } from '../store/database.ts';
import { applyDue, bringUpToDate } from './apply.ts';
import type { Processing } from './process-lane.ts';
import { loadProfiles, saveProfiles } from './profile.ts';

/** People in one transaction, at most. */
export const BATCH = 200;
/** Transactions side by side, each on a connection of its own, where that many people are due. */
const BATCHES_AT_ONCE = 4;

/**
 * Applies instants up to `upTo` for the people most overdue, and says how many people that were. Instants after the
 * oldest event still in the inbox wait for it, so that a backlog never makes a membership wrong.
 */
export async function tick(upTo: Instant, processing: Processing): Promise<number> {
  const { db } = processing;
  const waiting = await oldestWaiting(db);
  const horizon = Math.min(upTo, waiting.live ?? upTo);
  const overdue = await mostOverdue(db, horizon);
  const due = { horizon, imported: waiting.imported, earliest: overdue.earliest };
  const batches = Array.from({ length: Math.ceil(overdue.ids.length / BATCH) }, (_, index) =>
    overdue.ids.slice(index * BATCH, (index + 1) * BATCH),
  );
  const counts = await Promise.all(batches.map((ids) => applyInstants(ids, due, processing)));
  return counts.reduce((sum, count) => sum + count, 0);
}

interface Due {
  readonly horizon: Instant;
  /** The first instant of anybody. */
  readonly earliest: Instant;
  /** When the oldest imported event that waits was received. */
  readonly imported: Instant | null;
}

async function applyInstants(
  ids: readonly number[],
  { horizon, earliest, imported }: Due,
  { db, clock, catalogs }: Processing,
): Promise<number> {
  return withPlaces(db, async (tx, places) => {
    const catalog = await catalogs.current(tx);
    if (catalog === null) return 0;
    const profiles = await loadProfiles(tx, catalog, catalogs.versions, ids, earliest, { whenBusy: 'skip' });
    // They have been brought up to date with a publication that is newer than what was read here.
    if ([...profiles.values()].some(({ filledTo }) => filledTo > catalog.publicationId)) return 0;
    const applying = { catalog, versions: catalogs.versions, places };
    const importing = await importingSince(tx, imported, clock.now());
    for (const profile of profiles.values()) {
      const { quietUntil = 0 } = profile;
      if (importing !== null && quietUntil >= importing) profile.quietUntil = Math.max(quietUntil, horizon);
      bringUpToDate(profile, horizon, applying);
      applyDue(profile, horizon, applying, 'upTo');
    }
    await saveProfiles(tx, catalog, profiles.values(), clock.now());
    return profiles.size;
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

/** Imported history keeps nobody's clock waiting: when the oldest other event happened, and when the oldest of it came. */
export async function oldestWaiting(db: Queryable): Promise<{ live: Instant | null; imported: Instant | null }> {
  const { rows } = await sql<{ live: Date | null; imported: Date | null }>`
    select (select min(occurred_at) from inbox where body -> 'silent' is null) as live,
      (select min(received_at) from inbox where body -> 'silent' is not null) as imported
  `.execute(db);
  return { live: rows[0]?.live?.getTime() ?? null, imported: rows[0]?.imported?.getTime() ?? null };
}

async function mostOverdue(db: Queryable, horizon: Instant): Promise<{ ids: number[]; earliest: Instant }> {
  const most = BATCH * BATCHES_AT_ONCE;
  const { rows } = await sql<{ profile_id: number; at: Date }>`
    select profile_id, min(due_at) as at from (
      (select profile_id, due_at from audience_states where due_at <= ${new Date(horizon)} order by due_at limit ${most})
      union all
      (select profile_id, due_at from runs where status = 'active' and due_at <= ${new Date(horizon)} order by due_at limit ${most})
    ) as due
    group by profile_id order by min(due_at) limit ${most}
  `.execute(db);
  return { ids: rows.map((row) => row.profile_id), earliest: rows[0]?.at.getTime() ?? horizon };
}
