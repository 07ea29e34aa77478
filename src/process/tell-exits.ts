/**
 * What other systems are told of a profile that becomes part of another one: it leaves its audiences.
 * @module
 */
import { audiencesOf, type Change } from '../audiences/membership.ts';
import type { Instant } from '../core/time.ts';
import { namesOf } from '../profiles/find.ts';
import type { Queryable } from '../store/database.ts';
import { queueChanges } from '../sync/queue.ts';
import type { SyncIndex } from '../sync/sync-index.ts';
import { type ToldPerson, tellChange } from '../sync/told-changes.ts';
import type { Applying } from './apply.ts';
import { loadProfiles } from './profile.ts';
import { personAsOf } from './tell-syncs.ts';

/**
 * What has to be known of a profile that is about to become part of another one, to tell of its exits; null where nobody
 * wants to hear of them.
 */
export async function beforeItGoes(
  db: Queryable,
  { catalog, versions }: Applying,
  profileId: number,
  at: Instant,
): Promise<ToldPerson | null> {
  const { syncs } = catalog;
  if (syncs === undefined || syncs.all.length === 0) return null;
  const person = (await loadProfiles(db, catalog, versions, [profileId], at)).get(profileId);
  if (person === undefined) return null;
  const audiences = audiencesOf(person);
  if (![...audiences].some((audience) => syncs.of(audience).some(({ onExit }) => onExit !== null))) return null;
  const names = await namesOf(db, [profileId]);
  return { ...personAsOf(person, person.traits, audiences), anonymousId: names.get(profileId)?.anonymousId ?? null };
}

/** Tells of the exits of a profile that has gone. */
export async function tellExits(
  db: Queryable,
  syncs: SyncIndex | undefined,
  leaver: ToldPerson | null,
  exits: readonly (Change & { readonly profileId: number })[],
  changeIds: readonly number[],
  now: Instant,
): Promise<void> {
  if (syncs === undefined || leaver === null) return;
  const told = exits.flatMap((change, index) =>
    tellChange(syncs, { ...change, index }, leaver).map((one) => ({
      ...one,
      profileId: change.profileId,
      changeId: changeIds[index] ?? null,
    })),
  );
  await queueChanges(db, told, now);
}
