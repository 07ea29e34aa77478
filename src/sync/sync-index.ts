/**
 * Which syncs tell of an audience: built once for a publication.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { expressionsIn, type SyncDefinition } from '../definitions/sync-types.ts';
import type { Publication } from '../definitions/workspace-types.ts';

export interface IndexedSync extends SyncDefinition {
  /** The publication since which it tells of its audience. */
  readonly addedIn: number;
}

export interface SyncIndex {
  readonly all: readonly IndexedSync[];
  of(audience: string): readonly IndexedSync[];
  /** Conditions that ask for whatever the fields of all syncs are made of, so that it is loaded with a person. */
  readonly asks: readonly Condition[];
}

export function indexSyncs({
  workspace: { syncs = {} },
  syncAddedIn,
}: Pick<Publication, 'workspace' | 'syncAddedIn'>): SyncIndex {
  const all = Object.values(syncs).map((sync) => ({ ...sync, addedIn: syncAddedIn[sync.key] ?? 0 }));
  const byAudience = new Map<string, IndexedSync[]>();
  for (const sync of all) byAudience.set(sync.audience, [...(byAudience.get(sync.audience) ?? []), sync]);
  return {
    all,
    of: (audience) => byAudience.get(audience) ?? [],
    asks: all
      .flatMap(expressionsIn)
      .map((of): Condition => ({ kind: 'value', of, test: { op: 'exists', value: true } })),
  };
}
