/**
 * What an event, or time alone, does to a run that is under way: ends it, wakes it, or neither.
 * @module
 */

import { endingOf } from '../core/ending.ts';
import { propertiesOf } from '../core/entry.ts';
import { evaluate } from '../core/evaluate.ts';
import type { Facts } from '../core/facts.ts';
import type { Journey } from '../core/journey.ts';
import type { Ending, LogEntry } from '../core/run.ts';
import { awaited } from '../core/standing-at.ts';
import { earlier, type Instant } from '../core/time.ts';
import type { Run } from './enter.ts';

/** What Temporal has to be told. */
export type Told = { readonly kind: 'end'; readonly log: LogEntry } | { readonly kind: 'wake' } | null;

/** What is known of the person, as conditions of this run see it. */
export function factsOfRun(facts: Facts, { enteredAt, entry }: Pick<Run, 'enteredAt' | 'entry'>): Facts {
  return { ...facts, enteredAt, entryProperties: propertiesOf(entry) };
}

/** Looks at one active run at `at`; changes its status, `wokenAt` and `dueAt` in place. */
export function watch(run: Run, journey: Journey, facts: Facts, at: Instant): Told {
  const own = factsOfRun(facts, run);
  const ending = endingOf(journey, own, run.enteredAt, at);
  if (ending !== null) return { kind: 'end', log: endRun(run, ending) };
  const condition = awaited(journey, run.cursor);
  const wakes = condition !== null && run.wokenAt === null && evaluate(condition, own, at).holds;
  if (wakes) run.wokenAt = at;
  run.dueAt = watchUntil(run, journey, own, at);
  return wakes ? { kind: 'wake' } : null;
}

/** Ends the run where it stands; returns what its log says of that. */
export function endRun(run: Run, { outcome, reason, at }: Ending): LogEntry {
  run.status = outcome;
  run.endedAt = at;
  run.endReason = reason;
  run.dueAt = null;
  const { step, visit } = run.cursor;
  return { step, kind: 'run', visit, did: 'ended', outcome, reason, at };
}

/** When time alone could end or wake the run; its own timers aside. */
export function watchUntil(
  run: Pick<Run, 'cursor' | 'wokenAt'>,
  journey: Journey,
  facts: Facts,
  at: Instant,
): Instant | null {
  const condition = run.wokenAt === null ? awaited(journey, run.cursor) : null;
  const watched = [journey.goal, journey.exit.when, condition].filter((one) => one !== null);
  return watched.reduce<Instant | null>((soonest, one) => earlier(soonest, evaluate(one, facts, at).until), null);
}
