/**
 * Whether everything that was promised holds after a storm: nothing lost, nothing twice, no limit broken, and every exception
 * recorded with its reason.
 * @module
 */
import { sql } from 'kysely';
import type { Ground } from '../harness/ground.ts';
import type { Accepted } from '../harness/sink.ts';
import { countedBy, type MessageVerdict, messageVerdict, type Say, saySome } from '../harness/verdict.ts';
import { SENDER_DOMAIN } from '../harness/workspaces.ts';
import { brokenLimits, type LimitVerdict } from './limits.ts';
import type { ExpectedRun } from './people.ts';
import { type RunVerdict, runVerdict } from './runs.ts';

export interface Observed {
  readonly expected: readonly ExpectedRun[];
  /** `messageId` of every event that was answered with 200. */
  readonly answered: readonly string[];
  readonly accepted: readonly Accepted[];
  /** `webhook-id` of every call that was taken. */
  readonly calls: readonly string[];
  /** Until then there were quiet hours. */
  readonly opens: number;
}

/** How many of each there are; all but `doubles`, `refusals` and `repeatedCalls` have to be 0. */
export interface Verdict extends RunVerdict, MessageVerdict, LimitVerdict {
  /** Events that were answered with 200 and are not in the log exactly once. */
  readonly lostEvents: number;
  /** Calls recorded as made that nobody took. */
  readonly lostCalls: number;
  /** Calls that were taken and belong to no message. */
  readonly strayCalls: number;
  /** Calls taken more than once, under the same key. */
  readonly repeatedCalls: number;
  /** Sales tasks, and what the engine says of its messages, that are not there exactly once. */
  readonly notToldOnce: number;
}

export async function verdictOn(observed: Observed, ground: Ground, say: Say): Promise<Verdict> {
  const { db } = ground;
  const { expected, answered, accepted, calls } = observed;
  const logged = await db.selectFrom('events').select('message_id').execute();
  const inLog = countedBy(logged, ({ message_id }) => message_id);
  return {
    lostEvents: answered.filter((messageId) => inLog.get(messageId) !== 1).length,
    ...(await runVerdict(expected, ground, say)),
    ...(await messageVerdict({ accepted, domain: SENDER_DOMAIN }, db, say)),
    ...(await callVerdict(calls, ground, say)),
    notToldOnce: await notToldOnce(ground, say),
    ...(await brokenLimits(observed, ground, say)),
  };
}

async function callVerdict(
  calls: readonly string[],
  { db }: Ground,
  say: Say,
): Promise<Pick<Verdict, 'lostCalls' | 'strayCalls' | 'repeatedCalls'>> {
  const taken = countedBy(calls, (id) => id);
  const messages = await db.selectFrom('messages').select(['id', 'status']).where('channel', '=', 'webhook').execute();
  const known = new Set(messages.map(({ id }) => id));
  const lost = messages.filter(({ id, status }) => status === 'sent' && !taken.has(id));
  saySome(say, 'a call recorded as made that nobody took', lost);
  return {
    lostCalls: lost.length,
    strayCalls: [...taken.keys()].filter((id) => !known.has(id)).length,
    repeatedCalls: [...taken.values()].filter((times) => times > 1).length,
  };
}

/** Of each message that went out: the engine's own event of it and, where it is one, the task; of others: neither. */
async function notToldOnce({ db }: Ground, say: Say): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select * from (
      select m.id, m.channel, m.status, (select count(*) from tasks t where t.id = m.id)::int as tasks,
        (select count(*) from events e where e.name in ('Email Delivered', 'In-App Message Sent', 'Sales Task Created')
          and e.properties ->> 'message_id' = m.id)::int as told
      from messages m where m.channel <> 'webhook'
    ) as seen where told <> (status = 'sent')::int or tasks <> (status = 'sent' and channel = 'sales-task')::int
  `.execute(db);
  saySome(say, 'a message without exactly one task or event', rows);
  return rows.length;
}
