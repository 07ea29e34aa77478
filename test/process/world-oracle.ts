/**
 * Who is in which audience of a world at an instant, worked out from the whole history and nothing else.
 */
import type { JsonObject } from '../../src/core/condition.ts';
import type { EventFact, Facts } from '../../src/core/facts.ts';
import type { Instant } from '../../src/core/time.ts';
import { oracle } from '../core/oracle.ts';
import { canonical } from '../core/oracle-values.ts';
import { asksForChanges, type World } from './worlds.ts';

interface Known {
  readonly traits: Record<string, JsonObject[string]>;
  readonly events: EventFact[];
  /** Accounts of a person with when each was joined last, or people of an account. */
  readonly relatives: Map<string, Instant>;
  readonly audiences: Set<string>;
}

/** Names of people are `p0`, of accounts `a0`; only whoever was heard of by then is there. */
export function membershipsAt(world: World, now: Instant): Map<string, ReadonlySet<string>> {
  const known = historyUpTo(world, now);
  for (const { key, of, condition } of world.audiences) {
    const those = [...known].filter(([name]) => name.startsWith(of === 'person' ? 'p' : 'a'));
    const members = those.filter(([, one]) => oracle(condition, factsOf(one, known), now));
    for (const [, one] of members) one.audiences.add(key);
  }
  return new Map([...known].map(([name, { audiences }]) => [name, audiences]));
}

function factsOf({ traits, events, relatives, audiences }: Known, known: ReadonlyMap<string, Known>): Facts {
  const inAudience = new Map<string, number>();
  for (const name of relatives.keys())
    for (const key of known.get(name)?.audiences ?? []) inAudience.set(key, (inAudience.get(key) ?? 0) + 1);
  const account = known.get(currentOf(relatives) ?? '');
  return {
    traits:
      relatives.size > 0 && account?.relatives !== undefined && isAccount(relatives)
        ? { ...traits, account: account.traits }
        : traits,
    events,
    audiences,
    related: { total: relatives.size, inAudience },
  };
}

function isAccount(relatives: ReadonlyMap<string, Instant>): boolean {
  return [...relatives.keys()].every((name) => name.startsWith('a'));
}

function currentOf(relatives: ReadonlyMap<string, Instant>): string | undefined {
  return [...relatives].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function historyUpTo(world: World, now: Instant): Map<string, Known> {
  const known = new Map<string, Known>();
  const get = (name: string): Known => {
    const one = known.get(name) ?? { traits: {}, events: [], relatives: new Map(), audiences: new Set() };
    known.set(name, one);
    return one;
  };
  for (const step of world.steps.filter(({ at }) => at <= now)) {
    const { at, person: index, properties = {}, name = '' } = step;
    const personName = `p${index}`;
    const person = get(personName);
    const happen = (event: EventFact, accountName: string | undefined) => {
      person.events.push(event);
      if (accountName !== undefined) get(accountName).events.push({ ...event, person: index });
    };
    const engine = (what: string, traits: JsonObject, accountName: string) =>
      happen({ name: what, at, properties: { ...traits, userId: personName }, byEngine: true }, accountName);

    if (step.call === 'track') {
      happen({ name, at, properties }, step.account === undefined ? currentOf(person.relatives) : `a${step.account}`);
    } else if (step.call === 'identify') {
      const changed = Object.entries(step.traits ?? {}).filter(
        ([key, value]) => !(key in person.traits) || canonical(person.traits[key] ?? null) !== canonical(value),
      );
      Object.assign(person.traits, Object.fromEntries(changed));
      if (changed.length > 0 && asksForChanges(world))
        for (const account of person.relatives.keys()) engine('Member Changed', Object.fromEntries(changed), account);
    } else {
      const accountName = `a${step.account}`;
      const account = get(accountName);
      const isFirst = !person.relatives.has(accountName);
      person.relatives.set(accountName, at);
      account.relatives.set(personName, at);
      Object.assign(account.traits, step.traits);
      if (isFirst) engine('Member Joined', { ...person.traits }, accountName);
    }
  }
  return known;
}
