/**
 * Random histories as rows: profiles, events, audiences and who belongs to whom.
 * @module
 */
import { sql } from 'kysely';
import type { Facts } from '../../src/core/facts.ts';
import type { SubjectKind } from '../../src/definitions/workspace-types.ts';
import type { Database } from '../../src/store/database.ts';

export interface Stored {
  readonly id: number;
  /** As a question finds them outside a run. */
  readonly facts: Facts;
}

/** Replaces everything that is stored by a profile of this kind for each history. */
export async function storeHistories(db: Database, of: SubjectKind, histories: readonly Facts[]): Promise<Stored[]> {
  for (const table of ['events', 'audience_states', 'account_members', 'profiles'] as const)
    await db.deleteFrom(table).execute();
  const related = histories.map((facts) => facts.related ?? { total: 0, inAudience: new Map<string, number>() });
  const ids = await insertProfiles(
    db,
    of,
    histories.map(({ traits }) => traits),
  );
  const others = await insertProfiles(
    db,
    of === 'person' ? 'account' : 'person',
    related.flatMap(({ total }) => Array.from({ length: total }, () => ({}))),
  );

  const events: object[] = [];
  const states: object[] = [];
  const members: object[] = [];
  let nextOther = 0;
  const stored = histories.map((facts, index): Stored => {
    const id = ids[index] ?? 0;
    const { total, inAudience } = related[index] ?? { total: 0, inAudience: new Map<string, number>() };
    const own = others.slice(nextOther, nextOther + total);
    nextOther += total;
    for (const other of own)
      members.push(of === 'person' ? { person_id: id, account_id: other } : { person_id: other, account_id: id });
    for (const [audience, count] of inAudience)
      for (const other of own.slice(0, count)) states.push({ profile_id: other, audience, member: true });
    for (const audience of facts.audiences) states.push({ profile_id: id, audience, member: true });
    states.push({ profile_id: id, audience: 'only-due', member: false });
    events.push({ ...eventRow(of, id, facts.events[0]?.at ?? 0), name: 'identify', type: 'identify' });
    for (const { name, at, properties, byEngine = false, person } of facts.events)
      events.push({ ...eventRow(of, id, at, person), name, type: 'track', by_engine: byEngine, properties });
    const { enteredAt: _inRunsOnly, ...known } = facts;
    const inKind = known.events.map(({ person = 0, ...event }) => (of === 'account' ? { ...event, person } : event));
    return { id, facts: { ...known, events: inKind } };
  });
  await insertRows(db, events, states, members);
  return stored;
}

const SOMEBODY = 1_000_000_000;

function eventRow(of: SubjectKind, id: number, at: number, person = 0) {
  const whose = of === 'person' ? { profile_id: id } : { profile_id: SOMEBODY + person, account_id: id };
  return { ...whose, by_engine: false, properties: {}, occurred_at: new Date(at) };
}

async function insertProfiles(db: Database, of: SubjectKind, traits: readonly object[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    insert into profiles (kind, traits, created_at, applied_at, filled_to)
    select ${of}, one, now(), to_timestamp(0), 1 from jsonb_array_elements(${JSON.stringify(traits)}::jsonb) as given (one)
    returning id
  `.execute(db);
  return rows.map(({ id }) => id);
}

async function insertRows(db: Database, events: object[], states: object[], members: object[]): Promise<void> {
  await sql`
    insert into events (profile_id, account_id, name, type, by_engine, occurred_at, received_at, message_id, properties)
    select profile_id, account_id, name, type, by_engine, occurred_at, occurred_at, '', properties
    from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as row (
      profile_id bigint, account_id bigint, name text, type text, by_engine boolean, occurred_at timestamptz, properties jsonb)
  `.execute(db);
  await sql`
    insert into audience_states (profile_id, audience, member, since)
    select profile_id, audience, member, now()
    from jsonb_to_recordset(${JSON.stringify(states)}::jsonb) as row (profile_id bigint, audience text, member boolean)
  `.execute(db);
  await sql`
    insert into account_members (account_id, person_id, joined_at)
    select account_id, person_id, now()
    from jsonb_to_recordset(${JSON.stringify(members)}::jsonb) as row (account_id bigint, person_id bigint)
  `.execute(db);
}
