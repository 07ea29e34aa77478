/**
 * What became of messages, by our records and the mailbox's: nothing lost, nothing twice, every exception recorded.
 * @module
 */
import { messageIdOf } from '../../src/channels/email.ts';
import type { Database } from '../../src/store/database.ts';
import type { Accepted } from './sink.ts';

export interface MessagesObserved {
  readonly accepted: readonly Accepted[];
  /** Of the workspace's sender. */
  readonly domain: string;
}

/** How many of each there are; all but `doubles` and `refusals` have to be 0. */
export interface MessageVerdict {
  /** Messages, of any channel, that are neither sent nor refused. */
  readonly unsettled: number;
  /** Messages recorded as sent that the mailbox never took. */
  readonly lostMessages: number;
  /** Messages that the mailbox took more than once. */
  readonly doubles: number;
  /** Those of them without records of as many attempts whose end was not known. */
  readonly unexplainedDoubles: number;
  /** Messages, of any channel, that were refused. */
  readonly refusals: number;
  /** Messages that were refused without a reason, or taken by the mailbox all the same without a record. */
  readonly unexplainedRefusals: number;
}

export type Say = (line: string) => void;

const ENDED_WITHOUT_WORD = new Set(['sent again', 'unknown', 'held']);

export async function messageVerdict(
  { accepted, domain }: MessagesObserved,
  db: Database,
  say: Say,
): Promise<MessageVerdict> {
  const taken = countedBy(accepted, ({ messageId }) => messageId);
  const attempts = await db.selectFrom('message_attempts').select(['message_id', 'result']).execute();
  const withoutWord = countedBy(
    attempts.filter(({ result }) => ENDED_WITHOUT_WORD.has(result)),
    ({ message_id }) => message_id,
  );
  const messages = await db.selectFrom('messages').select(['id', 'channel', 'status', 'refusal']).execute();
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
      (message) => message.channel === 'email' && message.status === 'sent' && message.taken === 0,
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

const EXAMPLES = 3;

/** What one needs to look into it. */
export function saySome(say: Say, what: string, rows: readonly object[]): void {
  for (const row of rows.slice(0, EXAMPLES)) say(`${what}: ${JSON.stringify(row)}`);
}

export function countedBy<T>(values: Iterable<T>, key: (value: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(key(value), (counts.get(key(value)) ?? 0) + 1);
  return counts;
}
