/**
 * What is known of one profile, a person or an account: the only input of conditions beside the time.
 * @module
 */
import type { JsonObject } from './condition.ts';
import type { Instant } from './time.ts';

export interface EventFact {
  readonly name: string;
  readonly at: Instant;
  readonly properties: JsonObject;
  /** True for what the engine reports about its own messages and tasks. */
  readonly byEngine?: boolean;
  /** Among an account's events: which of its people did it. */
  readonly person?: number;
}

/** The people of an account, or the accounts of a person. */
export interface Related {
  readonly total: number;
  /** How many of them are in each audience; those not named have none. */
  readonly inAudience: ReadonlyMap<string, number>;
}

export interface Facts {
  readonly traits: JsonObject;
  /** In order of `at`. May hold events later than the instant asked about; they do not count yet. */
  readonly events: readonly EventFact[];
  /** Keys of the audiences the profile is in. */
  readonly audiences: ReadonlySet<string>;
  /** Absent: none. */
  readonly related?: Related;
  /** When the run in question was entered, for `since: entry`. */
  readonly enteredAt?: Instant;
  /** The properties of what that run was entered by, for `sameAsEntry`. */
  readonly entryProperties?: JsonObject | undefined;
}
