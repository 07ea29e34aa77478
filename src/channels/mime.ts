/**
 * An email as bytes: a text and an HTML part, and headers that cannot be broken out of. Written here and not left to the
 * mailer's composer, which spends more on a message than sending it costs.
 * @module
 */
import { foldLines } from 'nodemailer/lib/mime-funcs';
import MimeNode from 'nodemailer/lib/mime-node';
import { encode, wrap } from 'nodemailer/lib/qp';
import type { Instant } from '../core/time.ts';

export interface OutgoingEmail {
  readonly to: string;
  /** `Name <address>` or an address. */
  readonly from: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** `<hash@domain>`; the same at every attempt. See {@link messageIdOf}. */
  readonly messageId: string;
  /** Where one click unsubscribes (RFC 8058); null for mail one cannot unsubscribe from. */
  readonly unsubscribeUrl: string | null;
}

const LONGEST_LINE = 900;
const PLAIN = new RegExp(`^(?:[\\t\\x20-\\x7e]{0,${LONGEST_LINE}}(?:\\n|$))*$`);

/** @param date what the Date header says */
export function composeMime(email: OutgoingEmail, date: Instant): Buffer {
  const boundary = `=_${email.messageId.replaceAll(/[^\w]/g, '').slice(0, 40)}`;
  const lines = [
    header('From', email.from),
    header('To', email.to),
    header('Subject', oneLine(email.subject)),
    `Date: ${new Date(date).toUTCString().replace('GMT', '+0000')}`,
    header('Message-ID', email.messageId),
    ...(email.unsubscribeUrl === null
      ? []
      : [`List-Unsubscribe: <${oneLine(email.unsubscribeUrl)}>`, 'List-Unsubscribe-Post: List-Unsubscribe=One-Click']),
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    ...part('text/plain', email.text),
    `--${boundary}`,
    ...part('text/html', email.html),
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}

/** The text without line breaks and other control characters. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

function header(name: string, value: string): string {
  return foldLines(`${name}: ${MimeNode.encodeHeaderValue(name, value)}`, 76);
}

/** Plain where every line is short and ASCII, else quoted-printable: both can still be read in the source. */
function part(type: string, content: string): string[] {
  const text = content.replaceAll(/\r\n?/g, '\n');
  const plain = PLAIN.test(text);
  return [
    `Content-Type: ${type}; charset=utf-8`,
    `Content-Transfer-Encoding: ${plain ? '7bit' : 'quoted-printable'}`,
    '',
    plain ? text.replaceAll('\n', '\r\n') : wrap(encode(text.replaceAll('\n', '\r\n')), 76),
  ];
}
