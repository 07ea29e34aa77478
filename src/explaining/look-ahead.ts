/**
 * What runs under way would do from here on, and when, if nothing but time happened: they are lived on in virtual time by
 * the moves that real runs make.
 * @module
 */
import { deadlineOf } from '../core/ending.ts';
import type { Journey, StepId, StepKind } from '../core/journey.ts';
import { sayLog } from '../core/log-text.ts';
import type { LogEntry, Outcome } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import type { SimulatedRun } from '../simulate/simulation.ts';
import { VirtualLife } from '../simulate/virtual-life.ts';
import { type Reading, type ReadPresent, readPresent } from './present.ts';

export interface Ahead {
  /** What is taken for granted beside that nothing happens; null: nothing. */
  readonly assuming: string | null;
  /** In order. */
  readonly steps: readonly StepAhead[];
  /** Null: it is too far away to be told. */
  readonly ends: { readonly at: Date; readonly outcome: Outcome; readonly reason: string } | null;
}

export interface StepAhead {
  readonly at: Date;
  readonly step: StepId | null;
  readonly kind: StepKind | 'run';
  readonly did: LogEntry['did'];
  /** In words. */
  readonly text: string;
}

/** Steps of one run, at most. */
const MOST_STEPS = 200;
/** Instants that are lived through, at most. */
const MOST_INSTANTS = 5_000;

/** @returns what is ahead of each run of the journey that is under way, by the run's id */
export async function lookAhead(profileId: number, journey: string, reading: Reading): Promise<Map<string, Ahead>> {
  const read = await readPresent(profileId, reading);
  return read === undefined ? new Map() : livedOn(read, journey);
}

function livedOn({ world, present, leavesOut }: ReadPresent, journey: string): Map<string, Ahead> {
  const [{ profile, runs }] = present.profiles;
  const asked = runs.map(({ run }) => run).filter((run) => run.journey === journey);
  if (asked.length === 0) return new Map();
  const journeyOf = ({ version }: { readonly version: string }) => world.versions.get(version).journey;
  const last = Math.max(...asked.map((run) => deadlineOf(journeyOf(run), run.enteredAt)));
  const life = VirtualLife.onward(world, present, Math.max(last, present.at));
  const lived = () => life.of(profile.id).runs.filter((run) => asked.some((one) => one.id === run.id));
  let instants = 0;
  life.live(() => {
    instants += 1;
    return (
      instants > MOST_INSTANTS || lived().every(({ outcome, log }) => outcome !== 'active' || log.length > MOST_STEPS)
    );
  });
  const assuming = [
    ...(runs.some(({ run, isResumed }) => isResumed && run.journey === journey) ? ['the journey is resumed now'] : []),
    ...(leavesOut === 'accounts' ? ['nothing changes in their accounts'] : []),
    ...(leavesOut === 'runs of its people' ? ['no journey of their own sends its people anything'] : []),
  ].join(', and ');
  return new Map(
    lived().map((run) => [run.id, { assuming: assuming === '' ? null : assuming, ...aheadOf(run, journeyOf(run)) }]),
  );
}

function aheadOf({ log, outcome, reason, endedAt }: SimulatedRun, { steps }: Journey): Omit<Ahead, 'assuming'> {
  const nameOf = ({ step: id, kind, receiver }: LogEntry): string => {
    const step = id === null ? undefined : steps[id];
    const what = step !== undefined && 'template' in step ? step.template.key : id;
    return [kind, what, ...(receiver === undefined ? [] : ['to', receiver.person])].join(' ');
  };
  return {
    steps: log.slice(0, MOST_STEPS).map((entry) => ({
      at: new Date(entry.at),
      step: entry.step,
      kind: entry.kind,
      did: entry.did,
      text: sayLog(entry, nameOf(entry), sayIso),
    })),
    ends: outcome === 'active' || endedAt === null ? null : { at: new Date(endedAt), outcome, reason },
  };
}

function sayIso(at: Instant): string {
  return new Date(at).toISOString();
}
