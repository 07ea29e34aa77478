/**
 * Two groups of people held against each other: how many of each converted and came back, and how sure the difference is.
 * @module
 */
import { type Difference, differenceOfShares } from './difference.ts';

export interface Group {
  readonly people: number;
  readonly converted: number;
  readonly retained: number;
}

export interface Comparison {
  /** Shares in [0, 1]; null where the group is empty. */
  readonly matched: number | null;
  readonly others: number | null;
  /** Matched less others; null where one of them is empty. */
  readonly difference: Difference | null;
  /** The interval does not hold 0. */
  readonly isSure: boolean;
}

export function compareGroups(matched: Group, others: Group): Record<'conversion' | 'retention', Comparison> {
  return {
    conversion: compare([matched.people, matched.converted], [others.people, others.converted]),
    retention: compare([matched.people, matched.retained], [others.people, others.retained]),
  };
}

function compare(matched: readonly [number, number], others: readonly [number, number]): Comparison {
  const [a, b] = [matched, others].map(([of = 0, converted = 0]) => ({ of, converted }));
  const difference = a === undefined || b === undefined ? null : differenceOfShares(a, b);
  return {
    matched: shareOf(matched),
    others: shareOf(others),
    difference,
    isSure: difference !== null && (difference.low > 0 || difference.high < 0),
  };
}

function shareOf([of, count]: readonly [number, number]): number | null {
  return of === 0 ? null : count / of;
}
