/**
 * What a bench is: a name on the command line, numbers one may change, and a run that ends in figures.
 * @module
 */
import type { Figure } from './figures.ts';

export interface BenchContext<Setting extends string = string> {
  /** The bench's settings, as given on the command line or by default. */
  readonly settings: Readonly<Record<Setting, number>>;
  /** Folder for a CPU profile of the engine; absent: none is taken. */
  readonly profileTo?: string;
  /** Says what is going on, on the standard error. */
  readonly say: (line: string) => void;
}

export interface BenchOutcome {
  readonly figures: readonly Figure[];
  /** What one has to know to read the figures. */
  readonly notes: readonly string[];
}

export interface Bench<Setting extends string = string> {
  /** One line: what is shown. */
  readonly summary: string;
  readonly settings: Readonly<Record<Setting, { readonly byDefault: number; readonly about: string }>>;
  run(context: BenchContext<Setting>): Promise<BenchOutcome>;
}

/** Keeps the names of a bench's settings, so that its run can name them. */
export function defineBench<Setting extends string>(bench: Bench<Setting>): Bench<Setting> {
  return bench;
}
