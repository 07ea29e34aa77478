/**
 * What has arrived in the local mailbox, against what the engine says it has sent.
 * @module
 */
import { z } from 'zod';
import { messageIdOf } from '../channels/email.ts';

export interface MailboxCheck {
  /** Emails that the engine recorded as sent. */
  readonly recorded: number;
  /** Different Message-IDs in the mailbox. */
  readonly arrived: number;
  /** Emails of which the mailbox has more than one. */
  readonly doubled: number;
  /** Recorded and not there, or there and not recorded. */
  readonly differences: number;
}

const Emails = z.array(z.object({ messageId: z.string() }));

/** The Message-ID of every email in the mailbox, as often as it is there. */
export async function messageIdsIn(mailboxUrl: string): Promise<string[]> {
  const response = await fetch(`${mailboxUrl}/email`);
  if (!response.ok) throw new Error(`The mailbox answered ${response.status} when asked what has come.`);
  return Emails.parse(await response.json()).map(({ messageId }) => messageId);
}

/** @param sentIds ids of the messages that are recorded as sent */
export function checkMailbox(sentIds: readonly string[], messageIds: readonly string[]): MailboxCheck {
  const there = new Set(messageIds.map(localPart));
  const expected = new Set(sentIds.map((id) => localPart(messageIdOf(id, 'any'))));
  const missing = [...expected].filter((id) => !there.has(id)).length;
  const unexpected = [...there].filter((id) => !expected.has(id)).length;
  return {
    recorded: sentIds.length,
    arrived: there.size,
    doubled: messageIds.length - there.size,
    differences: missing + unexpected,
  };
}

/** Without brackets and domain: the domain is the sender's, and says nothing of which message it is. */
function localPart(messageId: string): string {
  return messageId.replace(/^</, '').replace(/@.*$/, '');
}
