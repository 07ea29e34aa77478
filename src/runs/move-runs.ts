/**
 * Runs of a profile that became another, and back.
 *
 * Of two active runs of one journey the survivor's goes on: chance is drawn for the survivor's name from here on, so its
 * run is on the side that later ones will be on. What the other had sent by then is not sent again.
 * @module
 */
import { sql } from 'kysely';
import type { Cursor } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import type { MergeMoved } from '../store/tables-profiles.ts';
import { runKey } from './enter.ts';
import { logRuns, tellTemporal } from './run-rows.ts';
import { assignedTo } from './variants.ts';

const IN_ALREADY = 'the person was already in the journey under another name';
const OTHER_SIDE = 'under another name the person is on the other side of the hold-out';
const OTHER_VARIANT = 'under another name the person has another variant of an experiment';

/**
 * Messages, tasks and runs of `from` become those of `into`, so that caps and re-entry count what either had. A run that
 * `into` has already, or that is on another side of the hold-out or of an experiment than `into` was last, ends as
 * `merged`.
 */
export async function moveRuns(
  tx: Queryable,
  from: number,
  into: number,
  at: Instant,
  now: Instant,
): Promise<Pick<MergeMoved, 'runs' | 'ended'>> {
  const ended = await endDoubled(tx, from, into, at, now);
  const runs = await countOn(tx, from, into);
  await sql`
    update messages set profile_id = ${into}, origin_id = case when account_id is not null then coalesce(origin_id, profile_id) end
    where profile_id = ${from}
  `.execute(tx);
  await sql`update tasks set profile_id = ${into} where profile_id = ${from}`.execute(tx);
  return { runs, ended };
}

/**
 * Takes the runs that began as one of these profiles' from `from`, with their messages and tasks, and what runs of accounts
 * sent to these. Active ones go on.
 * @returns the runs, and their messages
 */
export async function returnRuns(
  tx: Queryable,
  from: number,
  to: number,
  origins: readonly number[],
): Promise<{ readonly runs: string[]; readonly messages: string[] }> {
  const { rows: runs } = await sql<{ id: string }>`
    update runs set profile_id = ${to}, origin_id = nullif(origin_id, ${to})
    where profile_id = ${from} and origin_id = any(${origins}) returning id
  `.execute(tx);
  const ids = runs.map(({ id }) => id).sort();
  const { rows: messages } = await sql<{ id: string }>`
    update messages set profile_id = ${to}, origin_id = nullif(origin_id, ${to})
    where run_id = any(${ids}) or (profile_id = ${from} and account_id is not null and origin_id = any(${origins}))
    returning id
  `.execute(tx);
  const messageIds = messages.map(({ id }) => id);
  await sql`update tasks set profile_id = ${to} where id = any(${messageIds})`.execute(tx);
  return { runs: ids, messages: messageIds };
}

async function endDoubled(
  tx: Queryable,
  from: number,
  into: number,
  at: Instant,
  now: Instant,
): Promise<MergeMoved['ended']> {
  const { rows } = await sql<{ id: string; journey: string; cursor: Cursor; other: string | null; same_side: boolean }>`
    select f.id, f.journey, f.cursor, last.held_out = f.held_out as same_side,
      case when last.status = 'active' and last.is_same then last.id end as other
    from runs f, lateral (
      select i.id, i.status, i.held_out, i.instance is not distinct from f.instance as is_same
      from runs i where i.profile_id = ${into} and i.journey = f.journey
      order by (i.instance is not distinct from f.instance and i.status = 'active') desc, i.entered_at desc, i.visit desc limit 1
    ) as last
    where f.profile_id = ${from} and f.status = 'active'
      and ((last.status = 'active' and last.is_same) or last.held_out <> f.held_out or exists (
        select 1 from jsonb_each(f.variants) got, jsonb_each_text(${assignedTo(sql`${into}::bigint`, sql`f.journey`)}) had
        where had.key = got.key and had.value <> got.value->>'variant'))
    order by f.id
  `.execute(tx);
  const ended = rows.map((row) => ({
    ...row,
    reason: row.other !== null ? IN_ALREADY : row.same_side ? OTHER_VARIANT : OTHER_SIDE,
  }));
  for (const { id, other, reason } of ended) {
    await sql`
      update runs set status = 'merged', ended_at = ${new Date(at)}, end_reason = ${reason}, due_at = null, merged_into = ${other}
      where id = ${id}
    `.execute(tx);
    await sql`update runs set merged_into = ${other} where merged_into = ${id}`.execute(tx);
  }
  await logRuns(
    tx,
    ended.map(({ id, cursor: { step, visit }, reason }) => ({
      runId: id,
      entry: { step, kind: 'run', at, visit, did: 'ended', outcome: 'merged', reason },
    })),
    now,
  );
  await tellTemporal(
    tx,
    ended.map(({ id }) => ({ run_id: id, kind: 'end', body: { outcome: 'merged' } })),
  );
  return ended.map(({ id, journey, reason }) => ({ run: id, journey, reason }));
}

/**
 * Numbers the visits of both in the order of their entries, so that the last visit is the last. No number gets lower: a
 * run's id has the number in it that the person had reached by then, and has to stay the only one.
 */
async function countOn(tx: Queryable, from: number, into: number): Promise<string[]> {
  const { rows } = await sql<{
    id: string;
    profile_id: number;
    journey: string;
    instance: string | null;
    visit: number;
  }>`
    select id, profile_id, journey, instance, visit from runs
    where profile_id in (${from}, ${into}) and journey in (select journey from runs where profile_id = ${from})
    order by journey, entered_at, status = 'active', id
  `.execute(tx);
  if (rows.length === 0) return [];
  const last = new Map<string, number>();
  const numbered = rows.map(({ id, visit, ...run }) => {
    const key = runKey(run);
    const next = Math.max(visit, (last.get(key) ?? -1) + 1);
    last.set(key, next);
    return { id, visit: next };
  });
  // First below zero, since no two rows may have one number even for a moment.
  await sql`
    update runs set visit = -1 - row.visit, profile_id = ${into},
      origin_id = case when profile_id = ${from} then coalesce(origin_id, profile_id) else origin_id end
    from jsonb_to_recordset(${JSON.stringify(numbered)}::jsonb) as row (id text, visit integer) where runs.id = row.id
  `.execute(tx);
  await sql`update runs set visit = -1 - visit where profile_id = ${into} and visit < 0`.execute(tx);
  return rows.filter(({ profile_id }) => profile_id === from).map(({ id }) => id);
}
