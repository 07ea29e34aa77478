/**
 * What the engine did under the demo's clock, against a backtest of the same events: entries have to be equal, and whatever
 * else differs has to have a cause in that clock. It runs so fast that a step comes hours late in the shop's time. The run
 * goes by the instant that the step was meant for; what had happened in the meantime, it cannot undo.
 * @module
 */
import type { LogEntry } from '../core/run.ts';
import type { Instant } from '../core/time.ts';

/** A run as the engine recorded it, or as the backtest says. */
export interface ComparedRun {
  readonly person: string;
  readonly journey: string;
  readonly visit: number;
  readonly enteredAt: Instant;
  readonly heldOut: boolean;
  readonly log: readonly LogEntry[];
}

export const CAUSES = {
  ended: 'the run had ended before a late step came',
  cap: 'a cap counted messages that came late',
  woken: 'what a wait was for was seen at another moment',
  asked: 'a branch came late, and an audience was another by then',
  time: 'a step came so late that the run went by the clock',
  stopped: 'the clock stopped before the step came',
  unknown: 'no cause was found',
} as const;
export type Cause = keyof typeof CAUSES;

export interface Agreement {
  /** Entries that the backtest finds. */
  readonly entries: number;
  /** Entries that only one of the two has, or has on another side of the hold-out. */
  readonly onlyBacktest: readonly ComparedRun[];
  readonly onlyEngine: readonly ComparedRun[];
  /** Runs that went alike to the last step. */
  readonly alike: number;
  /** The others, by cause. */
  readonly different: Readonly<Partial<Record<Cause, number>>>;
  /** Those of them with no cause in the clock. */
  readonly unexplained: readonly ComparedRun[];
  /** Are entries equal? */
  readonly held: boolean;
}

export function compareRuns(backtest: readonly ComparedRun[], engine: readonly ComparedRun[]): Agreement {
  const tested = new Map(backtest.map((run) => [keyOf(run), run]));
  const recorded = new Map(engine.map((run) => [keyOf(run), run]));
  const different: Partial<Record<Cause, number>> = {};
  const unexplained: ComparedRun[] = [];
  let alike = 0;
  for (const [key, run] of recorded) {
    const other = tested.get(key);
    if (other === undefined) continue;
    const cause = causeOf(run.log, other.log);
    if (cause === null) alike += 1;
    else different[cause] = (different[cause] ?? 0) + 1;
    if (cause === 'unknown') unexplained.push(run);
  }
  const onlyBacktest = backtest.filter((run) => !recorded.has(keyOf(run)));
  const onlyEngine = engine.filter((run) => !tested.has(keyOf(run)));
  const held = onlyBacktest.length === 0 && onlyEngine.length === 0;
  return { entries: tested.size, onlyBacktest, onlyEngine, alike, different, unexplained, held };
}

/** Why the two part where they part first; null: they do not. */
function causeOf(engine: readonly LogEntry[], backtest: readonly LogEntry[]): Cause | null {
  const length = Math.max(engine.length, backtest.length);
  for (let place = 0; place < length; place += 1) {
    const [real, tested] = [engine[place], backtest[place]];
    if (real === undefined) return 'stopped';
    if (tested === undefined) return 'unknown';
    if (JSON.stringify(sortedKeys(real)) !== JSON.stringify(sortedKeys(tested))) return causeBetween(real, tested);
  }
  return null;
}

function causeBetween(real: LogEntry, tested: LogEntry): Cause {
  if (isCapped(real) || isCapped(tested)) return 'cap';
  if (real.did === 'ended' && tested.did !== 'ended') return real.at >= tested.at ? 'ended' : 'unknown';
  if (real.step !== tested.step) return 'unknown';
  if (real.did === 'waited' && tested.did === 'waited') return 'woken';
  if (real.did === 'took' && tested.did === 'took' && real.at === tested.at) return 'asked';
  return real.did === tested.did && real.at > tested.at ? 'time' : 'unknown';
}

function isCapped(entry: LogEntry): boolean {
  return entry.did === 'refused' && entry.refusal.reason === 'cap';
}

function keyOf({ person, journey, visit, enteredAt, heldOut }: ComparedRun): string {
  return [person, journey, visit, enteredAt, heldOut].join('\n');
}

/** What comes from the database has its keys in another order. */
function sortedKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sortedKeys);
  const keys = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(keys.map(([key, inner]) => [key, sortedKeys(inner)]));
}
