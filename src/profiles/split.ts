/**
 * Who is who without one of the merges: each side is what it would be had that merge never been.
 * Pure; the rows it works on are `merge-log.ts`'s.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import { same } from '../core/test-value.ts';
import type { Instant } from '../core/time.ts';
import type { SideBefore } from '../store/tables-profiles.ts';

/** Two profiles that a merge made one. */
export interface Link {
  /** The merge's. Later ones have higher ids. */
  readonly id: number;
  readonly fromNamed: number;
  readonly intoNamed: number;
}

/** A profile behind a person, as it was when it last stood alone. */
export interface Standing {
  readonly profile: number;
  /** The merge that ended its standing alone. */
  readonly until: number;
  readonly before: SideBefore;
}

export interface Said {
  readonly profile: number;
  /** Said after this merge and before the next. */
  readonly afterMerge: number;
  /** ISO 8601. */
  readonly at: string;
  readonly traits: JsonObject | null;
  readonly account: number | null;
}

/** The profiles that hang together with `start` by these links. */
export function reachedFrom(start: number, links: readonly Link[]): Set<number> {
  const reached = new Set([start]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { fromNamed, intoNamed } of links) {
      if (reached.has(fromNamed) === reached.has(intoNamed)) continue;
      reached.add(fromNamed).add(intoNamed);
      grew = true;
    }
  }
  return reached;
}

/** The one of these profiles that the others became, merge by merge. */
export function survivorAmong(profiles: ReadonlySet<number>, links: readonly Link[]): number {
  const survivors = new Map([...profiles].map((profile) => [profile, profile]));
  for (const { fromNamed, intoNamed } of links) {
    const [from, into] = [survivors.get(fromNamed), survivors.get(intoNamed)];
    if (from === undefined || into === undefined) continue;
    for (const [profile, survivor] of survivors) if (survivor === from) survivors.set(profile, into);
  }
  const [last] = survivors.values();
  if (last === undefined) throw new Error('Nobody is left of a merge');
  return last;
}

/** The stored traits of a person made of these profiles: what each was, merge by merge, and what was said in between. */
export function traitsOf(
  profiles: ReadonlySet<number>,
  links: readonly Link[],
  standings: readonly Standing[],
  said: readonly Said[],
): JsonObject {
  const groups = new Map<number, { traits: JsonObject }>();
  for (const { profile, before } of standings)
    if (profiles.has(profile)) groups.set(profile, { traits: before.traits });
  const stoodUntil = new Map(standings.map(({ profile, until }) => [profile, until]));

  const steps = [
    ...links
      .filter(({ fromNamed, intoNamed }) => profiles.has(fromNamed) && profiles.has(intoNamed))
      .map((link) => ({ order: link.id, link })),
    ...said
      .filter(({ profile, afterMerge }) => profiles.has(profile) && afterMerge >= (stoodUntil.get(profile) ?? 0))
      .map((saying) => ({ order: saying.afterMerge + 0.5, saying })),
  ].sort((a, b) => a.order - b.order);

  for (const step of steps) {
    if ('saying' in step) {
      const group = groups.get(step.saying.profile);
      if (group !== undefined) group.traits = { ...group.traits, ...step.saying.traits };
      continue;
    }
    const from = groups.get(step.link.fromNamed);
    const into = groups.get(step.link.intoNamed);
    if (from === undefined || into === undefined || from === into) continue;
    into.traits = { ...from.traits, ...into.traits };
    for (const [profile, group] of groups) if (group === from) groups.set(profile, into);
  }
  const [first] = groups.values();
  return first?.traits ?? {};
}

/**
 * What is left to the one who stays: values that the merge explains go back to what they would be without it, and what
 * came to be in another way is left alone.
 */
export function traitsLeft(current: JsonObject, joint: JsonObject, alone: JsonObject): JsonObject {
  const left: Record<string, JsonObject[string]> = { ...alone };
  for (const [key, value] of Object.entries(current)) {
    const explained = joint[key];
    if (explained === undefined || !same(explained, value)) left[key] = value;
  }
  return left;
}

/** When each account was joined, last. ISO 8601. */
export function accountsOf(
  profiles: ReadonlySet<number>,
  standings: readonly Standing[],
  said: readonly Said[],
): Map<number, string> {
  const joined = new Map<number, string>();
  const join = (account: number, at: string) => {
    const known = joined.get(account);
    if (known === undefined || Date.parse(known) < Date.parse(at)) joined.set(account, at);
  };
  for (const { profile, before } of standings)
    if (profiles.has(profile)) for (const { id, joinedAt } of before.accounts) join(id, joinedAt);
  for (const { profile, account, at } of said) if (profiles.has(profile) && account !== null) join(account, at);
  return joined;
}

/** What these profiles did not want when they last stood alone, and until when; null: for ever. */
export function unwantedBefore(
  profiles: ReadonlySet<number>,
  standings: readonly Standing[],
): Map<string, Instant | null> {
  const unwanted = new Map<string, Instant | null>();
  for (const { profile, before } of standings) {
    if (!profiles.has(profile)) continue;
    for (const [what, until] of Object.entries(before.snoozed ?? {}))
      unwanted.set(what, longer(Date.parse(until), unwanted.get(what) ?? 0));
    for (const what of before.suppressed) unwanted.set(what, null);
  }
  return unwanted;
}

/** Of two ends, null being none, the later. */
function longer(a: Instant | null, b: Instant | null): Instant | null {
  return a === null || b === null ? null : Math.max(a, b);
}
