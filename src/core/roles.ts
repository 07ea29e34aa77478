/**
 * Who of an account's people is meant: chosen by a role at the moment of a message.
 * @module
 */
import type { Condition, Expression, Json } from './condition.ts';
import { evaluate, evaluateExpression } from './evaluate.ts';
import type { Facts } from './facts.ts';
import type { Instant } from './time.ts';

export interface Role {
  readonly key: string;
  /** Null: everybody of the account. */
  readonly that: Condition | null;
  /** Who comes first; null: whoever joined first. */
  readonly order: RoleOrder | null;
  readonly atMost: number;
}

export interface RoleOrder {
  readonly first: 'most' | 'least';
  /** The trait's name, for explanations. */
  readonly of: string;
  readonly value: Expression;
}

/** One of an account's people. */
export interface AccountPerson {
  readonly id: number;
  /** What people call them: the user id where there is one. */
  readonly name: string;
  readonly facts: Facts;
}

/** Somebody who was chosen, and why. */
export interface Chosen {
  readonly id: number;
  readonly name: string;
  readonly because: ChosenBecause;
}

export type ChosenBecause = {
  readonly role: string;
  /** From 1. */
  readonly place: number;
  /** Of how many of the account's people the role holds. */
  readonly among: number;
  /** By what they are ordered, and what this one has of it. */
  readonly by?: string;
  readonly value?: Json;
};

/** @param people in the order in which they joined, which decides where the role's own order does not */
export function choose<Person extends AccountPerson>(
  { key, that, order, atMost }: Role,
  people: readonly Person[],
  at: Instant,
): readonly Chosen[] {
  const fitting = people
    .filter(({ facts }) => that === null || evaluate(that, facts, at).holds)
    .map((person) => ({
      person,
      value: order === null ? undefined : evaluateExpression(order.value, person.facts, at).value,
    }));
  if (order !== null) fitting.sort((a, b) => compare(order.first, a.value, b.value));
  return fitting.slice(0, atMost).map(({ person: { id, name }, value }, index) => ({
    id,
    name,
    because: {
      role: key,
      place: index + 1,
      among: fitting.length,
      ...(order === null ? {} : { by: order.of, value: value ?? null }),
    },
  }));
}

/** Whoever has no such value comes last. Numbers by size, dates and texts as they stand. */
function compare(first: RoleOrder['first'], a: Json | undefined, b: Json | undefined): number {
  const [ranked, other] = [isRanked(a), isRanked(b)];
  if (!ranked || !other) return Number(other) - Number(ranked);
  if (a === b) return 0;
  const isLess = typeof a === typeof b ? (a as number) < (b as number) : typeof a === 'number';
  return isLess === (first === 'most') ? 1 : -1;
}

function isRanked(value: Json | undefined): boolean {
  return typeof value === 'number' || typeof value === 'string';
}
