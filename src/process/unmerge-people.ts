/**
 * Undoing a merge: one person becomes two again. What each of them is in is worked out anew and in silence: nobody enters
 * a journey by it, runs under way go on, and runs that the merge ended stay ended.
 * @module
 */
import { sql } from 'kysely';
import { reevaluate } from '../audiences/membership.ts';
import type { Instant } from '../core/time.ts';
import { appendEvents } from '../ingest/event-log.ts';
import { returnEvents } from '../ingest/move-events.ts';
import { namesOf, type PersonName } from '../profiles/find.ts';
import type { MergeRecord } from '../profiles/merge-log.ts';
import { type Parting, partProfiles, planUnmerge, refusalsOfEach, UnmergeError } from '../profiles/unmerge.ts';
import { returnRuns } from '../runs/move-runs.ts';
import { partSuppressions, standingWishes } from '../runs/suppression.ts';
import { factsOfRun, watchUntil } from '../runs/watch.ts';
import type { Queryable } from '../store/database.ts';
import type { Applying } from './apply.ts';
import { catchUp } from './merge-people.ts';
import { holdLanes, type Processing } from './process-lane.ts';
import { loadProfiles, type Profile, saveProfiles } from './profile.ts';
import { mergesToTell, tellRelatives } from './tell-relatives.ts';

/** What an undo did, or would do. */
export interface Unmerged {
  readonly merge: number;
  readonly dryRun: boolean;
  /** Whom later events of the ids that stay resolve to. */
  readonly stays: PersonName;
  readonly comesBack: PersonName;
  /** What went back. */
  readonly identities: MergeRecord['moved']['identities'];
  readonly accounts: readonly string[];
  readonly events: number;
  readonly runs: readonly string[];
  /** Runs that the merge had ended; they stay so. */
  readonly stayEnded: MergeRecord['moved']['ended'];
}

export type Unmerging = Pick<Processing, 'db' | 'clock' | 'catalogs'>;

export interface UnmergeAsked {
  readonly merge: number;
  /** Somebody who has to be a party to it. */
  readonly person?: number;
  /** Does it all, says what came of it, and takes it back. */
  readonly dryRun: boolean;
}

/**
 * Undoes one merge. Merges that came after it stay in force.
 * @throws {UnmergeError} there is no such merge, it is not this person's, or it is undone already
 */
export async function unmergePeople(asked: UnmergeAsked, processing: Unmerging): Promise<Unmerged> {
  try {
    return await processing.db.transaction().execute(async (tx) => {
      const unmerged = await unmerge(tx, asked, processing);
      if (asked.dryRun) throw new DryRun(unmerged);
      return unmerged;
    });
  } catch (error) {
    if (error instanceof DryRun) return error.unmerged;
    throw error;
  }
}

/** Takes back what was only tried. */
class DryRun extends Error {
  override readonly name = 'DryRun';

  constructor(readonly unmerged: Unmerged) {
    super('This was only tried');
  }
}

async function unmerge(tx: Queryable, asked: UnmergeAsked, { clock, catalogs }: Unmerging): Promise<Unmerged> {
  await holdLanes(tx);
  const catalog = await catalogs.current(tx);
  const now = clock.now();
  const parting = await planUnmerge(tx, asked.merge);
  if (asked.person !== undefined && asked.person !== parting.stays)
    throw new UnmergeError('not-found', `Merge ${asked.merge} is not this person's`);
  const { merge, stays, goes, going } = parting;
  const applying: Applying | null = catalog === null ? null : { catalog, versions: catalogs.versions };
  const at = await knownUpTo(tx, now);
  if (applying !== null) await catchUp(tx, [stays], at, applying, now);

  const { identities, accounts } = await partProfiles(tx, parting, now);
  const { runs, messages } = await returnRuns(tx, stays, goes, [...going]);
  const events = await returnEvents(tx, stays, goes, [...going], messages);
  await partRefusals(tx, parting);
  if (applying !== null) await lookAnew(tx, parting, at, applying, now);
  await note(tx, parting, now);

  const names = await namesOf(tx, [stays, goes, ...accounts]);
  const nameOf = (id: number): PersonName => names.get(id) ?? { userId: null, anonymousId: null };
  return {
    ...{ merge: merge.id, dryRun: asked.dryRun, stays: nameOf(stays), comesBack: nameOf(goes) },
    ...{ identities, accounts: accounts.map((id) => nameOf(id).userId ?? String(id)).sort(), events, runs },
    stayEnded: merge.moved.ended,
  };
}

/** Events that wait may be earlier than now, and have to find things as they were then. */
async function knownUpTo(tx: Queryable, now: Instant): Promise<Instant> {
  const { rows } = await sql<{ at: Date | null }>`select min(occurred_at) as at from inbox`.execute(tx);
  return Math.min(now, rows[0]?.at?.getTime() ?? now);
}

async function partRefusals(tx: Queryable, parting: Parting): Promise<void> {
  const refused = (await standingWishes(tx, [parting.stays])).get(parting.stays) ?? new Map();
  await partSuppressions(tx, parting.stays, parting.goes, refusalsOfEach(parting, refused));
}

async function lookAnew(
  tx: Queryable,
  { stays, goes }: Parting,
  at: Instant,
  applying: Applying,
  now: Instant,
): Promise<void> {
  const { audiences, publicationId } = applying.catalog;
  const people = await loadProfiles(tx, applying.catalog, applying.versions, [stays, goes], at);
  for (const person of people.values()) {
    person.appliedAt = Math.max(at, person.appliedAt);
    person.filledTo = publicationId;
    const all = audiences.all.map(({ key }) => key);
    const changes = reevaluate(audiences, person, all, person.appliedAt, 'merge');
    person.changes.push(...changes.map((change) => ({ ...change, entering: 'nobody' as const })));
    watchAnew(person, applying);
  }
  await saveProfiles(tx, applying.catalog, people.values(), now);
  await tellRelatives(tx, mergesToTell(people.values(), applying.catalog, 'nobody'), now);
}

/** Runs under way are looked at again when time alone could concern them, by what is left to their person. */
function watchAnew(person: Profile, { versions }: Applying): void {
  for (const run of person.runs.values()) {
    if (run.status !== 'active') continue;
    const { journey } = versions.get(run.version);
    const facts = {
      traits: person.traits,
      events: person.events,
      audiences: new Set([...person.memberships].filter(([, { member }]) => member).map(([key]) => key)),
    };
    run.dueAt = watchUntil(run, journey, factsOfRun(facts, run), person.appliedAt);
    person.runChanges.watched.add(run);
  }
}

/** An event of the engine's own in both histories. */
async function note(tx: Queryable, { merge, stays, goes }: Parting, now: Instant): Promise<void> {
  const at = new Date(now).toISOString();
  await appendEvents(
    tx,
    [stays, goes].map((profileId) => ({
      profileId,
      name: 'Merge Undone',
      type: 'track' as const,
      byEngine: true,
      at: now,
      receivedAt: at,
      messageId: `merge/${merge.id}/undone/${profileId}`,
      properties: { merge: merge.id, cause: merge.messageId },
      context: {},
    })),
  );
}
