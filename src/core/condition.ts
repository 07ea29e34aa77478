/**
 * The one condition language, in the form definitions compile to. Audiences, branches, waits, goals and exits all use it.
 * Authors write YAML; `definitions` turns it into this, with durations in milliseconds and computed traits written out.
 *
 * Every span is half open: what happened at `t` is within `span` of a later `u` while `u < t + span`.
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

/** A test of the property at `path`: dots lead into nested objects, and through a list to the values of its elements. */
export interface PropertyTest {
  readonly path: string;
  readonly test: Test;
}

/** A kind of event, whenever it happens. */
export interface EventPattern {
  /** Any of these names; `*` is every event the person did, which leaves out what the engine itself reports. */
  readonly names: readonly string[];
  /** All must hold. */
  readonly where: readonly PropertyTest[];
  /**
   * Paths of properties that must have the value they had in what the run was entered by. Absent: none; outside a run, or
   * where there was no such value: no event is meant.
   */
  readonly sameAsEntry?: readonly string[];
}

/** The first or last event of a kind, from which others are counted. */
export interface Anchor extends EventPattern {
  readonly which: 'first' | 'last';
}

/** Which events of the profile are meant. */
export interface EventFilter extends EventPattern {
  /** Only events younger than this: one that happened at `t` counts while `now < t + within`. */
  readonly within?: Milliseconds;
  /** Only events of this many days of the calendar, the present one included. */
  readonly days?: CalendarDays;
  /** Only events strictly after the run's entry (outside a run: none), or after the anchor (where there is none: none). */
  readonly since?: 'entry' | Anchor;
  /** With an anchor: only events less than this long after it. */
  readonly upTo?: Milliseconds;
}

/** Days as a wall calendar has them, from midnight to midnight. */
export interface CalendarDays {
  readonly count: number;
  /** IANA name; where the profile has a trait `timezone` that names one, that one is taken. */
  readonly zone: string;
}

/**
 * `first`, `last`: the property of that event; `firstAt`, `lastAt`: its time, as ISO 8601 text.
 * `newCount`, `newList`: values within the window that no matching event had before it.
 * `people`: how many different people did it, of an account's events.
 * `usualHour`: the hour of the day, 0 to 23 by the profile's clock, in which most of them were; of several the first.
 */
export type Aggregate =
  | 'count'
  | 'sum'
  | 'average'
  | 'min'
  | 'max'
  | 'first'
  | 'last'
  | 'firstAt'
  | 'lastAt'
  | 'uniqueCount'
  | 'uniqueList'
  | 'newCount'
  | 'newList'
  | 'people'
  | 'usualHour';

/** A value of the profile: a stored trait or one computed from events and other values. Absent where it cannot be had. */
export type Expression =
  | { readonly kind: 'trait'; readonly path: string }
  | { readonly kind: 'constant'; readonly value: number }
  | {
      readonly kind: 'aggregate';
      readonly fn: Aggregate;
      readonly events: EventFilter;
      readonly property?: string;
      /** With `usualHour`: whose clock, and how few events tell nothing. */
      readonly habit?: Habit;
    }
  /** Absent where a side is no number, on division by 0, and where the result is too great for a number. */
  | {
      readonly kind: 'arithmetic';
      readonly op: '+' | '-' | '*' | '/' | 'min' | 'max';
      readonly left: Expression;
      readonly right: Expression;
    }
  /** `of`, or where that is absent `otherwise`. */
  | { readonly kind: 'orElse'; readonly of: Expression; readonly otherwise: Expression }
  /** Whole days since the instant in `of`: of 24 hours, or midnights that have passed where `zone` is given. */
  | { readonly kind: 'daysSince'; readonly of: Expression; readonly zone?: string }
  /** What `of` was this long ago, as far as events tell; traits and audiences are taken as they are now. */
  | { readonly kind: 'ago'; readonly of: Expression; readonly by: Milliseconds }
  /** How many of an account's people, or of a person's accounts, are in the audience; null: how many there are. */
  | { readonly kind: 'related'; readonly audience: string | null }
  | { readonly kind: 'score'; readonly signals: readonly Signal[] }
  /** The name of the first band that `of` reaches; they are ordered from the highest `from` down. */
  | { readonly kind: 'band'; readonly of: Expression; readonly bands: readonly Band[] };

export interface Habit {
  /** IANA name; where the profile has a trait `timezone` that names one, that one is taken. */
  readonly zone: string;
  /** Of fewer events there is no usual hour. */
  readonly atLeast: number;
}

/** What adds to a score, or takes from it where `weight` is below 0. */
export interface Signal {
  readonly name: string;
  /** Points of each event, or of the condition holding. */
  readonly weight: number;
  /** The most points the signal can give or take. */
  readonly most?: number;
  readonly by:
    | { readonly events: EventFilter; readonly decay: Decay | null }
    /** Gives its weight while the condition holds. */
    | { readonly condition: Condition };
}

/**
 * How an event's points wear off with its age: by steps (its share while it is younger than `until`, and nothing after the
 * last), or by half each `halfLife`, counted in whole days so that a score changes at known instants.
 */
export type Decay =
  | { readonly steps: readonly { readonly until: Milliseconds; readonly share: number }[] }
  | { readonly halfLife: Milliseconds };

export interface Band {
  readonly name: string;
  readonly from: number;
}

/** One event of a sequence. */
export interface SequenceStep extends EventPattern {
  /** Less than this long after the step before. */
  readonly within?: Milliseconds;
}

export interface Sequence {
  readonly kind: 'sequence';
  /** Each strictly later than the one before. */
  readonly steps: readonly SequenceStep[];
  /** None of these strictly between the first step and the last. */
  readonly without: readonly EventPattern[];
  /** And then, for this long after the last step, none of these: it is complete when that time is over. */
  readonly thenNot?: EventPattern & { readonly within: Milliseconds };
  /** Only sequences that were completed less than this long ago. */
  readonly within?: Milliseconds;
  /** Only events strictly after the run's entry. Outside a run: none. */
  readonly since?: 'entry';
  /** All steps in one session: the person's own events in between never pause for this long. */
  readonly session?: Milliseconds;
}

export type Comparison = 'is' | 'isNot' | 'atLeast' | 'atMost' | 'above' | 'below';

export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'value'; readonly of: Expression; readonly test: Test }
  /** Two values with each other, by the rules of {@link Test}: an absent one fails all but `isNot`. */
  | { readonly kind: 'compare'; readonly left: Expression; readonly op: Comparison; readonly right: Expression }
  | {
      readonly kind: 'events';
      readonly events: EventFilter;
      /** How many must match. `{ atLeast: 1 }` where the author says nothing. */
      readonly times: { readonly atLeast?: number; readonly atMost?: number };
    }
  | Sequence
  | { readonly kind: 'audience'; readonly key: string }
  /**
   * Of a person's accounts, or of an account's people, this many are in the audience, which is of that other kind;
   * `all`: every one, and there is at least one.
   */
  | {
      readonly kind: 'related';
      readonly audience: string;
      readonly times: 'all' | { readonly atLeast?: number; readonly atMost?: number };
    };
