/**
 * The tables, as kysely sees them. Each is read and written by one room only, named in its comment.
 * @module
 */

import type {
  AudienceChangesTable,
  AudienceStatesTable,
  FillCandidatesTable,
  JourneyVersionsTable,
  PublicationsTable,
} from './tables-audiences.ts';
import type { AuditTable, HeldRunsTable, JourneyControlsTable } from './tables-control.ts';
import type {
  EventsTable,
  HeldEventsTable,
  InboxTable,
  MessageIdsTable,
  PlanEventsTable,
  PlanViolationsTable,
} from './tables-events.ts';
import type {
  EnrichmentsTable,
  ImportsTable,
  SyncDeliveriesTable,
  SyncLanesTable,
  SyncsTable,
} from './tables-exchange.ts';
import type {
  AccountMembersTable,
  IdentitiesTable,
  MergesTable,
  ProfilesTable,
  SaidSinceMergeTable,
} from './tables-profiles.ts';
import type {
  BroadcastPeopleTable,
  BroadcastsTable,
  EntryCountsTable,
  EntryRefusalsTable,
  ExperimentWinnersTable,
  MessageAttemptsTable,
  MessagesTable,
  MigratedRunsTable,
  OfferGrantsTable,
  OfferStockTable,
  OutboxTable,
  RunLogTable,
  RunMigrationsTable,
  RunsTable,
  SuppressionsTable,
  TasksTable,
  WaitingEntriesTable,
} from './tables-runs.ts';

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
  entry_counts: EntryCountsTable;
  experiment_winners: ExperimentWinnersTable;
  waiting_entries: WaitingEntriesTable;
  broadcasts: BroadcastsTable;
  broadcast_people: BroadcastPeopleTable;
  messages: MessagesTable;
  message_attempts: MessageAttemptsTable;
  tasks: TasksTable;
  suppressions: SuppressionsTable;
  offer_grants: OfferGrantsTable;
  offer_stock: OfferStockTable;
  outbox: OutboxTable;
  run_migrations: RunMigrationsTable;
  migrated_runs: MigratedRunsTable;
  audit: AuditTable;
  journey_controls: JourneyControlsTable;
  held_runs: HeldRunsTable;
  merges: MergesTable;
  said_since_merge: SaidSinceMergeTable;
  sync_deliveries: SyncDeliveriesTable;
  sync_lanes: SyncLanesTable;
  syncs: SyncsTable;
  imports: ImportsTable;
  enrichments: EnrichmentsTable;
}
