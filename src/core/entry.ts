/**
 * Who may enter a journey, and who of them is held out: the same for the engine and the simulator.
 * @module
 */
import { bucketOf } from './bucket.ts';
import type { JsonObject } from './condition.ts';
import { endingOf } from './ending.ts';
import type { Facts } from './facts.ts';
import type { Entry, Instances, Journey } from './journey.ts';
import { readPath } from './matching.ts';
import type { Outcome } from './run.ts';
import type { Instant } from './time.ts';

/** The person's latest run of the journey, as far as the next entry depends on it. */
export interface LastRun {
  readonly enteredAt: Instant;
  readonly status: 'active' | Outcome;
  /** How many runs of the journey the person had before it. */
  readonly visit: number;
}

/** A journey that a person qualifies for at an instant. */
export interface Qualified<Published extends { readonly journey: Journey }> {
  readonly published: Published;
  /** What brings the person here, as the run keeps it. */
  readonly entry: JsonObject;
}

/** All that one person qualifies for at one instant, in the order in which it is tried: the highest priority first. */
export function inOrderOfPriority<One extends Qualified<{ readonly journey: Journey }>>(
  qualified: readonly One[],
): readonly One[] {
  return [...qualified].sort((a, b) => byPriority(a.published.journey, b.published.journey));
}

/** The higher priority first, then the key that comes first. */
export function byPriority(a: Pick<Journey, 'key' | 'priority'>, b: Pick<Journey, 'key' | 'priority'>): number {
  return b.priority - a.priority || (a.key === b.key ? 0 : a.key < b.key ? -1 : 1);
}

/** Which of the runs side by side an entry is for. */
export interface Instance {
  /** Null where the entry has no value that could tell. */
  readonly key: string | null;
  /** Runs of other instances of the journey that are under way. */
  readonly beside: number;
}

/** What tells the runs of the journey apart: undefined where there is one at a time, null where the entry lacks it. */
export function instanceKeyOf({ enter }: Pick<Journey, 'enter'>, entry: JsonObject): string | null | undefined {
  const each = eachOf(enter);
  if (each === undefined) return undefined;
  const value = readPath(propertiesOf(entry) ?? {}, each.property);
  return typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value !== '')
    ? String(value)
    : null;
}

function eachOf(enter: Entry): Instances | undefined {
  return enter.by === 'event' || enter.by === 'request' ? enter.each : undefined;
}

/** The properties of what a run was entered by. */
export function propertiesOf({ properties }: JsonObject): JsonObject | undefined {
  const isObject = typeof properties === 'object' && properties !== null && !Array.isArray(properties);
  return isObject ? (properties as JsonObject) : undefined;
}

/**
 * Why the person does not enter at `at`; null: nothing is in the way.
 * @param last the person's last run of the journey; of that instance, where the journey has several
 * @param instance absent where the journey has one run at a time
 */
export function entryRefusal(
  journey: Journey,
  last: LastRun | undefined,
  facts: Facts,
  at: Instant,
  instance?: Instance,
): string | null {
  if (last?.status === 'active') return 'already in the journey';
  if (instance !== undefined) {
    const refused = instanceRefusal(journey, instance);
    if (refused !== null) return refused;
  }
  return againRefusal(journey, last, at) ?? endingOf(journey, facts, at, at)?.reason ?? null;
}

function instanceRefusal({ enter }: Journey, { key, beside }: Instance): string | null {
  const each = eachOf(enter);
  if (each === undefined) return null;
  const { property, atOnce } = each;
  if (key === null) return `there is no \`${property}\` that would tell which of the runs it is for`;
  return beside < atOnce ? null : `in the journey ${atOnce} times at once already`;
}

function againRefusal({ again }: Journey, last: LastRun | undefined, at: Instant): string | null {
  if (last === undefined || again === 'always') return null;
  if (again === 'never') return 'entered before, and the journey is entered once only';
  const { after, atMost = Infinity } = again;
  if (last.visit + 1 >= atMost) return `entered before, and the journey is entered ${atMost} times at most`;
  if (at >= last.enteredAt + after) return null;
  return `entered before, and not again until ${new Date(last.enteredAt + after).toISOString()}`;
}

/**
 * Why a person whom the journey is not open to yet does not enter. Whoever was in it before stays admitted, and raising
 * the share shuts nobody out.
 */
export function rampRefusal({ key, ramp }: Journey, last: unknown, person: string): string | null {
  if (ramp === undefined || last !== undefined || bucketOf(`${key}/ramp`, person) < ramp) return null;
  return `the journey is open to ${Number((ramp * 100).toFixed(4))}% of people so far`;
}

/** On which side of the hold-outs a run is. */
export interface Side {
  readonly heldOut: boolean;
  /** Held out of every journey. Absent: not. */
  readonly heldOutEverywhere?: boolean;
}

/**
 * The same people are held out of every journey. A journey's own hold-out is drawn once: at later entries a person is on
 * the side of the last run, whatever has become of the share.
 */
export function sideOf(
  journey: Pick<Journey, 'key' | 'holdout' | 'holdoutEverywhere'>,
  person: string,
  last?: Side,
): Side {
  const { key, holdout, holdoutEverywhere = 0 } = journey;
  const heldOutEverywhere = bucketOf(EVERYWHERE, person) < holdoutEverywhere;
  // Of somebody who was held out everywhere it is not known where the journey alone would have put them.
  const own = last === undefined || last.heldOutEverywhere === true ? isDrawn(key, holdout, person) : last.heldOut;
  return { heldOut: heldOutEverywhere || own, heldOutEverywhere };
}

/** Sticky: a person is on the same side at every entry. */
export function isHeldOut(
  journey: Pick<Journey, 'key' | 'holdout' | 'holdoutEverywhere'>,
  person: string,
  last?: Side,
): boolean {
  return sideOf(journey, person, last).heldOut;
}

/** No journey has an empty name. */
const EVERYWHERE = '/hold-out';

function isDrawn(key: string, holdout: number, person: string): boolean {
  return holdout > 0 && bucketOf(`${key}/hold-out`, person) < holdout;
}
