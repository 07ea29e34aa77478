import { sql } from 'kysely';
import type { JsonObject } from '../../src/core/condition.ts';
import type { Channel } from '../../src/core/journey.ts';
import type { Refusal } from '../../src/core/pressure.ts';
import type { Cursor, Outcome } from '../../src/core/run.ts';
import { jsonb } from '../../src/store/columns.ts';
import type { Database } from '../../src/store/database.ts';
import type { StoredVariant } from '../../src/store/tables-runs.ts';

export const AT = new Date('2024-02-01T12:00:00.000Z');

export async function addPerson(db: Database, userId: string): Promise<number> {
  const { id } = await db
    .insertInto('profiles')
    .values({ user_id: userId, traits: jsonb({}), created_at: AT, applied_at: AT, filled_to: 1 })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export interface RunRow {
  readonly journey: string;
  readonly person: string;
  readonly visit?: number;
  readonly heldOut?: boolean;
  readonly heldOutEverywhere?: boolean;
  readonly status: 'active' | Outcome;
  readonly cursor?: Cursor;
  /** Default: the journey's name. */
  readonly version?: string;
  readonly enteredAt?: Date;
  readonly exposedAt?: Date;
  readonly entry?: JsonObject;
  readonly endedAt?: Date;
  readonly variants?: Readonly<Record<string, StoredVariant>>;
}

const BEGUN: Cursor = { phase: 'ready', step: null, at: AT.getTime(), visit: 0 };

/** Returns the run's id. */
export async function addRun(
  db: Database,
  { journey, person, visit = 0, heldOut = false, status, cursor = BEGUN, version = journey, ...more }: RunRow,
): Promise<string> {
  const { exposedAt = null, endedAt = AT, variants } = more;
  const id = `${journey}/${person}/${visit}`;
  await sql`
    insert into journey_versions (hash, key, body, first_published_at) values (${version}, ${journey}, '{}', ${AT})
    on conflict do nothing
  `.execute(db);
  await db
    .insertInto('runs')
    .values({
      id,
      journey,
      version,
      profile_id: Number(person.slice(1)),
      person,
      visit,
      held_out: heldOut,
      held_out_everywhere: more.heldOutEverywhere ?? false,
      entered_at: more.enteredAt ?? AT,
      entry: jsonb(more.entry ?? {}),
      status,
      ended_at: status === 'active' ? null : endedAt,
      end_reason: null,
      cursor: jsonb(cursor),
      woken_at: null,
      due_at: null,
      exposed_at: exposedAt,
      variants: variants === undefined ? null : jsonb(variants),
    })
    .execute();
  return id;
}

let messages = 0;

export async function addMessage(
  db: Database,
  runId: string,
  channel: Channel,
  status: 'reserved' | 'sending' | 'sent' | 'refused' | 'failed',
  refusal: Refusal | null = null,
): Promise<string> {
  messages += 1;
  const id = `${runId}/step-${messages}/0`;
  await db
    .insertInto('messages')
    .values({
      id,
      run_id: runId,
      journey: runId.split('/')[0] ?? '',
      step: `step-${messages}`,
      visit: 0,
      profile_id: 1,
      channel,
      template: null,
      category: null,
      status,
      refusal: refusal === null ? null : jsonb(refusal),
      detail: null,
      reserved_at: AT,
      sent_at: status === 'sent' ? AT : null,
      seen_at: null,
      clicked_at: null,
      dismissed_at: null,
      expires_at: null,
      content: null,
    })
    .execute();
  return id;
}
