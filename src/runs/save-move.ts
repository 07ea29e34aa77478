/**
 * Storing what one move of a run decided, in one statement.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Refusal } from '../core/pressure.ts';
import type { ChosenBecause } from '../core/roles.ts';
import type { Cursor, LogEntry, Outcome } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import { type IncomingEvent, storing } from '../ingest/inbox.ts';
import type { Queryable } from '../store/database.ts';
import { announcement } from '../store/notify.ts';
import { variantsIn } from './variants.ts';

/** A message to be stored with the move: reserved, put up at once, or refused. */
export interface NewMessage {
  readonly id: string;
  readonly step: string;
  readonly visit: number;
  readonly channel: string;
  readonly template: string | null;
  readonly category: string | null;
  readonly offer: string | null;
  readonly status: 'reserved' | 'sending' | 'sent' | 'refused';
  /** To deliver it, that have begun. */
  readonly attempts: number;
  readonly refusal: Refusal | null;
  readonly expires_at: Date | null;
  readonly content: JsonObject | null;
  /** Whoever gets it. */
  readonly profile_id: number;
  readonly account_id: number | null;
  /** The one that whoever gets it is in. */
  readonly in_account: number | null;
  readonly chosen: ChosenBecause | null;
}

/** What became of a message that was on its way. */
export interface MessageResult {
  readonly id: string;
  readonly status: 'sent' | 'refused' | 'failed';
  readonly refusal: Refusal | null;
  readonly detail: JsonObject | null;
}

export interface StoredMove {
  readonly runId: string;
  readonly version: string;
  readonly journey: string;
  readonly status: 'active' | Outcome;
  readonly endReason: string | null;
  readonly endedAt: Instant | null;
  readonly cursor: Cursor;
  readonly wokenAt: Instant | null;
  readonly dueAt: Instant | null;
  readonly log: readonly LogEntry[];
  readonly messages: readonly NewMessage[];
  readonly result: MessageResult | null;
  /** When the first acting step of the move was reached; null: it reached none. */
  readonly exposedAt: Instant | null;
  /** What the engine reports of it. */
  readonly events: readonly IncomingEvent[];
}

/** @param now when it is recorded, and when the messages were reserved or put up */
export async function saveMove(tx: Queryable, move: StoredMove, now: Instant): Promise<void> {
  const at = new Date(now);
  const variants = variantsIn(move.log, move.version);
  const date = (instant: Instant | null) => (instant === null ? null : new Date(instant));
  const log = move.log.map((entry) => ({
    step: entry.step,
    kind: entry.kind,
    visit: entry.visit,
    at: new Date(entry.at),
    entry,
  }));
  await sql`
    with logged as (
      insert into run_log (run_id, step, kind, visit, at, recorded_at, entry)
      select ${move.runId}, step, kind, visit, at, ${at}, entry
      from jsonb_to_recordset(${JSON.stringify(log)}::jsonb) as row (step text, kind text, visit integer, at timestamptz, entry jsonb)
    ), added as (
      insert into messages (id, run_id, journey, step, visit, profile_id, account_id, in_account, chosen, channel, template, category, offer, status, attempts,
        refusal, reserved_at, sent_at, expires_at, content)
      select id, ${move.runId}, ${move.journey}, step, visit, profile_id, account_id, in_account, nullif(chosen, 'null'), channel, template, category, offer,
        status, attempts, nullif(refusal, 'null'), ${at}, case when status = 'sent' then ${at}::timestamptz end, expires_at, nullif(content, 'null')
      from jsonb_to_recordset(${JSON.stringify(move.messages)}::jsonb) as row (
        id text, step text, visit integer, profile_id bigint, account_id bigint, in_account bigint, chosen jsonb, channel text, template text, category text, offer text,
        status text, attempts integer, refusal jsonb, expires_at timestamptz, content jsonb)
    ), settled as (
      update messages set status = row.status, refusal = nullif(row.refusal, 'null'), detail = nullif(row.detail, 'null'),
        sent_at = case when row.status = 'sent' then ${at}::timestamptz end
      from jsonb_to_recordset(${JSON.stringify(move.result === null ? [] : [move.result])}::jsonb)
        as row (id text, status text, refusal jsonb, detail jsonb)
      where messages.id = row.id
    ), reported as (${storing(move.events)}), moved as (
      update runs set status = ${move.status}, end_reason = ${move.endReason}, ended_at = ${date(move.endedAt)},
        cursor = ${JSON.stringify(move.cursor)}::jsonb, woken_at = ${date(move.wokenAt)}, due_at = ${date(move.dueAt)},
        exposed_at = coalesce(exposed_at, ${date(move.exposedAt)}::timestamptz)${
          variants === null ? sql`` : sql`, variants = coalesce(variants, '{}') || ${JSON.stringify(variants)}::jsonb`
        }
      where id = ${move.runId}
    )
    select ${announcement('inbox')} where ${move.events.length > 0}::boolean
  `.execute(tx);
}

/** Stores a message's fate alone, for a run that ended while the message was on its way. */
export async function saveResult(
  tx: Queryable,
  { id, status, refusal, detail }: MessageResult,
  now: Instant,
): Promise<void> {
  await tx
    .updateTable('messages')
    .set({
      status,
      refusal: refusal === null ? null : JSON.stringify(refusal),
      detail: detail === null ? null : JSON.stringify(detail),
      sent_at: status === 'sent' ? new Date(now) : null,
    })
    .where('id', '=', id)
    .execute();
}
