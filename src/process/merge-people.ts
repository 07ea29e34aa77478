/**
 * Two profiles turn out to be one person: their histories join, memberships are worked out anew, and of two runs of the
 * same journey the one of the known person goes on.
 * @module
 */
import { reevaluate } from '../audiences/membership.ts';
import type { Instant } from '../core/time.ts';
import type { ProfileRef } from '../profiles/identity.ts';
import { mergeProfiles } from '../profiles/merge.ts';
import { moveRuns } from '../runs/move-runs.ts';
import type { Queryable } from '../store/database.ts';
import { type Applying, follow } from './apply.ts';
import { loadPeople, savePeople } from './person.ts';

/** Memberships that only the joint history brings start journeys like any other entry. */
export async function mergePeople(
  tx: Queryable,
  from: ProfileRef,
  into: ProfileRef,
  at: Instant,
  applying: Applying,
  now: Instant,
): Promise<void> {
  await mergeProfiles(tx, from.id, into.id);
  await moveRuns(tx, from.id, into.id, at, now);
  await tx.deleteFrom('audience_states').where('profile_id', '=', from.id).execute();
  const people = await loadPeople(tx, applying.catalog, applying.versions, [into.id], at);
  for (const person of people.values()) {
    const since = Math.max(at, person.appliedAt);
    person.appliedAt = since;
    person.filledTo = applying.catalog.publicationId;
    const all = applying.catalog.audiences.all.map(({ key }) => key);
    follow(person, reevaluate(applying.catalog.audiences, person, all, since, 'merge'), {}, since, applying);
  }
  await savePeople(tx, people.values(), now);
}
