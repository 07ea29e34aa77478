/**
 * Tables of what goes to other systems and comes from them.
 * @module
 */
import type { ColumnType } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Id, JsonOf } from './columns.ts';

/** `sync`: changes of audiences that another system is told of, and what came of it. */
export interface SyncDeliveriesTable {
  /** In the order of the changes. */
  seq: Id;
  sync: string;
  profile_id: number;
  /** The row of `audience_changes`; null for members that were there before the sync. */
  change_id: number | null;
  type: 'entered' | 'left';
  at: Date;
  /** Who it is about, and the fields as they were at that time. */
  body: JsonOf<JsonObject>;
  queued_at: Date;
  status: ColumnType<'waiting' | 'delivered' | 'failed', 'waiting' | 'delivered' | 'failed' | undefined>;
  /** How often it was asked for again; what an attempt of an earlier round finds out no longer counts. */
  round: ColumnType<number, number | undefined>;
  /** Of this round. */
  attempts: ColumnType<number, number | undefined>;
  first_tried_at: Date | null;
  done_at: Date | null;
  error: string | null;
}

/** `sync`: one row per sync and person with something waiting; its lock puts that person's changes in order. */
export interface SyncLanesTable {
  sync: string;
  profile_id: number;
  /** When the oldest waiting change is tried; while that is under way, when it is taken for lost. */
  due_at: Date;
  /** Under way; whoever set `due_at` is the one who may say how it went. */
  leased: ColumnType<boolean, boolean | undefined>;
}

/** `sync`: how each sync fares. */
export interface SyncsTable {
  key: string;
  /** Calls go out no sooner, whoever makes them. Milliseconds, with fractions where the rate asks for them. */
  next_call_at: ColumnType<number, number | undefined>;
  /** Ever. */
  delivered: ColumnType<number, number | undefined>;
  last_error: string | null;
  last_error_at: Date | null;
  /** The address that answered 410; nothing goes to it until it changes or somebody says so. */
  stopped_url: string | null;
  stopped_at: Date | null;
  stopped_because: string | null;
  /** Since when the workspace has no such sync. */
  removed_at: Date | null;
}

/** `import`: files that were read or are being read. The id stands for their content, their columns and what they hold. */
export interface ImportsTable {
  id: string;
  what: 'people' | 'accounts' | 'events' | 'entries';
  file: string;
  silent: boolean;
  started_at: Date;
  updated_at: Date;
  finished_at: Date | null;
  /** Up to here, counted without compression, every row was stored or rejected. */
  bytes: ColumnType<number, number | undefined>;
  lines: ColumnType<number, number | undefined>;
  stored: ColumnType<number, number | undefined>;
  /** How many rows were rejected, by reason. */
  reasons: ColumnType<Record<string, number>, string | undefined, string>;
  /** How long the file of rejects was. */
  rejects_bytes: ColumnType<number, number | undefined>;
}

/** By address: when it answered (epoch milliseconds), and the traits; null where it did not know the profile. */
export type EnrichmentCache = { readonly [url: string]: { readonly at: number; readonly traits: JsonObject | null } };

/** `enrichment`: what was asked of others about a profile, and when it is asked next. */
export interface EnrichmentsTable {
  profile_id: number;
  enrichment: string;
  /** Its condition holds. */
  wanted: ColumnType<boolean, boolean | undefined>;
  due_at: Date | null;
  status: ColumnType<
    'waiting' | 'done' | 'not-found' | 'failing' | 'failed',
    'waiting' | 'done' | 'not-found' | 'failing' | 'failed' | undefined
  >;
  /** Failures in a row. */
  attempts: ColumnType<number, number | undefined>;
  /** The address asked last, with `***` for secrets. */
  url: string | null;
  /** When that address last answered that it knows, or does not know, the profile. */
  fetched_at: Date | null;
  problem: string | null;
  /** The traits that were taken from the answer. */
  answer: JsonOf<JsonObject> | null;
  /** What each address answered, as long as it is not asked again. */
  cache: ColumnType<EnrichmentCache, string | undefined, string>;
}
