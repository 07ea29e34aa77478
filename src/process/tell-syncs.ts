/**
 * What other systems are told of people: each change of an audience that a sync is about, and what a person was in already when
 * the sync came.
 * @module
 */
import { audiencesOf, type Change, type Subject } from '../audiences/membership.ts';
import type { JsonObject } from '../core/condition.ts';
import type { Related } from '../core/facts.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import { queueChanges } from '../sync/queue.ts';
import type { SyncIndex } from '../sync/sync-index.ts';
import { type ToldChange, type ToldPerson, tellChange, tellMembers } from '../sync/told-changes.ts';

export interface Telling extends Subject {
  readonly id: number;
  readonly userId: string | null;
  readonly appliedAt: Instant;
  readonly filledTo: number;
  /** `filledTo` as it was read; absent or 0 for somebody new. */
  readonly filledBefore?: number;
  readonly changes: readonly Change[];
  readonly related?: Related;
}

/**
 * Queues it, to be committed with the changes.
 * @param changeIds of the log's rows: those of all people's changes, one after the other
 */
export async function tellSyncs(
  db: Queryable,
  syncs: SyncIndex | undefined,
  people: readonly Telling[],
  changeIds: readonly number[],
  now: Instant,
): Promise<void> {
  if (syncs === undefined || syncs.all.length === 0) return;
  let logged = 0;
  const told = people.flatMap((person) => {
    const ids = changeIds.slice(logged, logged + person.changes.length);
    logged += ids.length;
    return toldOf(person, syncs).map(({ change, ...rest }) => ({
      ...rest,
      profileId: person.id,
      changeId: change === null ? null : (ids[change] ?? null),
    }));
  });
  await queueChanges(db, told, now);
}

function toldOf(person: Telling, syncs: SyncIndex): readonly ToldChange[] {
  const { filledBefore = 0, filledTo, appliedAt, changes, memberships } = person;
  const audiences = audiencesOf(person);
  const changed = changes.flatMap((change, index) =>
    tellChange(syncs, { ...change, index }, personAsOf(person, change.traits ?? person.traits, audiences)),
  );
  if (filledBefore === 0 || filledBefore === filledTo) return changed;
  const standing = [...audiences].flatMap((audience) => {
    const since = memberships.get(audience)?.since;
    return since === undefined || changes.some((change) => change.audience === audience) ? [] : [{ audience, since }];
  });
  const asNow = personAsOf(person, person.traits, audiences);
  return [...changed, ...tellMembers(syncs, filledBefore, standing, appliedAt, asNow)];
}

/** @param traits as of the instant in question, those of the account beside the person's own */
export function personAsOf(person: Telling, traits: JsonObject, audiences: ReadonlySet<string>): ToldPerson {
  const { account, ...own } = traits;
  const hasAccount = typeof account === 'object' && account !== null && !Array.isArray(account);
  return {
    userId: person.userId,
    traits: hasAccount ? own : traits,
    account: hasAccount ? (account as JsonObject) : undefined,
    facts: {
      traits,
      events: person.events,
      audiences,
      ...(person.related !== undefined && { related: person.related }),
    },
  };
}
