import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/core/time.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { storyFor } from './story.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const JOURNEY = `
journey: letters
enter: { event: Letter Wanted }
steps:
  - wait: 1h
  - email: letter
  - wait-until: { event: Email Bounced, since: entry }
    timeout: 1d
  - branch:
      - if: { event: Email Bounced, since: entry }
        then: [{ in-app: wrong-address }]
  - in-app: after
`;

function workspace(onUncertainSend: 'again' | 'hold'): Promise<Workspace> {
  return workspaceOf({
    'settings.yaml': settingsFile(`onUncertainSend: ${onUncertainSend}\ntraits: { email: string }\n`),
    'journey.yaml': JOURNEY,
    'letter.mjml': emailFile('letter', 'Dear {{ person.email }}'),
    'wrong-address.yaml': inAppFile('wrong-address', 'We cannot reach you at {{ person.email }}'),
    'after.yaml': inAppFile('after', 'after'),
  });
}

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;

beforeAll(async () => {
  mailbox = await testMailbox({ refuse: (address) => address.startsWith('nobody') });
  engine = await timeSkippingEngine({ workspace: await workspace('again'), smtpUrl: mailbox.url });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

const addressOf = (userId: string) => `${userId}@example.test`;
const want = async (...people: string[]) => {
  for (const userId of people) await engine.identify(userId, { email: addressOf(userId) });
  await engine.send(...people.map((userId) => ({ name: 'Letter Wanted', userId })));
};
/** Of a message for those who are unsure, the first copy: it is taken, and nobody hears of it. */
const takesTheFirst = (address: string) => address.startsWith('unsure') && mailbox.messagesTo(address).length === 1;
const emailOf = async (userId: string) => (await engine.messagesOf(userId)).find(({ channel }) => channel === 'email');
const attemptsOf = async (userId: string) => {
  const rows = await engine.db
    .selectFrom('message_attempts')
    .select('result')
    .where('message_id', '=', (await emailOf(userId))?.id ?? '')
    .orderBy('id')
    .execute();
  return rows.map(({ result }) => result);
};

describe('one address is refused', () => {
  test('that run goes on and the log says why, the refusal is an event, and others get theirs', async () => {
    await want('nobody', 'somebody');
    await engine.pass(2 * DAY);
    expect((await storyFor(engine, 'nobody', 'letters')).slice(2)).toEqual([
      '1h email-letter: refused, channel',
      '1h wait-until-email-bounced: waiting until 1d 1h',
      '1h wait-until-email-bounced: waited, condition',
      '1h branch-email-bounced: took if 1',
      '1h in-app-wrong-address: acted',
      '1h in-app-after: acted',
      '1h run: ended completed, all steps are done',
    ]);
    expect(await emailOf('nobody')).toMatchObject({
      status: 'failed',
      refusal: { reason: 'channel', detail: expect.stringContaining('550') },
    });
    expect(mailbox.messagesTo(addressOf('nobody'))).toEqual([]);
    expect((await storyFor(engine, 'somebody', 'letters')).slice(2)).toEqual([
      '1h email-letter: acted',
      '1h wait-until-email-bounced: waiting until 1d 1h',
      '1d 1h wait-until-email-bounced: waited, timeout',
      '1d 1h branch-email-bounced: took else',
      '1d 1h in-app-after: acted',
      '1d 1h run: ended completed, all steps are done',
    ]);
    expect(mailbox.messagesTo(addressOf('somebody'))).toHaveLength(1);
  });
});

describe('the mail server is away', () => {
  test('the message waits, goes out once when the server is back, and its attempts are on record', async () => {
    const { port } = mailbox;
    await mailbox.close();
    await want('patient', 'also-patient');
    const passing = engine.pass(2 * DAY);
    await eventually(async () => {
      expect(await attemptsOf('patient')).toContain('not taken');
      expect(await attemptsOf('also-patient')).toContain('not taken');
    });
    expect(await emailOf('patient')).toMatchObject({ status: 'reserved', sentAt: null });
    mailbox = await testMailbox({ port, hangUp: takesTheFirst });
    await passing;
    for (const userId of ['patient', 'also-patient']) {
      expect(mailbox.messagesTo(addressOf(userId))).toHaveLength(1);
      expect(await emailOf(userId)).toMatchObject({ status: 'sent', refusal: null });
      expect((await storyFor(engine, userId, 'letters'))[2]).toBe('1h email-letter: acted');
    }
  });
});

describe('the mail server took a message and hung up before it said so', () => {
  test('`again` sends it once more under the same Message-ID, and the record says so', async () => {
    await want('unsure');
    await engine.pass(HOUR);
    const copies = mailbox.messagesTo(addressOf('unsure'));
    expect(copies).toHaveLength(2);
    expect(copies[0]?.messageId).toBe(copies[1]?.messageId);
    expect(await attemptsOf('unsure')).toEqual(['unknown', 'sent again']);
    expect(await emailOf('unsure')).toMatchObject({ status: 'sent', attempts: 2 });
  });

  test('`hold` does not send it again, the record says so, and the run goes on', async () => {
    await engine.publish(await workspace('hold'));
    await want('unsure-held');
    await engine.pass(HOUR);
    expect(mailbox.messagesTo(addressOf('unsure-held'))).toHaveLength(1);
    expect(await attemptsOf('unsure-held')).toEqual(['unknown', 'held']);
    expect(await emailOf('unsure-held')).toMatchObject({ status: 'failed', refusal: { reason: 'channel' } });
    expect((await storyFor(engine, 'unsure-held', 'letters'))[2]).toBe('1h email-letter: refused, channel');
  });
});
