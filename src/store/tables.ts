/**
 * The tables, as kysely sees them. Each is read and written by one room only, named in its comment.
 * @module
 */
import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { Json, JsonObject } from '../core/condition.ts';
import type { Because } from '../core/evaluate.ts';
import type { Cursor, LogEntry, Outcome } from '../core/interpret.ts';
import type { Channel, Journey } from '../core/journey.ts';
import type { Refusal } from '../core/pressure.ts';

type Id = Generated<number>;
type JsonOf<T extends object | null> = JSONColumnType<T, string, string>;

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

/** `runs`: one row per run; `id` is the workflow's id. */
export interface RunsTable {
  id: string;
  journey: string;
  version: string;
  profile_id: number;
  /** What chance is drawn for: the user id, or `profile:<id>`. */
  person: string;
  /** How many runs of this journey the person had before. */
  visit: number;
  held_out: boolean;
  entered_at: Date;
  /** What the run was entered by, for templates and for people to see. */
  entry: JsonOf<JsonObject>;
  status: ColumnType<'active' | Outcome, 'active' | Outcome | undefined>;
  ended_at: Date | null;
  end_reason: string | null;
  cursor: JsonOf<Cursor>;
  /** When the condition that the run waits for came true. */
  woken_at: Date | null;
  /** When time alone could end or wake the run by its goal, exit or awaited condition. */
  due_at: Date | null;
  /** Whose run it was before that profile became another; null: `profile_id`. */
  origin_id: ColumnType<number | null, number | null | undefined>;
  /** The run of the same person that went on, where this one ended as `merged`. */
  merged_into: ColumnType<string | null, string | null | undefined>;
}

/** `runs`: what each run did. */
export interface RunLogTable {
  id: Id;
  run_id: string;
  step: string | null;
  kind: string;
  visit: number;
  at: Date;
  recorded_at: Date;
  entry: JsonOf<LogEntry>;
}

/** `runs`: people who qualified for a journey and did not enter, with why. */
export interface EntryRefusalsTable {
  id: Id;
  journey: string;
  profile_id: number;
  at: Date;
  reason: string;
}

/** `runs`: every message wanted, whether it went out or not. The id is `<run id>/<step>/<visit>`. */
export interface MessagesTable {
  id: string;
  run_id: string;
  journey: string;
  step: string;
  visit: number;
  profile_id: number;
  channel: Channel;
  template: string | null;
  category: string | null;
  status: 'reserved' | 'sending' | 'sent' | 'refused' | 'failed';
  refusal: JsonOf<Refusal> | null;
  detail: JsonOf<JsonObject> | null;
  attempts: ColumnType<number, number | undefined>;
  reserved_at: Date;
  sent_at: Date | null;
  seen_at: Date | null;
  clicked_at: Date | null;
  dismissed_at: Date | null;
  expires_at: Date | null;
  content: JsonOf<JsonObject> | null;
}

/** `runs`: each try to hand a message to its channel whose end was not plain success. */
export interface MessageAttemptsTable {
  id: Id;
  message_id: string;
  attempt: number;
  at: Date;
  result: string;
  detail: string | null;
}

/** `sales` */
export interface TasksTable {
  id: string;
  profile_id: number;
  title: string;
  owner: string;
  due_at: Date;
  brief: string;
  status: ColumnType<
    'open' | 'claimed' | 'snoozed' | 'completed',
    'open' | 'claimed' | 'snoozed' | 'completed' | undefined
  >;
  claimed_by: string | null;
  snoozed_until: Date | null;
  outcome: string | null;
  note: string | null;
  created_at: Date;
  completed_at: Date | null;
}

/** `runs`: categories a person does not want; `all` is every one. */
export interface SuppressionsTable {
  profile_id: number;
  category: string;
  at: Date;
  cause: JsonOf<JsonObject>;
}

/** `runs`: what Temporal is still to be told. */
export interface OutboxTable {
  id: Id;
  run_id: string;
  kind: 'start' | 'wake' | 'end';
  body: JsonOf<JsonObject>;
}

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
  what: 'people' | 'accounts' | 'events';
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
  readonly suppressed: readonly string[];
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

export interface Tables {
  profiles: ProfilesTable;
  identities: IdentitiesTable;
  account_members: AccountMembersTable;
  inbox: InboxTable;
  message_ids: MessageIdsTable;
  held_events: HeldEventsTable;
  plan_events: PlanEventsTable;
  plan_violations: PlanViolationsTable;
  events: EventsTable;
  audience_states: AudienceStatesTable;
  audience_changes: AudienceChangesTable;
  publications: PublicationsTable;
  fill_candidates: FillCandidatesTable;
  journey_versions: JourneyVersionsTable;
  runs: RunsTable;
  run_log: RunLogTable;
  entry_refusals: EntryRefusalsTable;
  messages: MessagesTable;
  message_attempts: MessageAttemptsTable;
  tasks: TasksTable;
  suppressions: SuppressionsTable;
  outbox: OutboxTable;
  merges: MergesTable;
  said_since_merge: SaidSinceMergeTable;
  sync_deliveries: SyncDeliveriesTable;
  sync_lanes: SyncLanesTable;
  syncs: SyncsTable;
  imports: ImportsTable;
  enrichments: EnrichmentsTable;
}

/** Text for a jsonb parameter. */
export function jsonb(value: Json | object): string {
  return JSON.stringify(value);
}
