/**
 * What an example of a condition or a computed trait is: what it says, for whom it holds, and for whom it does not. The page
 * `docs/conditions.md` shows them; a test compiles and evaluates every one.
 * @module
 */
import type { Json, JsonObject } from '../../core/condition.ts';

/** Somebody, or an account: the words for the page, and what is known for the test. */
export interface Example {
  readonly who: string;
  readonly traits?: JsonObject;
  /** From the oldest on; `person` is which one of an account's people did it. */
  readonly did?: readonly (readonly [name: string, ago: string, properties?: JsonObject, person?: number])[];
  readonly audiences?: readonly string[];
  /** Of so many accounts or people that many are asked for. */
  readonly related?: { readonly total: number; readonly matching: number };
  /** How long ago their run began. */
  readonly entered?: string;
}

export interface ConditionExample {
  readonly says: string;
  readonly yaml: string;
  readonly holds: readonly Example[];
  readonly not: readonly Example[];
  /** Default people. */
  readonly of?: 'accounts';
  /** Only within a journey. */
  readonly inRun?: true;
}

export interface ExampleSection {
  readonly title: string;
  readonly intro: string;
  /** The form of the schema whose keys the section lists; none where it lists none. */
  readonly form?: 'tests' | 'event' | 'sequence' | 'related';
  readonly examples: readonly ConditionExample[];
}

export interface ValueExample {
  readonly says: string;
  /** Definitions; the values are those of the first trait or score. */
  readonly yaml: string;
  readonly of?: 'accounts';
  /** Absent where there is no value. */
  readonly values: readonly { readonly who: Example; readonly is?: Json; readonly of?: string }[];
}

/** When the examples are judged: a Tuesday at noon, in UTC as in the examples' workspace. */
export const EXAMPLES_NOW = Date.UTC(2026, 2, 10, 12);

/** What the conditions name: the settings of the examples' workspace, and two audiences. */
export const EXAMPLES_SETTINGS = `settings: examples
timezone: UTC
sender: Trellis <hello@trellis.example>
traits: { plan: string, role: string, createdAt: date, tags: list, seats: number, address: object, vip: boolean }
accountTraits: { plan: string, seats: number, contacts: number }
---
audience: power-users
event: Export Completed
times: { atLeast: 10 }
within: 30d
---
audience: enterprise
of: accounts
trait: plan
is: enterprise
---
trait: seats_used
count: { event: Seat Taken }
`;
