/**
 * The fill of a publication: new and changed audiences, for people and accounts that no event brings up. One question for
 * each audience names whoever is in it or may come to be by time alone; all others are not looked at at all.
 * @module
 */
import { sql } from 'kysely';
import type { IndexedAudience } from '../audiences/audience-index.ts';
import { candidatesQuery, type Unstored } from '../audiences/compile-sql.ts';
import { forgetAudiencesBut } from '../audiences/states.ts';
import type { Instant } from '../core/time.ts';
import { LANES } from '../ingest/inbox.ts';
import { withPlaces } from '../runs/entry-places.ts';
import type { Queryable } from '../store/database.ts';
import { bringUpToDate } from './apply.ts';
import type { Catalog } from './catalog.ts';
import { holdLane, type Processing } from './process-lane.ts';
import { loadProfiles, saveProfiles } from './profile.ts';

const BATCH = 200;
const FILL_LOCK = 4_217_200;
/** Joining everybody's ids needs about so much. */
const MEMORY = '256MB';

/** Does the next part of the fill, if one is under way, and says how many people were looked at or at least found. */
export async function fill(processing: Processing): Promise<number> {
  const { db, clock, catalogs } = processing;
  const catalog = await catalogs.current(db);
  if (catalog === null || catalog.filledTo === catalog.publicationId) return 0;
  const { publicationId } = catalog;
  const state = await db
    .selectFrom('publications')
    .select('candidates_at')
    .where('id', '=', publicationId)
    .executeTakeFirst();
  if (state?.candidates_at === null) return findCandidates(catalog, processing);
  return withPlaces(db, async (tx, places) => {
    await lockFilling(tx, 'shared');
    const { rows } = await sql<{ id: number }>`
      select profile_id as id from fill_candidates join profiles on profiles.id = profile_id
      where publication_id = ${publicationId} and merged_into is null
      order by profile_id limit ${BATCH} for update of fill_candidates skip locked
    `.execute(tx);
    // Between the look at the publication and the lock there may have come a newer one.
    if ((await catalogs.current(tx))?.publicationId !== publicationId) return 1;
    if (rows.length === 0) return finish(tx, catalog, clock.now());
    const ids = rows.map(({ id }) => id);
    const profiles = await loadProfiles(tx, catalog, catalogs.versions, ids, catalog.publishedAt, { whenBusy: 'skip' });
    const behind = [...profiles.values()].filter(({ filledTo }) => filledTo < publicationId);
    for (const profile of behind)
      bringUpToDate(profile, catalog.publishedAt, { catalog, versions: catalogs.versions, places });
    await saveProfiles(tx, catalog, behind, clock.now());
    await sql`delete from fill_candidates where profile_id = any(${[...profiles.keys()]})`.execute(tx);
    return profiles.size;
  });
}

/** Held while people are brought up to date; whoever finds candidates for a newer publication waits until it is free. */
async function lockFilling(tx: Queryable, how: 'shared' | 'exclusive'): Promise<void> {
  const lock = how === 'shared' ? sql.ref('pg_advisory_xact_lock_shared') : sql.ref('pg_advisory_xact_lock');
  await sql`select ${lock}(hashtext(current_schema()), ${FILL_LOCK}::int)`.execute(tx);
}

/**
 * Keeps everybody who has to be looked at in `fill_candidates`. Whoever an event concerns from now on is brought up to date
 * with it; whatever was worked on by an older publication is over before anybody is asked for.
 */
async function findCandidates(catalog: Catalog, { db, clock }: Processing): Promise<number> {
  await db.transaction().execute((tx) => lockFilling(tx, 'exclusive'));
  for (let lane = 0; lane < LANES; lane += 1) await db.transaction().execute((tx) => holdLane(tx, lane));
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ candidates_at: Date | null }>`
      select candidates_at from publications where id = ${catalog.publicationId} for update skip locked
    `.execute(tx);
    if (rows[0]?.candidates_at !== null) return 0;
    await sql`set local work_mem = ${sql.lit(MEMORY)}`.execute(tx);
    await sql`delete from fill_candidates`.execute(tx);
    for (const query of whoToLookAt(catalog, clock.now())) {
      await sql`
        insert into fill_candidates (profile_id, publication_id)
        select candidates.id, ${sql.lit(catalog.publicationId)} from (${sql.raw(query)}) as candidates (id)
        join profiles on profiles.id = candidates.id
        where filled_to > 0 and filled_to < ${sql.lit(catalog.publicationId)} and merged_into is null
        on conflict do nothing
      `.execute(tx);
    }
    await sql`analyze fill_candidates`.execute(tx);
    await tx
      .updateTable('publications')
      .set({ candidates_at: new Date(clock.now()) })
      .where('id', '=', catalog.publicationId)
      .execute();
    return 1;
  });
}

function whoToLookAt(catalog: Catalog, now: Instant): string[] {
  const { filledTo = 0, publishedAt, syncs } = catalog;
  const isStale = ({ changedIn }: IndexedAudience) => changedIn > filledTo;
  const people = catalog.audiences.all.filter(isStale);
  const accounts = catalog.accounts.audiences.all.filter(isStale);
  const stale = [...people, ...accounts].map(({ key }) => key);
  const told = (syncs?.all ?? []).filter(({ addedIn }) => addedIn > filledTo).map(({ audience }) => audience);
  const keysIn = (keys: readonly string[]) => `array[${keys.map(quoted).join()}]::text[]`;

  const unstored = new Map<string, Unstored>([
    ...people.map(({ key, condition }) => [key, { of: 'person' as const, condition }] as const),
    ...accounts.map(({ key, condition }) => [key, { of: 'account' as const, condition }] as const),
  ]);
  const queries = [...unstored.values()].map(({ of, condition }) =>
    candidatesQuery(condition, { of, now: publishedAt, unstored }),
  );
  if (told.length > 0)
    queries.push(`select profile_id from audience_states where member and audience = any(${keysIn(told)})`);
  if (stale.length === 0) return queries;
  const latest = quoted(new Date(Math.max(now, publishedAt)).toISOString());
  return [
    ...queries,
    // Members of what an audience was before.
    `select profile_id from audience_states where audience = any(${keysIn(stale)})`,
    // Of these the answers are not as of the publication: what is stored, or what has been applied.
    `select profile_id from audience_states where due_at <= ${latest}`,
    `select id from profiles where applied_at > ${quoted(new Date(publishedAt).toISOString())}`,
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Everybody is up to date, unless others are still at work on the last of them. */
async function finish(tx: Queryable, catalog: Catalog, now: Instant): Promise<number> {
  const { rows } = await sql<{ left: boolean }>`
    select exists (
      select from fill_candidates join profiles on profiles.id = profile_id
      where publication_id = ${catalog.publicationId} and merged_into is null
    ) as left
  `.execute(tx);
  if (rows[0]?.left) return 0;
  await forgetAudiencesBut(
    tx,
    [...catalog.audiences.all, ...catalog.accounts.audiences.all].map(({ key }) => key),
  );
  await sql`delete from fill_candidates where publication_id = ${catalog.publicationId}`.execute(tx);
  await tx
    .updateTable('publications')
    .set({ filled_at: new Date(now) })
    .where('id', '=', catalog.publicationId)
    .execute();
  return 0;
}
