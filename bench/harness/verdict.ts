/**
 * Whether everything that was promised holds after a storm: nothing lost, nothing twice, every exception recorded.
 * @module
 */
import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import { messageIdOf } from '../../src/channels/email.ts';
import type { Database } from '../../src/store/database.ts';
import type { Ground } from './ground.ts';
import { JOURNEY_WORKFLOW } from './runs.ts';
import type { Accepted } from './sink.ts';
import { countWorkflows } from './workflows.ts';

export interface Observed {
  readonly userIds: readonly string[];
  /** `messageId` of every event that was answered with 200. */
  readonly answered: readonly string[];
  readonly accepted: readonly Accepted[];
  /** Of the workspace's sender. */
  readonly domain: string;
}

/** How many of each there are; all but `doubles` and `refusals` have to be 0. */
export interface Verdict {
  /** People whose entry made no run, or more than one. */
  readonly notOneRun: number;
  /** Runs that Temporal does not list as completed, or lists more than once. */
  readonly notOneWorkflow: number;
  /** Runs whose workflow ended otherwise than their record says. */
  readonly disagreeing: number;
  /** Events that were answered with 200 and are not in the log exactly once. */
  readonly lostEvents: number;
  /** Messages that are neither sent nor refused. */
  readonly unsettled: number;
  /** Messages recorded as sent that the mailbox never took. */
  readonly lostMessages: number;
  /** Messages that the mailbox took more than once. */
  readonly doubles: number;
  /** Those of them without records of as many attempts whose end was not known. */
  readonly unexplainedDoubles: number;
  /** Messages and entries that were refused. */
  readonly refusals: number;
  /** Messages that were refused without a reason, or taken by the mailbox all the same without a record. */
  readonly unexplainedRefusals: number;
  /** Runs that did not end as converted though the conversion came well before their time was up. */
  readonly missedConversions: number;
}

type Say = (line: string) => void;

const ENDED_WITHOUT_WORD = new Set(['sent again', 'unknown', 'held']);
const AT_ONCE = 20;

export async function verdictOn(observed: Observed, { db, client }: Ground, say: Say): Promise<Verdict> {
  const { userIds, answered } = observed;
  const runs = await db.selectFrom('runs').select(['id', 'person', 'status']).execute();
  const perPerson = countedBy(runs, ({ person }) => person);
  const completed = await countWorkflows(client, JOURNEY_WORKFLOW, "ExecutionStatus = 'Completed'");
  const all = await countWorkflows(client, JOURNEY_WORKFLOW);
  const logged = await db.selectFrom('events').select('message_id').execute();
  const inLog = countedBy(logged, ({ message_id }) => message_id);
  const refusedEntries = await db.selectFrom('entry_refusals').select('id').execute();
  const { refusals, ...messages } = await messageVerdict(observed, db, say);
  return {
    notOneRun: userIds.filter((userId) => perPerson.get(userId) !== 1).length + (runs.length - userIds.length),
    notOneWorkflow: Math.abs(runs.length - completed) + Math.abs(all - completed),
    disagreeing: await disagreeing(runs, client, say),
    lostEvents: answered.filter((messageId) => inLog.get(messageId) !== 1).length,
    ...messages,
    refusals: refusals + refusedEntries.length,
    missedConversions: await missedConversions(db, say),
  };
}

export type MessageVerdict = Pick<
  Verdict,
  'unsettled' | 'lostMessages' | 'doubles' | 'unexplainedDoubles' | 'refusals' | 'unexplainedRefusals'
>;

/** What became of messages, by our records and the mailbox's. */
export async function messageVerdict(
  { accepted, domain }: Pick<Observed, 'accepted' | 'domain'>,
  db: Database,
  say: Say,
): Promise<MessageVerdict> {
  const taken = countedBy(accepted, ({ messageId }) => messageId);
  const attempts = await db.selectFrom('message_attempts').select(['message_id', 'result']).execute();
  const withoutWord = countedBy(
    attempts.filter(({ result }) => ENDED_WITHOUT_WORD.has(result)),
    ({ message_id }) => message_id,
  );
  const messages = await db.selectFrom('messages').select(['id', 'status', 'refusal']).execute();
  const seen = messages.map((message) => ({
    ...message,
    taken: taken.get(messageIdOf(message.id, domain)) ?? 0,
    withoutWord: withoutWord.get(message.id) ?? 0,
  }));
  type Seen = (typeof seen)[number];
  const count = (is: (message: Seen) => boolean) => seen.filter(is).length;
  const wrong = (what: string, is: (message: Seen) => boolean) => {
    const those = seen.filter(is);
    saySome(say, what, those);
    return those.length;
  };
  const isRefused = (status: string) => status === 'refused' || status === 'failed';
  return {
    unsettled: wrong('a message neither sent nor refused', ({ status }) => status !== 'sent' && !isRefused(status)),
    lostMessages: wrong(
      'a message sent and never accepted',
      (message) => message.status === 'sent' && message.taken === 0,
    ),
    doubles: count((message) => message.taken > 1),
    unexplainedDoubles: wrong(
      'a message accepted twice without a record',
      (message) => message.taken > 1 && message.withoutWord < message.taken - 1,
    ),
    refusals: count(({ status }) => isRefused(status)),
    unexplainedRefusals: wrong(
      'a refusal without a reason',
      (message) => isRefused(message.status) && (message.refusal === null || message.taken > message.withoutWord),
    ),
  };
}

async function disagreeing(
  runs: readonly { readonly id: string; readonly status: string }[],
  client: Client,
  say: Say,
): Promise<number> {
  const those: object[] = [];
  for (let first = 0; first < runs.length; first += AT_ONCE) {
    await Promise.all(
      runs.slice(first, first + AT_ONCE).map(async ({ id, status }) => {
        const outcome: unknown = await client.workflow.getHandle(id).result();
        if (outcome !== status) those.push({ id, status, outcome });
      }),
    );
  }
  saySome(say, 'a run that ended otherwise in Temporal', those);
  return those.length;
}

async function missedConversions(db: Database, say: Say): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select r.id, r.status, r.entered_at, r.ended_at, r.end_reason, e.occurred_at as converted_at from runs r
    join events e on e.profile_id = r.profile_id and e.name = 'Reference Converted'
    where r.status <> 'converted' and e.occurred_at between r.entered_at and r.entered_at + ${IN_TIME}::interval
  `.execute(db);
  saySome(say, 'a conversion that ended no run', rows);
  return rows.length;
}

/** Less than the journey's time limit, by more than an outage lasts. */
const IN_TIME = '60 seconds';
const EXAMPLES = 3;

/** What one needs to look into it. */
function saySome(say: Say, what: string, rows: readonly object[]): void {
  for (const row of rows.slice(0, EXAMPLES)) say(`${what}: ${JSON.stringify(row)}`);
}

function countedBy<T>(values: Iterable<T>, key: (value: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(key(value), (counts.get(key(value)) ?? 0) + 1);
  return counts;
}
