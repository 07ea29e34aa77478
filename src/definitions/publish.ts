/**
 * Puts a workspace in force: atomically, and without changing anything that was published before.
 * @module
 */
import { sql } from 'kysely';
import type { Journey } from '../core/journey.ts';
import { instantsOf, scheduleOf } from '../core/schedule.ts';
import { same } from '../core/test-value.ts';
import { jsonb } from '../store/columns.ts';
import type { Database, Queryable } from '../store/database.ts';
import { announce } from '../store/notify.ts';
import { namedAudiences } from './named-audiences.ts';
import { didYouMean } from './problems.ts';
import type { JourneyPolicy, JourneyVersion, Publication, Workspace } from './workspace-types.ts';

export interface PublishOptions {
  /**
   * Audiences whose present members start journeys now. Default none: a new or changed audience fills in silence, and
   * only later entries start journeys.
   */
  readonly enterExisting?: readonly string[] | 'all';
}

/** `enterExisting` names an audience that the workspace does not have. Nothing was published. */
export class UnknownAudienceError extends Error {
  override readonly name = 'UnknownAudienceError';

  constructor(
    readonly audience: string,
    known: readonly string[],
  ) {
    const fix = didYouMean(audience, known) ?? `It has ${known.length === 0 ? 'none' : known.join(', ')}.`;
    super(`The workspace has no audience \`${audience}\` whose members could enter. ${fix}`);
  }
}

/** The only time at which a journey would be entered is over. Nothing was published. */
export class PastScheduleError extends Error {
  override readonly name = 'PastScheduleError';

  constructor(
    readonly journey: string,
    readonly at: string,
  ) {
    super(
      `The journey \`${journey}\` is entered once, at ${at.replace('T', ' ')}, and that is over everywhere. Give it a later time, or take it out.`,
    );
  }
}

/** A run or a publication refers to a version that is not in the database. */
export class UnknownJourneyVersionError extends Error {
  override readonly name = 'UnknownJourneyVersionError';

  constructor(readonly hash: string) {
    super(`There is no published journey version ${hash}. Was the run started on another database?`);
  }
}

/** What a row of `publications` holds beside its own columns; journeys are by hash in `journey_versions`. */
type Stored = Omit<Workspace, 'hash' | 'journeys'> &
  Pick<Publication, 'audienceChangedIn' | 'enterExisting'> &
  // Publications of before there were syncs have none.
  Partial<Pick<Publication, 'syncAddedIn'>> & {
    readonly journeys: Readonly<Record<string, string>>;
    /** Of journeys of which anything is said. */
    readonly policies?: Readonly<Record<string, JourneyPolicy>>;
  };

const PUBLISHING = 'throughline publish';

/**
 * Publishes in one transaction; concurrent publishers wait for each other. A workspace that is in force already is left
 * as it is, and its publication returned.
 *
 * @param now when it comes into force
 * @throws {UnknownAudienceError} nothing is changed then
 * @throws {PastScheduleError} likewise
 */
