/**
 * Tables of people and accounts: who they are, and who turned out to be whom.
 * @module
 */
import type { ColumnType } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Id, JsonOf } from './columns.ts';

/** `profiles`: people and accounts. */
export interface ProfilesTable {
  id: Id;
  kind: ColumnType<'person' | 'account', 'person' | 'account' | undefined>;
  /** The caller's id; null while anonymous. */
  user_id: string | null;
  traits: JsonOf<JsonObject>;
  created_at: Date;
  /** Memberships are exact up to this instant of the profile's own event time. */
  applied_at: Date;
  /** The publication up to which every audience has been evaluated for this profile. */
  filled_to: number;
  /** Set when identify or alias made this the same person as another; the row then only points on. */
  merged_into: number | null;
  /** Instants up to here are history that was imported: the clock starts no journey by them. */
  quiet_until: ColumnType<Date | null, Date | null | undefined>;
}

/** `profiles`: every id that ever named a profile. */
export interface IdentitiesTable {
  kind: 'user' | 'anonymous' | 'account';
  value: string;
  profile_id: number;
  /** The profile that it named before that became another; null: `profile_id`. */
  origin_id: ColumnType<number | null, number | null | undefined>;
}

/** `profiles` */
export interface AccountMembersTable {
  account_id: number;
  person_id: number;
  joined_at: Date;
}

/** `profiles`: every time two profiles turned out to be one, with what undoing it needs. */
export interface MergesTable {
  id: Id;
  /** The profile that went. */
  from_id: number;
  /** The profile that stayed. */
  into_id: number;
  /** Which of the profiles behind `from_id` the event named. */
  from_named: number;
  into_named: number;
  /** The event that said so. */
  message_id: string;
  /** In the people's own time. */
  at: Date;
  recorded_at: Date;
  before: JsonOf<MergeBefore>;
  moved: JsonOf<MergeMoved>;
  undone_at: Date | null;
  /** When an `alias` after the undo made them one again. */
  rejoined_at: Date | null;
}

/** What one side of a merge was before. */
export interface SideBefore {
  /** It had no other profiles behind it. */
  readonly alone: boolean;
  readonly userId: string | null;
  readonly traits: JsonObject;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly accounts: readonly { readonly id: number; readonly joinedAt: string }[];
  /** What it did not want for ever. */
  readonly suppressed: readonly string[];
  /** What it did not want until then, ISO 8601. Absent in merges of before there was such a thing. */
  readonly snoozed?: Readonly<Record<string, string>>;
}

export interface MergeBefore {
  readonly from: SideBefore;
  readonly into: SideBefore;
}

export interface MergeMoved {
  readonly identities: readonly { readonly kind: string; readonly value: string }[];
  /** The profiles of accounts. */
  readonly accounts: readonly number[];
  readonly events: number;
  readonly runs: readonly string[];
  readonly ended: readonly { readonly run: string; readonly journey: string; readonly reason: string }[];
}

/** `profiles`: what was said of merged people afterwards, by the profile that the caller's ids name. */
export interface SaidSinceMergeTable {
  id: Id;
  profile_id: number;
  /** The newest merge at that moment. */
  after_merge: number;
  at: Date;
  traits: JsonOf<JsonObject> | null;
  account_id: number | null;
}
