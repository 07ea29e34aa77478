/**
 * Tables of what people do to journeys and runs by hand.
 * @module
 */
import type { ColumnType } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Id, JsonOf } from './columns.ts';

/** `store` (audit): who did what by hand, and why. */
export interface AuditTable {
  id: Id;
  at: Date;
  who: string;
  did: string;
  journey: string | null;
  run_id: string | null;
  reason: string | null;
  detail: JsonOf<JsonObject>;
}

/** `runs`: journeys that were ever paused or stopped; by key, whatever version is in force. */
export interface JourneyControlsTable {
  journey: string;
  state: 'published' | 'paused' | 'stopped';
  /** Nobody enters. */
  refuses: boolean;
  /** Whoever is in it ends. */
  ends: boolean;
  since: Date;
  who: string;
  reason: string;
}

/** `runs`: runs that came due while their journey was paused; a row counts only as long as the run stands where it says. */
export interface HeldRunsTable {
  run_id: string;
  /** Of the cursor. */
  visit: number;
  due_at: Date;
  /** Its workflow waits to be woken. */
  asleep: boolean;
  /** When it goes on; null as long as the journey is paused. */
  release_at: Date | null;
  /** Its messages that were due then are not sent any more. */
  stale: ColumnType<boolean, boolean | undefined>;
}
