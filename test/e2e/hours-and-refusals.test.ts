import { DateTime } from 'luxon';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/core/time.ts';
import { suppress } from '../../src/runs/suppression.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';
import { storyFor } from './story.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const WORKSPACE = `
journey: night-mail
enter: { event: Night Mail, again: always }
steps: [{ email: news }]
---
journey: office-hours
enter: { event: Office Hours }
steps:
  - email: news
    send: { days: [monday, tuesday, wednesday, thursday, friday], from: '9:00', to: '17:00' }
---
journey: patient
enter: { event: Patient, again: always }
steps: [{ in-app: note, refused: wait }]
---
journey: proud
enter: { event: Proud }
steps: [{ in-app: note, refused: leave }, { set-trait: { stage: after } }]
---
trait: usual_hour
usualHour: { event: Report Opened, within: 30d }
---
journey: digest
enter: { event: Digest Due }
steps:
  - wait: { until: { hour: usual_hour, else: '10:00' } }
  - email: news
---
journey: weekly
enter: { event: Weekly, again: always }
steps: [{ in-app: weekly-note }]
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(`traits: { email: string, stage: string }
caps:
  - { category: notes, atMost: 1, within: 2d }
  - { category: weekly, atMost: 1, per: week }
quietHours: [{ channel: email, from: '22:00', to: '8:00' }]
`),
    'workspace.yaml': WORKSPACE,
    'note.yaml': inAppFile('note', 'note', 'category: notes\n'),
    'weekly-note.yaml': inAppFile('weekly-note', 'note', 'category: weekly\n'),
    'news.mjml': emailFile('news', 'news', 'category: news\n'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

/** Lets time pass until the clock in that zone shows this next. */
async function passUntil(zone: string, hour: number, minute = 0, weekday?: number): Promise<void> {
  const now = DateTime.fromMillis(engine.clock.now(), { zone });
  let then = now.set({ hour, minute, second: 0, millisecond: 0 });
  while (then <= now || (weekday !== undefined && then.weekday !== weekday)) then = then.plus({ days: 1 });
  await engine.pass(then.toMillis() - now.toMillis());
}

const clockOf = (at: Date | null | undefined, zone: string) =>
  at == null ? null : DateTime.fromJSDate(at, { zone }).toFormat('ccc HH:mm:ss');
const sentAt = async (userId: string, zone: string) =>
  (await engine.messagesOf(userId)).map(({ status, sentAt: at }) => `${status} ${clockOf(at, zone)}`);

test('a message goes in the hour in which somebody usually reads, if that is no quiet one', async () => {
  const zones = { reader: 'Asia/Tokyo', owl: 'Asia/Tokyo', stranger: 'America/Denver' };
  for (const [userId, timezone] of Object.entries(zones))
    await engine.identify(userId, { email: `${userId}@example.test`, timezone });
  for (let evening = 0; evening < 3; evening += 1) {
    await passUntil('Asia/Tokyo', 20, 40);
    await engine.send({ name: 'Report Opened', userId: 'reader' });
    await passUntil('Asia/Tokyo', 23, 10);
    for (const userId of ['owl', 'stranger'])
      if (userId === 'owl' || evening === 0) await engine.send({ name: 'Report Opened', userId });
  }
  await passUntil('Asia/Tokyo', 9);
  for (const userId of Object.keys(zones)) await engine.send({ name: 'Digest Due', userId });
  await engine.pass(2 * DAY);
  expect(await sentAt('reader', 'Asia/Tokyo')).toEqual([expect.stringMatching(/^sent ... 20:00:0/)]);
  expect(await sentAt('owl', 'Asia/Tokyo')).toEqual([expect.stringMatching(/^sent ... 08:00:0/)]);
  expect(await sentAt('stranger', 'America/Denver')).toEqual([expect.stringMatching(/^sent ... 10:00:0/)]);
  expect((await storyFor(engine, 'owl', 'digest')).slice(0, 3)).toEqual([
    '0s wait-usual-hour: waiting until 14h',
    '14h wait-usual-hour: waited, time',
    '14h email-news: held until 23h, hours',
  ]);
});

describe('a message in quiet hours', () => {
  test('is held until they are over for that person, and then goes out', async () => {
    const people = { tokyo: 'Asia/Tokyo', denver: 'America/Denver', nowhere: undefined };
    for (const [userId, timezone] of Object.entries(people))
      await engine.identify(userId, { email: `${userId}@example.test`, ...(timezone && { timezone }) });
    await passUntil('Asia/Tokyo', 23);
    for (const userId of Object.keys(people)) await engine.send({ name: 'Night Mail', userId });
    await engine.settled();
    expect(await engine.messagesOf('tokyo')).toEqual([]);
    expect(await server.api('/api/people/tokyo')).toMatchObject({
      timezone: { zone: 'Asia/Tokyo', unusable: null },
      runs: [{ at: { phase: 'waiting', step: 'email-news', hold: { reason: 'hours', zone: 'Asia/Tokyo' } } }],
    });
    await engine.pass(2 * DAY);
    expect(await sentAt('tokyo', 'Asia/Tokyo')).toEqual([expect.stringMatching(/^sent ... 08:00:0/)]);
    expect(await storyFor(engine, 'tokyo', 'night-mail')).toEqual([
      '0s email-news: held until 9h, hours',
      '9h email-news: acted',
      '9h run: ended completed, all steps are done',
    ]);
    // It was seven in the morning in Denver, and two in the afternoon in UTC, where people without a zone are.
    expect(await sentAt('denver', 'America/Denver')).toEqual([expect.stringMatching(/^sent ... 08:00:0/)]);
    expect(await sentAt('nowhere', 'Etc/UTC')).toEqual([expect.stringMatching(/^sent ... 14:00:0/)]);
  });

  test('goes by the zone of the workspace where the person’s is none, and both log and API say so', async () => {
    await engine.identify('martian', { email: 'martian@example.test', timezone: 'Mars/Olympus' });
    await passUntil('Etc/UTC', 3);
    await engine.send({ name: 'Night Mail', userId: 'martian' });
    await engine.pass(DAY);
    expect(await sentAt('martian', 'Etc/UTC')).toEqual([expect.stringMatching(/^sent ... 08:00:0/)]);
    expect((await storyFor(engine, 'martian', 'night-mail'))[0]).toBe('0s email-news: fell back from Mars/Olympus');
    expect(await server.api('/api/people/martian')).toMatchObject({
      timezone: { zone: 'Etc/UTC', unusable: 'Mars/Olympus' },
    });
  });

  test('is checked again when they are over: who unsubscribed at night gets nothing', async () => {
    await engine.identify('sleeper', { email: 'sleeper@example.test' });
    await passUntil('Etc/UTC', 3);
    await engine.send({ name: 'Night Mail', userId: 'sleeper' });
    await engine.pass(HOUR);
    const { profileId } = (await engine.runsOf('sleeper'))[0] ?? { profileId: 0 };
    await suppress(engine.db, profileId, { what: 'news', until: null }, engine.clock.now(), {});
    await engine.pass(DAY);
    expect((await engine.messagesOf('sleeper')).map(({ refusal }) => refusal?.reason)).toEqual(['suppressed']);
  });
});

test('a step with hours of its own goes out on the person’s weekday, not on that of UTC', async () => {
  await engine.identify('kiwi', { email: 'kiwi@example.test', timezone: 'Pacific/Auckland' });
  await passUntil('Pacific/Auckland', 12, 0, 6);
  await engine.send({ name: 'Office Hours', userId: 'kiwi' });
  await engine.pass(3 * DAY);
  expect(await sentAt('kiwi', 'Pacific/Auckland')).toEqual([expect.stringMatching(/^sent Mon 09:00:0/)]);
});

describe('a full cap', () => {
  test('is waited for where the step says so, and by one run at a time where many wait', async () => {
    await engine.send({ name: 'Patient', userId: 'patient' });
    await engine.settled();
    await engine.pass(HOUR);
    await engine.send({ name: 'Patient', userId: 'patient' });
    await engine.pass(3 * DAY);
    const [first, second] = await engine.messagesOf('patient');
    expect([first?.status, second?.status]).toEqual(['sent', 'sent']);
    expect((second?.sentAt?.getTime() ?? 0) - (first?.sentAt?.getTime() ?? 0)).toBe(2 * DAY);
  });

  test('ends the run where the step says so, and the reason says why', async () => {
    await engine.send({ name: 'Patient', userId: 'proud' });
    await engine.settled();
    await engine.send({ name: 'Proud', userId: 'proud' });
    await engine.settled();
    const [run] = await engine.runsOf('proud', 'proud');
    expect(run).toMatchObject({
      status: 'exited',
      endReason: expect.stringMatching(/^at most 1 of category notes in 2d \(workspace\), free at /),
    });
  });

  test('of the calendar is free on Monday of the person', async () => {
    await engine.identify('berliner', { timezone: 'Europe/Berlin' });
    await passUntil('Europe/Berlin', 12, 0, 7);
    await engine.send({ name: 'Weekly', userId: 'berliner' });
    await engine.pass(HOUR);
    await engine.send({ name: 'Weekly', userId: 'berliner' });
    await engine.settled();
    await passUntil('Europe/Berlin', 0, 0, 1);
    await engine.send({ name: 'Weekly', userId: 'berliner' });
    await engine.settled();
    expect((await engine.messagesOf('berliner')).map(({ refusal }) => refusal?.reason ?? 'sent')).toEqual([
      'sent',
      'cap',
      'sent',
    ]);
  });
});
