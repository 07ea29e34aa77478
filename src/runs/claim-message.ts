/**
 * Taking a reserved message for an attempt at its delivery.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { accountTraits } from '../profiles/accounts.ts';
import type { Database } from '../store/database.ts';
import type { TakenMessage } from './advance-run.ts';
import { controlOf, type StoredControl, staysBack } from './held-runs.ts';
import { reliedOn } from './relied-on.ts';
import { accountOf, type RunState } from './run-state.ts';
import type { StoredWishes } from './suppression.ts';

/** A message taken for one attempt at its delivery, with all that the delivery needs. */
export interface Claim {
  readonly before: 'reserved' | 'sending';
  readonly attempts: number;
  readonly run_status: string;
  readonly template: string | null;
  readonly category: string | null;
  readonly offer: string | null;
  readonly unwanted: StoredWishes;
  readonly control: StoredControl | null;
  /** A message of the same step that the person got, or is getting, by a run that this one goes on for. */
  readonly sent_before: string | null;
  /** The run that goes on for this one left this message to it. */
  readonly relied_on: boolean;
  readonly step: string;
  readonly profile_id: number;
  readonly content: JsonObject | null;
  readonly journey: string;
  readonly user_id: string | null;
  readonly traits: JsonObject;
  /** The person's, or the one that the run is about. */
  readonly account: JsonObject | null;
  /** Of an account's run: its id. */
  readonly account_name: string | null;
  readonly entry: JsonObject;
}

export interface StoredClaim extends Claim {
  readonly version: string;
}

/** Of a message whose delivery began with its reservation. */
export function claimOf({ step, content, offer, to, state }: TakenMessage): Claim {
  const { journey, entry } = state;
  return {
    before: 'reserved',
    attempts: 1,
    run_status: 'active',
    control: null,
    template: 'template' in step ? step.template.key : null,
    category: 'template' in step ? step.template.category : null,
    offer,
    unwanted: null,
    sent_before: null,
    relied_on: false,
    step: step.id,
    content,
    journey,
    entry,
    ...whoGets(to, state),
  };
}

function whoGets(to: number | undefined, { profileId, userId, traits, accountTraits, people }: RunState) {
  const receiver = people?.find(({ id }) => id === to);
  if (receiver === undefined)
    return { profile_id: profileId, user_id: userId, traits, account: accountTraits, account_name: null };
  const { id: profile_id, userId: user_id, facts } = receiver;
  return { profile_id, user_id, traits: facts.traits, account: traits, account_name: userId };
}

/** Takes the message for this attempt; undefined where it is settled already, or has to stay back. */
export async function claimMessage(db: Database, message: string, now: Instant): Promise<StoredClaim | undefined> {
  const { rows } = await sql<StoredClaim>`
    with before as (select id, status from messages where id = ${message} for update)
    update messages m set status = 'sending', attempts = m.attempts + 1
    from before b, runs r, profiles p
    where m.id = b.id and r.id = m.run_id and p.id = m.profile_id and b.status in ('reserved', 'sending')
      and not ${staysBack(now)}
    returning b.status as before, m.attempts, r.status as run_status, ${controlOf(sql`r.journey`)} as control, m.step, m.profile_id, m.template, m.category, m.offer, m.content,
      r.journey, r.version, r.entry, p.user_id, p.traits,
      (select user_id from profiles where id = r.profile_id and kind = 'account') as account_name,
      coalesce((select ${accountTraits} from profiles account where id = r.profile_id and kind = 'account'),
        ${accountOf(sql`m.profile_id`)}) as account,
      (select jsonb_object_agg(what, until) from suppressions s where s.profile_id = m.profile_id) as unwanted,
      (select o.id from runs other join messages o on o.run_id = other.id and o.step = m.step
        where other.merged_into = m.run_id and other.profile_id = m.profile_id and o.status in ('sending', 'sent') limit 1) as sent_before,
      ${reliedOn} as relied_on
  `.execute(db);
  return rows[0];
}

/**
 * Has the message to stay back as it is? The server may have it already, or the run has ended and left it to the one that
 * goes on for it.
 */
export async function cannotBeTakenBack(db: Database, message: string, now: Instant): Promise<boolean> {
  const { rows } = await sql`
    select from messages m join runs r on r.id = m.run_id
    where m.id = ${message} and ${staysBack(now)} and (m.status = 'sending' or (m.status = 'reserved' and r.status = 'merged'))
  `.execute(db);
  return rows.length > 0;
}
