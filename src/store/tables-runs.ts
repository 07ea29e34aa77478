/**
 * Tables of runs, their messages and tasks, and what Temporal is still to be told.
 * @module
 */
import type { ColumnType } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { AssignedBy } from '../core/experiment.ts';
import type { Channel } from '../core/journey.ts';
import type { StepMap } from '../core/migration.ts';
import type { Refusal } from '../core/pressure.ts';
import type { ChosenBecause } from '../core/roles.ts';
import type { Cursor, LogEntry, Outcome } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import type { Id, JsonOf } from './columns.ts';

/** `runs`: one row per run; `id` is the workflow's id. */
export interface RunsTable {
  id: string;
  journey: string;
  /** Which of the runs side by side it is; null where the journey has one at a time. */
  instance: ColumnType<string | null, string | null | undefined>;
  version: string;
  profile_id: number;
  /** What chance is drawn for: the user id, or `profile:<id>`. */
  person: string;
  /** How many runs of this journey the person had before; of this instance, where it has several. */
  visit: number;
  held_out: boolean;
  /** Held out of every journey. */
  held_out_everywhere: ColumnType<boolean, boolean | undefined>;
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
  /** The version by which it was entered, where it was moved to another since; null: `version`. */
  entered_version: ColumnType<string | null, string | null | undefined>;
  /** When the first step that acts on the person was reached, whether anything came of it or not; by the run's time. */
  exposed_at: ColumnType<Date | null, Date | null | undefined>;
  /** What the person got in experiments, by their names; null: the run came to none. */
  variants: ColumnType<Readonly<Record<string, StoredVariant>> | null, string | null | undefined>;
}

export interface StoredVariant {
  readonly variant: string;
  readonly by: AssignedBy;
  /** By the run's time. */
  readonly at: Instant;
  /** That of the journey which gave it. */
  readonly version: string;
}

/** `runs`: variants that whoever is new gets. One in force per experiment; those that were taken back stay on record. */
export interface ExperimentWinnersTable {
  id: Id;
  journey: string;
  experiment: string;
  variant: string;
  /** By a person, and not by the experiment's rule. */
  by_hand: boolean;
  /** What the rule was decided by. */
  figures: JsonOf<JsonObject> | null;
  decided_at: Date;
  undone_at: Date | null;
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
  instance: ColumnType<string | null, string | null | undefined>;
  at: Date;
  reason: string;
}

/** `runs`: entries that wait for the end of another run of the same group; one for each journey, or each instance of it. */
export interface WaitingEntriesTable {
  profile_id: number;
  journey: string;
  instance: string | null;
  entry: JsonOf<JsonObject>;
  since: Date;
}

/** `runs`: how many entered a journey with a limit on a day, by the clock of its limit. */
export interface EntryCountsTable {
  journey: string;
  day: string;
  entered: number;
}

/** `runs`: each time of a scheduled journey. `runs/broadcast-rows.ts` says what the columns mean. */
export interface BroadcastsTable {
  id: Id;
  journey: string;
  /** By the clock on the wall: `2026-03-01T10:00`. */
  occurrence: string;
  status: 'planned' | 'running' | 'paused' | 'cancelled' | 'done' | 'missed';
  pass_at: Date;
  since: Date;
  zones: string[] | null;
  after_id: ColumnType<number, number | undefined>;
  turn_at: Date;
  entered: ColumnType<number, number | undefined>;
  refused: ColumnType<number, number | undefined>;
  planned_at: Date;
}

/** `runs`: who had their turn in a broadcast that is not over. */
export interface BroadcastPeopleTable {
  broadcast_id: number;
  profile_id: number;
}

/**
 * `runs`: every message wanted, whether it went out or not. The id is `<run id>/<step>/<visit>`; where an account's run
 * has several receivers at a step, `/<profile id>` follows.
 */
export interface MessagesTable {
  id: string;
  run_id: string;
  journey: string;
  step: string;
  visit: number;
  /** Whoever gets it. */
  profile_id: number;
  channel: Channel;
  /** The account that whoever gets it was in, for caps of accounts. */
  in_account: ColumnType<number | null, number | null | undefined>;
  template: string | null;
  category: string | null;
  /** What it offers. */
  offer: ColumnType<string | null, string | null | undefined>;
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
  /** The account whose run it is; null: the run is about the receiver. */
  account_id: ColumnType<number | null, number | null | undefined>;
  /** Of an account's run: by which role the receiver was chosen, and why. */
  chosen: JsonOf<ChosenBecause> | null;
  /** Of an account's run: whom it went to before that profile became another; null: `profile_id`. */
  origin_id: ColumnType<number | null, number | null | undefined>;
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
  /** The person or the account that it is about. */
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
  /** People of the account who matter, by role. Null: the task is about a person. */
  stakeholders: JsonOf<readonly Stakeholder[]> | null;
}

export type Stakeholder = {
  readonly userId: string | null;
  /** Every role that the person was chosen by, and why. */
  readonly chosen: readonly ChosenBecause[];
  /** As they were when the task was made. */
  readonly traits: JsonObject;
};

/** `runs`: what a person does not want. */
export interface SuppressionsTable {
  profile_id: number;
  /** A category, `all`, or one thing: `offer:…`, `template:…`, `journey:…`. */
  what: string;
  /** Null: for ever. */
  until: ColumnType<Date | null, Date | null | undefined>;
  at: Date;
  cause: JsonOf<JsonObject>;
}

/** `runs`: what steps picked to offer; a step that is done again has a row for each visit. */
export interface OfferGrantsTable {
  run_id: string;
  step: string;
  visit: number;
  offer: string;
  value: number;
  propensity: number;
  at: Date;
}

/** `runs`: how many of a limited offer were given, by shards that are locked one at a time. */
export interface OfferStockTable {
  offer: string;
  shard: number;
  taken: number;
  /** `taken` at most. */
  room: number;
  /** The publication whose limit the rooms come to, together. */
  publication_id: number;
}

/** `runs`: what Temporal is still to be told. */
export interface OutboxTable {
  id: Id;
  run_id: string;
  kind: 'start' | 'wake' | 'end';
  body: JsonOf<JsonObject>;
}

/** `runs`: people of one journey who are being moved to another version, or were. One at a time for each journey. */
export interface RunMigrationsTable {
  id: Id;
  journey: string;
  /** The hash of the version to go to; null: the journey is taken out. */
  version: string | null;
  map: JsonOf<StepMap>;
  asked_by: string;
  asked_at: Date;
  /** Null: it is under way. */
  done_at: ColumnType<Date | null, undefined>;
}

/** `runs`: what became of each run that was under way when a migration began. */
export interface MigratedRunsTable {
  migration_id: number;
  run_id: string;
  /** Null: it is still to be looked at. `ended`: by itself, before that. */
  outcome: 'moved' | 'stayed' | 'out' | 'ended' | null;
  at: Date | null;
}
