/**
 * Tables of what happened: on its way in, counted, kept aside and logged.
 * @module
 */
import type { ColumnType } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Id, JsonOf } from './columns.ts';

/** `ingest`: events answered with 200 and not yet processed. */
export interface InboxTable {
  id: Id;
  /** A person's events are all in one lane, in order. See `laneOf`. */
  lane: number;
  message_id: string;
  occurred_at: Date;
  received_at: Date;
  body: JsonOf<object>;
  /** The account whose traits the row tells. */
  account_id: ColumnType<number | null, number | null | undefined>;
}

/** `process`: what has been counted once already. */
export interface MessageIdsTable {
  message_id: string;
  received_at: Date;
}

/** `tracking-plan`: events that violate the plan or could not be applied, kept with the reason. */
export interface HeldEventsTable {
  id: Id;
  event: string;
  message_id: string;
  received_at: Date;
  held_at: Date;
  body: JsonOf<object>;
  reason: string;
  /** Whether the message id is in `message_ids`, so that a release has to take it out. */
  counted: ColumnType<boolean, boolean | undefined>;
  /** Of the tracking plan of `publication_id`; null where the event is held for another reason. */
  violations: JsonOf<object | null>;
  publication_id: number | null;
  discarded_at: Date | null;
  discarded_because: string | null;
}

/** `tracking-plan`: events by name and lane, counted as long as there is a plan. */
export interface PlanEventsTable {
  event: string;
  lane: number;
  seen: number;
  /** With violations. */
  passed: number;
  held: number;
  released: number;
  discarded: number;
  first_seen: Date | null;
  last_seen: Date | null;
}

/** An event that violated the tracking plan. */
export interface PlanSample {
  readonly expected: string;
  readonly got: string;
  readonly messageId: string;
  readonly person: string | null;
  readonly at: string;
}

/** `tracking-plan`: how often events violate the plan, by event, property, kind of violation and lane. */
export interface PlanViolationsTable {
  event: string;
  field: string;
  kind: string;
  lane: number;
  passed: number;
  held: number;
  first_seen: Date;
  last_seen: Date;
  sample: JsonOf<PlanSample>;
}

/** `ingest`: the event log, partitioned by month of `occurred_at`. */
export interface EventsTable {
  id: Id;
  profile_id: number;
  /** Where it was done; null: in none. */
  account_id: ColumnType<number | null, number | null | undefined>;
  name: string;
  type: string;
  by_engine: ColumnType<boolean, boolean | undefined>;
  occurred_at: Date;
  received_at: Date;
  message_id: string;
  properties: JsonOf<JsonObject>;
  context: JsonOf<JsonObject>;
  /** The profile that the event's own ids name, where that became another; null: `profile_id`. */
  origin_id: ColumnType<number | null, number | null | undefined>;
}
