/**
 * The one condition language, in the form definitions compile to. Audiences, branches, waits, goals and exits all use it.
 * Authors write YAML; `definitions` turns it into this, with durations in milliseconds and computed traits written out.
 * @module
 */
import type { Milliseconds } from './time.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** A test of one value. An absent value fails every test but `exists: false`, `isNot` and `notIn`. */
export type Test =
  | { readonly op: 'is' | 'isNot'; readonly value: Json }
  | { readonly op: 'in' | 'notIn'; readonly value: readonly Json[] }
  /** Text contains text; a list contains an element. */
  | { readonly op: 'contains' | 'notContains'; readonly value: Json }
  | { readonly op: 'exists'; readonly value: boolean }
  /** Order of numbers, or of texts by code unit. Values of different types are never in order. */
  | { readonly op: 'atLeast' | 'atMost' | 'above' | 'below'; readonly value: number | string }
  /** The value is an instant (ISO 8601 text or epoch milliseconds), at least / less than this long ago. */
  | { readonly op: 'olderThan' | 'newerThan'; readonly value: Milliseconds };

/** A test of the property at `path` (dots lead into nested objects). */
export interface PropertyTest {
  readonly path: string;
  readonly test: Test;
}

/** Which events of the profile are meant. */
export interface EventFilter {
  /** Any of these names; `*` is every event the person did, which leaves out what the engine itself reports. */
  readonly names: readonly string[];
  /** All must hold. */
  readonly where: readonly PropertyTest[];
  /** Only events younger than this: one that happened at `t` counts while `now < t + within`. */
  readonly within?: Milliseconds;
  /** Only events strictly after the run's entry. Outside a run: none. */
  readonly since?: 'entry';
}

export type Aggregate = 'count' | 'sum' | 'average' | 'min' | 'max' | 'first' | 'last' | 'uniqueCount' | 'uniqueList';

/** A value of the profile: a stored trait or one computed from events and other values. */
export type Expression =
  | { readonly kind: 'trait'; readonly path: string }
  | { readonly kind: 'aggregate'; readonly fn: Aggregate; readonly events: EventFilter; readonly property?: string }
  /** `of / to`; absent where either is absent or `to` is 0. */
  | { readonly kind: 'ratio'; readonly of: Expression; readonly to: Expression }
  /** Whole days of 24 hours since the instant in `of`. */
  | { readonly kind: 'daysSince'; readonly of: Expression };

export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'value'; readonly of: Expression; readonly test: Test }
  | {
      readonly kind: 'events';
      readonly events: EventFilter;
      /** How many must match. `{ atLeast: 1 }` where the author says nothing. */
      readonly times: { readonly atLeast?: number; readonly atMost?: number };
    }
  | { readonly kind: 'audience'; readonly key: string };