export async function publish(
  db: Database,
  workspace: Workspace,
  now: Date,
  { enterExisting = [] }: PublishOptions = {},
): Promise<Publication> {
  const keys = Object.keys(workspace.audiences);
  const named = namedAudiences(workspace.audiences);
  const entering = enterExisting === 'all' ? named : [...new Set(enterExisting)];
  for (const key of entering) {
    if (!named.includes(key)) throw new UnknownAudienceError(key, named);
  }
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtext(current_schema()), hashtext(${PUBLISHING}))`.execute(trx);
    const current = await currentPublication(trx);
    if (current?.hash === workspace.hash) return current;

    expectTimesAhead(workspace, current, now);
    await keepVersions(trx, Object.values(workspace.journeys), now);
    const { id } = await trx
      .insertInto('publications')
      .values({ published_at: now, hash: workspace.hash, workspace: jsonb({}) })
      .returning('id')
      .executeTakeFirstOrThrow();
    const audienceChangedIn = Object.fromEntries(
      keys.map((key) => [key, unchangedSince(key, workspace, current) ?? id]),
    );
    const syncAddedIn = Object.fromEntries(
      Object.keys(workspace.syncs ?? {}).map((key) => [key, sameSyncSince(key, workspace, current) ?? id]),
    );
    const { hash, journeys, ...rest } = workspace;
    const stored: Stored = {
      ...rest,
      journeys: Object.fromEntries(Object.entries(journeys).map(([key, version]) => [key, version.hash])),
      policies: Object.fromEntries(
        Object.entries(journeys).flatMap(([key, { policy }]) => (policy === undefined ? [] : [[key, policy]])),
      ),
      audienceChangedIn,
      syncAddedIn,
      enterExisting: entering,
    };
    await trx
      .updateTable('publications')
      .set({ workspace: jsonb(stored) })
      .where('id', '=', id)
      .execute();
    await announce(trx, 'published');
    return { id, hash, publishedAt: now, workspace, audienceChangedIn, syncAddedIn, enterExisting: entering };
  });
}

/** The publication in force: the newest. Null before the first. */
export async function currentPublication(db: Queryable): Promise<Publication | null> {
  const row = await db.selectFrom('publications').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst();
  if (row === undefined) return null;
  const { journeys, policies, audienceChangedIn, syncAddedIn = {}, enterExisting, ...rest } = row.workspace as Stored;
  const versions = await versionsOf(db, journeys, policies);
  const workspace: Workspace = { ...rest, hash: row.hash, journeys: versions };
  const { id, hash, published_at: publishedAt } = row;
  return { id, hash, publishedAt, workspace, audienceChangedIn, syncAddedIn, enterExisting };
}

/**
 * The journey as it was published under this hash. It never changes, so callers may keep it for ever.
 * @throws {UnknownJourneyVersionError}
 */
export async function loadJourneyVersion(db: Queryable, hash: string): Promise<Journey> {
  const row = await db.selectFrom('journey_versions').select('body').where('hash', '=', hash).executeTakeFirst();
  if (row === undefined) throw new UnknownJourneyVersionError(hash);
  return row.body;
}

/** Every journey of accounts that was ever published. */
export async function loadVersionsOfAccounts(db: Queryable): Promise<Journey[]> {
  const rows = await db
    .selectFrom('journey_versions')
    .select('body')
    .where(sql<boolean>`body ->> 'of' = 'account'`)
    .execute();
  return rows.map(({ body }) => body);
}

/** What was published before may be over meanwhile. */
function expectTimesAhead({ journeys }: Workspace, before: Publication | null, now: Date): void {
  for (const [key, { journey }] of Object.entries(journeys)) {
    const schedule = scheduleOf(journey);
    if (schedule === undefined || !('at' in schedule.when)) continue;
    const { at } = schedule.when;
    const was = before?.workspace.journeys[key]?.journey;
    const wasSo = was !== undefined && same(scheduleOf(was)?.when ?? null, schedule.when);
    const last = instantsOf(schedule, at).at(-1) ?? 0;
    if (!wasSo && last <= now.getTime()) throw new PastScheduleError(key, at);
  }
}

async function keepVersions(db: Queryable, versions: readonly JourneyVersion[], now: Date): Promise<void> {
  if (versions.length === 0) return;
  await db
    .insertInto('journey_versions')
    .values(
      versions.map(({ hash, journey }) => ({ hash, key: journey.key, body: jsonb(journey), first_published_at: now })),
    )
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute();
}

async function versionsOf(
  db: Queryable,
  journeys: Readonly<Record<string, string>>,
  policies: Readonly<Record<string, JourneyPolicy>> = {},
): Promise<Record<string, JourneyVersion>> {
  const hashes = Object.values(journeys);
  if (hashes.length === 0) return {};
  const rows = await db.selectFrom('journey_versions').select(['hash', 'body']).where('hash', 'in', hashes).execute();
  const bodies = new Map(rows.map((row) => [row.hash, row.body]));
  return Object.fromEntries(
    Object.entries(journeys).map(([key, hash]) => {
      const journey = bodies.get(hash);
      if (journey === undefined) throw new UnknownJourneyVersionError(hash);
      const policy = policies[key];
      return [key, { hash, journey, ...(policy !== undefined && { policy }) }];
    }),
  );
}

function sameSyncSince(sync: string, workspace: Workspace, before: Publication | null): number | undefined {
  const was = before?.workspace.syncs?.[sync];
  return was?.audience === workspace.syncs?.[sync]?.audience ? before?.syncAddedIn[sync] : undefined;
}

function unchangedSince(audience: string, workspace: Workspace, before: Publication | null): number | undefined {
  if (before?.workspace.audiences[audience]?.hash !== workspace.audiences[audience]?.hash) return undefined;
  return before?.audienceChangedIn[audience];
}
