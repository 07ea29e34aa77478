/**
 * Tables of definitions in force, and of who is in which audience.
 * @module
 */
import type { ColumnType } from 'kysely';
import type { Because } from '../core/evaluate.ts';
import type { Journey } from '../core/journey.ts';
import type { Id, JsonOf } from './columns.ts';

/** `audiences`: a row where the profile is a member or will be re-evaluated by the clock. */
export interface AudienceStatesTable {
  profile_id: number;
  audience: string;
  member: boolean;
  /** When it last entered or left. */
  since: Date;
  due_at: Date | null;
}

/** `audiences`: every entry and exit. */
export interface AudienceChangesTable {
  id: Id;
  profile_id: number;
  audience: string;
  entered: boolean;
  at: Date;
  cause: 'event' | 'clock' | 'definition' | 'audience' | 'merge';
  because: JsonOf<Because> | null;
  recorded_at: Date;
}

/** `definitions`: the workspace as it was published; the newest row is in force. */
export interface PublicationsTable {
  id: Id;
  published_at: Date;
  hash: string;
  workspace: JsonOf<object>;
  /** `process`: since when `fill_candidates` has everybody whom the fill must look at. */
  candidates_at: ColumnType<Date | null, Date | undefined>;
  /** `process`: every audience is right for everybody, as of this publication. */
  filled_at: ColumnType<Date | null, Date | undefined>;
}

/** `process`: whom the fill of the publication in force has still to look at. */
export interface FillCandidatesTable {
  profile_id: number;
  publication_id: number;
}

/** `definitions`: immutable, by content hash. */
export interface JourneyVersionsTable {
  hash: string;
  key: string;
  body: JsonOf<Journey>;
  first_published_at: Date;
}
