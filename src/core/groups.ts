/**
 * Exclusive groups: of the journeys of a group, a person is in one at a time.
 * @module
 */
import type { JsonObject } from './condition.ts';
import type { Group, Journey } from './journey.ts';

type Grouped = Pick<Journey, 'key' | 'priority' | 'group'>;

/** What becomes of an entry that nothing else is in the way of. */
export type GroupVerdict<Run> =
  /** After `evicts` have ended, for this reason. */
  | { readonly kind: 'enters'; readonly evicts: readonly Run[]; readonly reason: string }
  | { readonly kind: 'waits' | 'yields'; readonly reason: string };

/**
 * What the rules of its group say of a journey that a person is about to enter. Of equals the one that came first is
 * treated as the higher.
 *
 * @param underWay the person's runs, each with its journey as it is in force
 */
export function groupVerdict<Run extends { readonly journey: Grouped }>(
  journey: Grouped,
  underWay: readonly Run[],
): GroupVerdict<Run> {
  const { group } = journey;
  const rivals = group === undefined ? [] : underWay.filter((run) => areRivals(journey, run.journey));
  const [highest] = [...rivals].sort((a, b) => b.journey.priority - a.journey.priority);
  if (group === undefined || highest === undefined) return { kind: 'enters', evicts: [], reason: '' };
  const rule = journey.priority > highest.journey.priority ? group.higher : group.lower;
  const which = `\`${highest.journey.key}\` of the group \`${group.key}\``;
  switch (rule) {
    case 'evicts':
      return {
        kind: 'enters',
        evicts: rivals,
        reason: `\`${journey.key}\` of the group \`${group.key}\` took its place`,
      };
    case 'waits':
      return { kind: 'waits', reason: `waits for the end of ${which}` };
    case 'yields':
      return { kind: 'yields', reason: `${which} is under way` };
  }
}

/** Journeys of which a person cannot be in both. */
export function areRivals(one: Grouped, other: Grouped): boolean {
  return one.group !== undefined && one.group.key === other.group?.key && one.key !== other.key;
}

/** Can an entry into a journey of this group have to wait? */
export function mayWait(group: Group | undefined): boolean {
  return group?.higher === 'waits' || group?.lower === 'waits';
}

/** Why somebody who waited to enter does not qualify any more; null: still does. */
export function lapsed({ by, audience }: JsonObject, audiences: ReadonlySet<string>): string | null {
  if (typeof audience !== 'string') return null;
  if (by === 'leaving') return audiences.has(audience) ? `waited, and is in the audience \`${audience}\` again` : null;
  return audiences.has(audience) ? null : `waited, and is not in the audience \`${audience}\` any more`;
}
