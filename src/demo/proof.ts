/**
 * The demo's proof: every entry into an audience and every exit, worked out from the CSV by brute force, against what the
 * engine recorded while it ran.
 * @module
 */
import type { Condition, JsonObject } from '../core/condition.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { delaysIn, isTrue, type Known } from './brute-force.ts';
import type { ShopCall } from './clickstream.ts';

/** A person entered an audience, or left it. */
export interface Crossing {
  readonly userId: string;
  readonly audience: string;
  readonly entered: boolean;
  readonly at: Instant;
}

export interface Difference {
  readonly crossing: Crossing;
  /** Who says so; the other does not. */
  readonly only: 'brute force' | 'engine';
}

type Audiences = Readonly<Record<string, Condition>>;

/**
 * Looks at every person at every instant at which anything can change, up to and including `until`: at each call, in the
 * file's order, and whenever something grows older than a condition looks back.
 */
export function crossingsOf(calls: readonly ShopCall[], audiences: Audiences, until: Instant): Crossing[] {
  const people = new Map<string, ShopCall[]>();
  for (const call of calls) {
    if (call.at > until) continue;
    const own = people.get(call.userId);
    if (own === undefined) people.set(call.userId, [call]);
    else own.push(call);
  }
  const delays = [...delaysIn(Object.values(audiences), until - (calls[0]?.at ?? until))];
  return [...people].flatMap(([userId, own]) => {
    const inside = new Set<string>();
    const crossings: Crossing[] = [];
    for (const { at, made } of instantsOf(own, delays, until)) {
      const known = knownFrom(own.slice(0, made));
      for (const [audience, condition] of Object.entries(audiences)) {
        const entered = isTrue(condition, known, at, audiences);
        if (entered === inside.has(audience)) continue;
        if (entered) inside.add(audience);
        else inside.delete(audience);
        crossings.push({ userId, audience, entered, at });
      }
    }
    return crossings;
  });
}

/** What one says and the other does not. A crossing that is recorded twice counts as a difference too. */
export function compareCrossings(expected: readonly Crossing[], recorded: readonly Crossing[]): Difference[] {
  const open = new Map<string, number>();
  for (const crossing of recorded) open.set(keyOf(crossing), (open.get(keyOf(crossing)) ?? 0) + 1);
  const differences: Difference[] = [];
  for (const crossing of expected) {
    const count = open.get(keyOf(crossing)) ?? 0;
    if (count === 0) differences.push({ crossing, only: 'brute force' });
    else open.set(keyOf(crossing), count - 1);
  }
  for (const crossing of recorded) {
    const count = open.get(keyOf(crossing)) ?? 0;
    if (count === 0) continue;
    open.set(keyOf(crossing), count - 1);
    differences.push({ crossing, only: 'engine' });
  }
  return differences.sort((a, b) => a.crossing.at - b.crossing.at);
}

/** Each with how many of the person's calls have been made by then. */
function instantsOf(
  calls: readonly ShopCall[],
  delays: readonly Milliseconds[],
  until: Instant,
): { readonly at: Instant; readonly made: number }[] {
  const all = calls.map(({ at }, index) => ({ at, made: index + 1 }));
  const starts = calls.flatMap((call) => [call.at, ...(call.type === 'identify' ? datesIn(call.traits) : [])]);
  const first = calls[0]?.at ?? until;
  for (const at of new Set(starts.flatMap((start) => delays.map((delay) => start + delay)))) {
    if (at >= first && at <= until) all.push({ at, made: calls.findLastIndex((call) => call.at <= at) + 1 });
  }
  return all.sort((a, b) => a.at - b.at || a.made - b.made);
}

function knownFrom(calls: readonly ShopCall[]): Known {
  let traits: JsonObject = {};
  const did: { name: string; at: Instant; properties: JsonObject }[] = [];
  for (const call of calls) {
    if (call.type === 'identify') traits = { ...traits, ...call.traits };
    else did.push({ name: call.event, at: call.at, properties: call.properties });
  }
  return { traits, did };
}

function datesIn(traits: JsonObject): Instant[] {
  return Object.values(traits)
    .map((value) => (typeof value === 'string' || typeof value === 'number' ? new Date(value).getTime() : Number.NaN))
    .filter(Number.isFinite);
}

function keyOf({ userId, audience, entered, at }: Crossing): string {
  return `${userId}\n${audience}\n${entered}\n${at}`;
}
