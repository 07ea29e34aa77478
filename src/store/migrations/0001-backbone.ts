import { type Kysely, sql } from 'kysely';

/** Everything the backbone stores. Read `../tables.ts` for what the columns mean. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table profiles (
      id bigint generated always as identity primary key,
      kind text not null default 'person' check (kind in ('person', 'account')),
      user_id text,
      traits jsonb not null default '{}',
      created_at timestamptz not null,
      applied_at timestamptz not null,
      filled_to bigint not null default 0,
      merged_into bigint references profiles
    );
    create unique index profiles_user_id on profiles (kind, user_id);
    create index profiles_filled_to on profiles (filled_to, id);

    create table identities (
      kind text not null check (kind in ('user', 'anonymous', 'account')),
      value text not null,
      profile_id bigint not null references profiles on delete cascade,
      primary key (kind, value)
    );
    create index identities_profile on identities (profile_id);

    create table account_members (
      account_id bigint not null references profiles on delete cascade,
      person_id bigint not null references profiles on delete cascade,
      joined_at timestamptz not null,
      primary key (account_id, person_id)
    );
    create index account_members_person on account_members (person_id, joined_at);

    create table inbox (
      id bigint generated always as identity primary key,
      lane smallint not null,
      message_id text not null,
      occurred_at timestamptz not null,
      received_at timestamptz not null,
      body jsonb not null
    );
    create index inbox_lane on inbox (lane, id);

    create table message_ids (
      message_id text primary key,
      received_at timestamptz not null
    );

    create table held_events (
      id bigint generated always as identity primary key,
      message_id text not null,
      received_at timestamptz not null,
      body jsonb not null,
      reason text not null
    );

    create table events (
      id bigint generated always as identity,
      profile_id bigint not null,
      name text not null,
      type text not null,
      by_engine boolean not null default false,
      occurred_at timestamptz not null,
      received_at timestamptz not null,
      message_id text not null,
      properties jsonb not null default '{}',
      context jsonb not null default '{}'
    ) partition by range (occurred_at);
    create index events_profile on events (profile_id, name, occurred_at);
    create table events_other partition of events default;

    create table audience_states (
      profile_id bigint not null,
      audience text not null,
      member boolean not null,
      since timestamptz not null,
      due_at timestamptz,
      primary key (profile_id, audience)
    );
    create index audience_members on audience_states (audience, profile_id) where member;
    create index audience_due on audience_states (due_at) where due_at is not null;

    create table audience_changes (
      id bigint generated always as identity primary key,
      profile_id bigint not null,
      audience text not null,
      entered boolean not null,
      at timestamptz not null,
      cause text not null check (cause in ('event', 'clock', 'definition', 'audience', 'merge')),
      because jsonb,
      recorded_at timestamptz not null
    );
    create index audience_changes_profile on audience_changes (profile_id, audience, id);

    create table publications (
      id bigint generated always as identity primary key,
      published_at timestamptz not null,
      hash text not null,
      workspace jsonb not null
    );

    create table journey_versions (
      hash text primary key,
      key text not null,
      body jsonb not null,
      first_published_at timestamptz not null
    );

    create table runs (
      id text primary key,
      journey text not null,
      version text not null references journey_versions,
      profile_id bigint not null,
      person text not null,
      visit integer not null,
      held_out boolean not null,
      entered_at timestamptz not null,
      entry jsonb not null,
      status text not null default 'active' check (status in ('active', 'converted', 'exited', 'timed-out', 'completed', 'merged')),
      ended_at timestamptz,
      end_reason text,
      cursor jsonb not null,
      woken_at timestamptz,
      due_at timestamptz,
      unique (journey, profile_id, visit)
    );
    create index runs_profile on runs (profile_id, journey);
    create index runs_due on runs (due_at) where status = 'active' and due_at is not null;
    create index runs_journey on runs (journey, entered_at, id);

    create table run_log (
      id bigint generated always as identity primary key,
      run_id text not null references runs on delete cascade,
      step text,
      kind text not null,
      visit integer not null,
      at timestamptz not null,
      recorded_at timestamptz not null,
      entry jsonb not null
    );
    create index run_log_run on run_log (run_id, id);

    create table entry_refusals (
      id bigint generated always as identity primary key,
      journey text not null,
      profile_id bigint not null,
      at timestamptz not null,
      reason text not null
    );

    create table messages (
      id text primary key,
      run_id text not null references runs on delete cascade,
      journey text not null,
      step text not null,
      visit integer not null,
      profile_id bigint not null,
      channel text not null check (channel in ('email', 'in-app', 'sales-task', 'webhook')),
      template text,
      category text,
      status text not null check (status in ('reserved', 'sending', 'sent', 'refused', 'failed')),
      refusal jsonb,
      detail jsonb,
      attempts integer not null default 0,
      reserved_at timestamptz not null,
      sent_at timestamptz,
      seen_at timestamptz,
      clicked_at timestamptz,
      dismissed_at timestamptz,
      expires_at timestamptz,
      content jsonb
    );
    create index messages_profile on messages (profile_id, reserved_at);
    create index messages_run on messages (run_id);
    create index messages_listed on messages (reserved_at, id);

    create table message_attempts (
      id bigint generated always as identity primary key,
      message_id text not null references messages on delete cascade,
      attempt integer not null,
      at timestamptz not null,
      result text not null,
      detail text
    );
    create index message_attempts_message on message_attempts (message_id);

    create table tasks (
      id text primary key references messages on delete cascade,
      profile_id bigint not null,
      title text not null,
      owner text not null,
      due_at timestamptz not null,
      brief text not null,
      status text not null default 'open' check (status in ('open', 'claimed', 'snoozed', 'completed')),
      claimed_by text,
      snoozed_until timestamptz,
      outcome text,
      note text,
      created_at timestamptz not null,
      completed_at timestamptz
    );
    create index tasks_status on tasks (status, due_at, id);
    create index tasks_profile on tasks (profile_id);

    create table suppressions (
      profile_id bigint not null,
      category text not null,
      at timestamptz not null,
      cause jsonb not null,
      primary key (profile_id, category)
    );

    create table outbox (
      id bigint generated always as identity primary key,
      run_id text not null,
      kind text not null check (kind in ('start', 'wake', 'end')),
      body jsonb not null
    );
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop table outbox, suppressions, tasks, message_attempts, messages, entry_refusals, run_log, runs, journey_versions,
      publications, audience_changes, audience_states, events, held_events, message_ids, inbox, account_members, identities, profiles
  `.execute(db);
}
