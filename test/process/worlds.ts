/**
 * Small random worlds of people and accounts: what they do and say, and what audiences of both kinds ask of each other.
 */
import fc from 'fast-check';
import type { Condition, JsonObject } from '../../src/core/condition.ts';
import { interestOf } from '../../src/core/interest.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import type { AudienceDefinition, SubjectKind, Workspace } from '../../src/definitions/workspace-types.ts';
import { condition, history, SPAN } from '../core/arbitrary.ts';
import { T0 } from '../core/build.ts';

export interface Step {
  readonly at: Instant;
  readonly person: number;
  readonly call: 'track' | 'identify' | 'group';
  /** Of `track`. */
  readonly name?: string;
  readonly properties?: JsonObject;
  /** The account of `group`, or the one that an event names itself. */
  readonly account?: number;
  readonly traits?: JsonObject;
}

export interface World {
  /** In an order in which each asks only for those before it. */
  readonly audiences: readonly AudienceDefinition[];
  /** In order of time; of one person in the order in which it arrives. */
  readonly steps: readonly Step[];
  readonly instants: readonly Instant[];
}

export const PEOPLE = 3;
export const ACCOUNTS = 2;

/** Each asks for audiences of the other kind and of its own that stand before it. */
const LEVELS: readonly { key: string; of: SubjectKind; own: readonly string[]; related: readonly string[] }[] = [
  { key: 'people-0', of: 'person', own: [], related: [] },
  { key: 'accounts-0', of: 'account', own: [], related: [] },
  { key: 'accounts-1', of: 'account', own: ['accounts-0'], related: ['people-0'] },
  { key: 'people-1', of: 'person', own: ['people-0'], related: ['accounts-0', 'accounts-1'] },
  { key: 'accounts-2', of: 'account', own: ['accounts-0', 'accounts-1'], related: ['people-0', 'people-1'] },
];

const instant = fc.integer({ min: 0, max: SPAN / DAY }).map((day) => T0 + day * DAY);

/** What one person does: tells of itself, joins accounts, is active. */
const life = fc
  .record({
    past: history,
    tellings: fc.array(fc.tuple(instant, history), { maxLength: 2 }),
    joinings: fc.array(fc.tuple(instant, fc.integer({ min: 0, max: ACCOUNTS - 1 }), history), { maxLength: 3 }),
    named: fc.array(fc.option(fc.integer({ min: 0, max: ACCOUNTS - 1 }), { freq: 3 }), {
      minLength: 12,
      maxLength: 12,
    }),
  })
  .map(({ past, tellings, joinings, named }) => (person: number): Step[] => {
    // Nobody does anything at the same instant as another, so that an account's events have one order.
    const own = (at: Instant) => at + 10 * person;
    const told = [[past.events[0]?.at ?? T0, past] as const, ...tellings];
    return [
      ...told.map(([at, { traits }]): Step => ({ at: own(at), person, call: 'identify', traits })),
      ...joinings.map(([at, account, { traits }], index): Step => {
        return { at: own(at) + index, person, call: 'group', account, traits: ownedBy(person, traits) };
      }),
      ...past.events.map(({ at, properties }, index): Step => {
        const account = named[index] ?? undefined;
        return { at: own(at), person, call: 'track', name: index % 3 === 2 ? 'B' : 'A', properties, account };
      }),
    ].sort((a, b) => a.at - b.at);
  });

/** Two people never say the same trait of an account: which of them was last would depend on the order of lanes. */
function ownedBy(person: number, traits: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(traits).filter(([key]) => key.charCodeAt(0) % PEOPLE === person));
}

const active: fc.Arbitrary<Condition> = fc
  .tuple(fc.constantFrom('A', 'B', '*', 'Member Joined'), fc.constantFrom(1, 2, 3), fc.integer({ min: 1, max: 2 }))
  .map(([name, days, atLeast]) => ({
    kind: 'events',
    events: { names: [name], where: [], within: days * DAY },
    times: { atLeast },
  }));
const asking: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    kind: fc.constant('related' as const),
    audience: fc.constantFrom('busy', 'new'),
    times: fc.constantFrom('all' as const, { atLeast: 1 }, { atLeast: 2 }, { atMost: 0 }, { atMost: 1 }),
  }),
  fc.record({
    kind: fc.constant('value' as const),
    of: fc.record({ kind: fc.constant('related' as const), audience: fc.constantFrom(null, 'busy') }),
    test: fc.constantFrom({ op: 'atLeast' as const, value: 1 }, { op: 'is' as const, value: 1 }),
  }),
);
/** Half of them of the whole language; the others so plain that those that ask for them change with what happens. */
const simple = fc.oneof(condition, active);
const across = fc.oneof(
  condition,
  asking,
  fc.record({ kind: fc.constantFrom('all' as const, 'any' as const), of: fc.tuple(asking, simple) }),
);

export const world: fc.Arbitrary<World> = fc
  .record({
    conditions: fc.tuple(simple, simple, across, across, across),
    lives: fc.array(life, { minLength: PEOPLE, maxLength: PEOPLE }),
    instants: fc.array(fc.integer({ min: 0, max: SPAN + 3 * DAY }), { minLength: 3, maxLength: 4 }),
  })
  .map(({ conditions, lives, instants }) => ({
    audiences: LEVELS.map(({ key, of, own, related }, level): AudienceDefinition => {
      return { key, of, hash: key, condition: rewritten(conditions[level], own, related) as Condition };
    }),
    steps: lives.flatMap((of, person) => of(person)).sort((a, b) => a.at - b.at || a.person - b.person),
    instants: instants.map((offset) => T0 + offset).sort((a, b) => a - b),
  }));

const RENAMED: Readonly<Record<string, string>> = {
  C: 'Member Joined',
  'Email Opened': 'Member Changed',
  nowhere: 'account.p',
  'deep.deeper.q': 'account.q',
};

/** The condition asking for these audiences, for members who join, and for traits of accounts. */
function rewritten(part: unknown, own: readonly string[], related: readonly string[]): unknown {
  if (typeof part === 'string') return RENAMED[part] ?? part;
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map((one) => rewritten(one, own, related));
  const { kind, key, audience, times } = part as Record<string, unknown>;
  if (kind === 'audience') {
    const meant = own[key === 'vip' ? 0 : own.length - 1];
    return meant === undefined ? related0 : { kind, key: meant };
  }
  if (kind === 'related') {
    const meant = audience === null ? null : (related[audience === 'busy' ? 0 : related.length - 1] ?? null);
    if (times === undefined) return { kind, audience: meant };
    return meant === null ? related0 : { kind, audience: meant, times };
  }
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, rewritten(value, own, related)]));
}

const related0: Condition = {
  kind: 'value',
  of: { kind: 'related', audience: null },
  test: { op: 'atLeast', value: 2 },
};

export function workspaceFor({ audiences }: Pick<World, 'audiences'>): Workspace {
  return {
    hash: 'world',
    settings: {
      name: 'test',
      timezone: 'UTC',
      sender: 'A <a@example.com>',
      caps: [],
      onUncertainSend: 'again',
      traits: {},
      accountTraits: {},
    },
    audiences: Object.fromEntries(audiences.map((audience) => [audience.key, audience])),
    computedTraits: {},
    journeys: {},
  };
}

/** Does an audience of accounts ask for members whose traits change? */
export function asksForChanges({ audiences }: Pick<World, 'audiences'>): boolean {
  const ofAccounts = audiences.filter(({ of }) => of === 'account').map((audience) => audience.condition);
  return interestOf(...ofAccounts).events.has('Member Changed');
}
