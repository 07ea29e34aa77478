/**
 * Figures with their targets: the table for people, the line for machines, and whether the targets hold.
 * @module
 */
import Table from 'cli-table3';

export type Target =
  | { readonly atMost: number }
  | { readonly atLeast: number }
  | { readonly below: number }
  | { readonly exactly: number };

export interface Figure {
  /** For machines, in camelCase. */
  readonly key: string;
  /** For people. */
  readonly label: string;
  readonly value: number;
  readonly unit?: string;
  readonly target?: Target;
}

/** The contract's object: `npm run bench NAME -- --json` prints it as its last line. */
export interface BenchReport {
  readonly bench: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly targets: Readonly<Record<string, Target>>;
  readonly held: boolean;
}

export function reportOf(bench: string, figures: readonly Figure[]): BenchReport {
  return {
    bench,
    figures: Object.fromEntries(figures.map(({ key, value }) => [key, rounded(value)])),
    targets: Object.fromEntries(figures.flatMap(({ key, target }) => (target === undefined ? [] : [[key, target]]))),
    held: figures.every(isHeld),
  };
}

/** A figure without a target holds; one that is not a number never does. */
export function isHeld({ value, target }: Figure): boolean {
  if (Number.isNaN(value)) return false;
  if (target === undefined) return true;
  if ('atMost' in target) return value <= target.atMost;
  if ('atLeast' in target) return value >= target.atLeast;
  if ('below' in target) return value < target.below;
  return value === target.exactly;
}

export function tableOf(figures: readonly Figure[]): string {
  const table = new Table({
    head: ['', 'measured', 'must be', ''],
    colAligns: ['left', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const figure of figures) {
    const { label, value, unit = '', target } = figure;
    const verdict = target === undefined ? '' : isHeld(figure) ? 'held' : 'BROKEN';
    table.push([label, `${shown(value)} ${unit}`.trim(), target === undefined ? '' : targetText(target), verdict]);
  }
  return table.toString();
}

/** The middle one; of an even number, the mean of the middle two. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [upper, lower] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle) - 1]];
  return upper === undefined || lower === undefined ? Number.NaN : (upper + lower) / 2;
}

/** The smallest value that at least this share of the values does not exceed. NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function targetText(target: Target): string {
  if ('atMost' in target) return `at most ${target.atMost}`;
  if ('atLeast' in target) return `at least ${target.atLeast}`;
  if ('below' in target) return `below ${target.below}`;
  return String(target.exactly);
}

function shown(value: number): string {
  return rounded(value).toLocaleString('en-US', { maximumFractionDigits: 3 });
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
