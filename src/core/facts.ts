/**
 * What is known of one profile: the only input of conditions beside the time.
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
}

export interface Facts {
  readonly traits: JsonObject;
  /** In order of `at`. May hold events later than the instant asked about; they do not count yet. */
  readonly events: readonly EventFact[];
  /** Keys of the audiences the profile is in. */
  readonly audiences: ReadonlySet<string>;
  /** When the run in question was entered, for `since: entry`. */
  readonly enteredAt?: Instant;
}
