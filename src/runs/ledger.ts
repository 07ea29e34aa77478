/**
 * What a person, and where a cap asks the person's account, has got: read under the lock on the person.
 *
 * A cap of an account holds over people whose runs move at the same time. Whoever may decide under such a cap therefore
 * locks the account, too, for the rest of the transaction: after its person, and nothing after it. Workspaces without
 * such a cap lock nothing more.
 * @module
 */
import { sql } from 'kysely';
import { reachOf, type Sent } from '../core/caps.ts';
import type { Cap } from '../core/journey.ts';
import type { Ledger, WorkspaceRules } from '../core/pressure.ts';
import type { Cursor } from '../core/run.ts';
import { type Candidate, candidateAt } from '../core/settling.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';

export interface Ruled {
  readonly run: string;
  readonly profileId: number;
  readonly accountId: number | null;
  readonly workspace: WorkspaceRules;
  /** The journey's own. */
  readonly caps: readonly Cap[];
}

type Messages = Pick<Ledger, 'sent' | 'sentToAccount' | 'candidates'>;

export async function readCounted(tx: Queryable, ruled: Ruled, now: Instant): Promise<Messages> {
  const { run, profileId, accountId, workspace } = ruled;
  const caps = [...workspace.caps, ...ruled.caps];
  const ofAccounts = caps.filter(({ of }) => of === 'account');
  const counts = accountId !== null && ofAccounts.length > 0;
  if (counts) await lockAccount(tx, accountId);
  return {
    sent: await sentSince(tx, 'profile_id', profileId, reachOf(caps), now),
    ...(counts && { sentToAccount: await sentSince(tx, 'in_account', accountId, reachOf(ofAccounts), now) }),
    ...(workspace.settle !== undefined && { candidates: await candidatesBeside(tx, run, profileId) }),
  };
}

/** Its profile's row is not locked by this: what happens to an account may go on beside it. */
async function lockAccount(tx: Queryable, accountId: number): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended(current_schema() || ' caps of account ' || ${accountId}::text, 0))
  `.execute(tx);
}

export async function sentSince(
  tx: Queryable,
  to: 'profile_id' | 'in_account',
  id: number,
  reach: Milliseconds,
  now: Instant,
): Promise<Sent[]> {
  if (reach === 0) return [];
  const rows = await tx
    .selectFrom('messages')
    .select(['channel', 'category', 'journey', 'reserved_at'])
    .where(to, '=', id)
    .where('status', 'in', ['reserved', 'sending', 'sent'])
    .where('channel', '!=', 'webhook')
    .where('reserved_at', '>', new Date(now - reach))
    .execute();
  return rows.map(({ channel, category, journey, reserved_at }) => ({
    channel,
    category: category ?? '',
    journey,
    at: reserved_at.getTime(),
  }));
}

/** Those of the person's other runs. People held out want nothing. */
async function candidatesBeside(tx: Queryable, run: string, profileId: number): Promise<Candidate[]> {
  const { rows } = await sql<{ id: string; journey: string; cursor: Cursor }>`
    select id, journey, cursor from runs
    where profile_id = ${profileId} and status = 'active' and id <> ${run} and not held_out
      and cursor -> 'hold' ->> 'reason' = 'settling'
  `.execute(tx);
  return rows.flatMap(({ cursor, ...other }) => candidateAt(other, cursor) ?? []);
}
