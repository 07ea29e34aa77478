/**
 * Which audiences an event, a trait or another audience can touch: built once from the definitions, never a scan.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { type Interest, interestOf, type Touch } from '../core/interest.ts';

export interface IndexedAudience {
  readonly key: string;
  readonly condition: Condition;
  readonly interest: Interest;
  /** Audiences it refers to have a lower rank, so that going by rank each is evaluated once. */
  readonly rank: number;
  /** The publication that brought this definition. */
  readonly changedIn: number;
}

export interface AudienceIndex {
  /** By rank. */
  readonly all: readonly IndexedAudience[];
  get(key: string): IndexedAudience | undefined;
  touchedBy(touch: Touch): ReadonlySet<string>;
  /** Audiences that refer to this one. */
  dependentsOf(key: string): readonly string[];
}

/** @param definitions free of cycles, which validation sees to */
export function indexAudiences(
  definitions: Iterable<{ readonly key: string; readonly condition: Condition }>,
  changedIn: Readonly<Record<string, number>>,
): AudienceIndex {
  const interests = new Map<string, { condition: Condition; interest: Interest }>();
  for (const { key, condition } of definitions) interests.set(key, { condition, interest: interestOf(condition) });

  const ranks = new Map<string, number>();
  const rankOf = (key: string): number => {
    const known = ranks.get(key);
    if (known !== undefined) return known;
    const below = [...(interests.get(key)?.interest.audiences ?? [])].filter((other) => interests.has(other));
    const rank = below.length === 0 ? 0 : 1 + Math.max(...below.map(rankOf));
    ranks.set(key, rank);
    return rank;
  };

  const all = [...interests]
    .map(([key, { condition, interest }]) => ({
      key,
      condition,
      interest,
      rank: rankOf(key),
      changedIn: changedIn[key] ?? 0,
    }))
    .sort((a, b) => a.rank - b.rank || (a.key < b.key ? -1 : 1));
  const byKey = new Map(all.map((audience) => [audience.key, audience]));
  const byEvent = groupKeys(all, ({ interest }) => interest.events);
  const byTrait = groupKeys(all, ({ interest }) => interest.traits);
  const byAudience = groupKeys(all, ({ interest }) => interest.audiences);
  const byRelated = groupKeys(all, ({ interest }) => interest.related);

  return {
    all,
    get: (key) => byKey.get(key),
    touchedBy: ({ event, traits = [], related = [] }) => {
      const touched = new Set<string>();
      if (event !== undefined) {
        for (const key of byEvent.get(event.name) ?? []) touched.add(key);
        if (!event.byEngine) for (const key of byEvent.get('*') ?? []) touched.add(key);
      }
      for (const trait of traits) for (const key of byTrait.get(trait) ?? []) touched.add(key);
      for (const one of related) for (const key of byRelated.get(one) ?? []) touched.add(key);
      return touched;
    },
    dependentsOf: (key) => byAudience.get(key) ?? [],
  };
}

function groupKeys(
  audiences: readonly IndexedAudience[],
  by: (audience: IndexedAudience) => Iterable<string>,
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const audience of audiences) {
    for (const name of by(audience)) {
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [audience.key]);
      else group.push(audience.key);
    }
  }
  return groups;
}
