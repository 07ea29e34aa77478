/**
 * Two profiles turn out to be one person: their histories join, memberships are worked out anew, and of two runs of the
 * same journey the survivor's goes on.
 * @module
 */
import { sql } from 'kysely';
import { type Change, reevaluate } from '../audiences/membership.ts';
import { loadMemberships, logChanges } from '../audiences/states.ts';
import type { Instant } from '../core/time.ts';
import { moveEvents } from '../ingest/move-events.ts';
import type { ProfileRef } from '../profiles/identity.ts';
import { lockForMerge, type MergeAsked, mergeProfiles } from '../profiles/merge.ts';
import { logMerge, sideBefore } from '../profiles/merge-log.ts';
import { moveRuns } from '../runs/move-runs.ts';
import { moveSuppressions, standingWishes } from '../runs/suppression.ts';
import { moveWaitingEntries } from '../runs/waiting-entries.ts';
import type { Queryable } from '../store/database.ts';
import { type Applying, applyDue, bringUpToDate, follow } from './apply.ts';
import { keepOneOfEachGroup } from './entries.ts';
import { loadProfiles, type Profile, saveProfiles } from './profile.ts';
import { beforeItGoes, tellExits } from './tell-exits.ts';
import { mergesToTell, tellRelatives } from './tell-relatives.ts';

/** The call that says so. */
export interface MergeCause {
  readonly messageId: string;
  readonly at: Instant;
  /** History that was imported: no journey starts. */
  readonly silent: boolean;
}

/**
 * Makes `from` and `into` one, unless one of them has become another meanwhile. An audience that only the joint history
 * brings, or that it takes `into` out of, starts journeys like any other; one that either was in already starts none.
 */
export async function mergePeople(
  tx: Queryable,
  { from, into, fromNamed, intoNamed }: MergeAsked<ProfileRef>,
  { messageId, at, silent }: MergeCause,
  applying: Applying,
  now: Instant,
): Promise<void> {
  if (!(await lockForMerge(tx, from.id, into.id))) return;
  await catchUp(tx, [from.id, into.id], at, applying, now);

  const unwanted = await standingWishes(tx, [from.id, into.id]);
  const before = {
    from: await sideBefore(tx, from.id, unwanted.get(from.id) ?? new Map()),
    into: await sideBefore(tx, into.id, unwanted.get(into.id) ?? new Map()),
  };
  const memberships = (await loadMemberships(tx, [from.id])).get(from.id) ?? new Map();
  const leaver = await beforeItGoes(tx, applying, from.id, at);
  const moved = {
    ...(await mergeProfiles(tx, from.id, into.id)),
    events: await moveEvents(tx, from.id, into.id),
    ...(await moveRuns(tx, from.id, into.id, at, now)),
  };
  await moveWaitingEntries(tx, from.id, into.id);
  await moveSuppressions(tx, from.id, into.id);
  await tx.deleteFrom('audience_states').where('profile_id', '=', from.id).execute();
  await logMerge(tx, {
    ...{ fromId: from.id, intoId: into.id, fromNamed: fromNamed ?? from.id, intoNamed: intoNamed ?? into.id },
    ...{ messageId, at, now, before, moved },
  });

  const people = await loadProfiles(tx, applying.catalog, applying.versions, [into.id], at);
  for (const person of people.values()) {
    const since = Math.max(at, person.appliedAt);
    const exits = exitsOf(from.id, memberships, since, applying);
    await tellExits(tx, applying.catalog.syncs, leaver, exits, await logChanges(tx, exits, now), now);
    joinHistories(person, memberships, since, silent, applying);
  }
  await saveProfiles(tx, applying.catalog, people.values(), now);
  await tellRelatives(tx, mergesToTell(people.values(), applying.catalog, silent ? 'nobody' : 'everybody'), now);
}

/** Applies what fell due to these people before `at`, each for itself: it happened before they were one. */
export async function catchUp(
  tx: Queryable,
  ids: readonly number[],
  at: Instant,
  applying: Applying,
  now: Instant,
): Promise<void> {
  const { catalog, versions } = applying;
  const { rows } = await sql<{ id: number }>`
    select id from profiles p where id = any(${ids}) and filled_to > 0 and (
      filled_to < ${catalog.publicationId}
      or exists (select 1 from audience_states s where s.profile_id = p.id and s.due_at < ${new Date(at)})
      or exists (select 1 from runs r where r.profile_id = p.id and r.status = 'active' and r.due_at < ${new Date(at)}))
  `.execute(tx);
  if (rows.length === 0) return;
  const behind = rows.map(({ id }) => id);
  const people = await loadProfiles(tx, catalog, versions, behind, Math.min(at, catalog.publishedAt));
  for (const person of people.values()) {
    bringUpToDate(person, at, applying);
    applyDue(person, at, applying, 'before');
  }
  await saveProfiles(tx, applying.catalog, people.values(), now);
}

type Memberships = Profile['memberships'];

/** Evaluates everything over the joint history, which may also end or wake any run. */
function joinHistories(person: Profile, others: Memberships, at: Instant, silent: boolean, applying: Applying): void {
  const { audiences, publicationId } = applying.catalog;
  person.appliedAt = at;
  person.filledTo = publicationId;
  const all = audiences.all.map(({ key }) => key);
  const changes = reevaluate(audiences, person, all, at, 'merge');
  const starting = silent ? [] : changes.filter(({ audience, entered }) => !entered || !others.get(audience)?.member);
  for (const { audience } of changes) {
    const [own, other] = [person.memberships.get(audience), others.get(audience)];
    if (own?.member && other?.member) own.since = Math.min(own.since, other.since);
  }
  for (const run of person.runs.values()) if (run.status === 'active') run.dueAt = at;
  const quiet = silent ? ({ entering: 'nobody' } as const) : {};
  person.changes.push(...changes.flatMap((change) => (starting.includes(change) ? [] : [{ ...change, ...quiet }])));
  keepOneOfEachGroup(person, at, applying);
  follow(person, starting, {}, at, applying);
}

/** The profile that goes is in no audience any more, for whoever follows entries and exits. */
function exitsOf(
  profileId: number,
  memberships: Memberships,
  at: Instant,
  { catalog }: Applying,
): (Change & { readonly profileId: number })[] {
  return catalog.audiences.all
    .filter(({ key }) => memberships.get(key)?.member)
    .map(({ key, condition }) => ({
      profileId,
      audience: key,
      entered: false,
      at,
      cause: 'merge' as const,
      because: { clause: condition, holds: false, until: null },
    }));
}
