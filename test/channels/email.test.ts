import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { TemporaryDeliveryError } from '../../src/channels/channel.ts';
import {
  createEmailChannel,
  type EmailChannel,
  type EmailChannelSettings,
  messageIdOf,
  type OutgoingEmail,
} from '../../src/channels/email.ts';
import { startMailbox } from './mailbox.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of cleanUp.splice(0).reverse()) await one();
});

function email(changes: Partial<OutgoingEmail> = {}): OutgoingEmail {
  return {
    to: 'ada@example.com',
    from: 'The Shop <hello@shop.example>',
    subject: 'Your cart waits',
    html: '<p>Hello <b>Ada</b></p>',
    text: 'Hello Ada',
    messageId: messageIdOf('cart/1/0/reminder/0', 'shop.example'),
    unsubscribeUrl: 'https://shop.example/u/token',
    ...changes,
  };
}

async function mailbox(behaviour: Parameters<typeof startMailbox>[0] = {}) {
  const started = await startMailbox(behaviour);
  cleanUp.push(started.close);
  return started;
}

function channelTo(url: string, settings: Partial<EmailChannelSettings> = {}): EmailChannel {
  const channel = createEmailChannel({ smtpUrl: url, ...settings });
  cleanUp.push(channel.close);
  return channel;
}

async function failure(sending: Promise<unknown>): Promise<TemporaryDeliveryError> {
  const error = await sending.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TemporaryDeliveryError);
  return error as TemporaryDeliveryError;
}

describe('a message that is accepted', () => {
  test('arrives with both parts, the addresses and its Message-ID', async () => {
    const { url, received } = await mailbox();
    const delivery = await channelTo(url).send(email());
    expect(delivery).toMatchObject({ result: 'accepted', detail: { response: expect.stringMatching(/^250 /) } });
    const [{ mail, recipients, sender } = {}] = received;
    expect({ recipients, sender }).toEqual({ recipients: ['ada@example.com'], sender: 'hello@shop.example' });
    expect(mail).toMatchObject({
      subject: 'Your cart waits',
      from: { name: 'The Shop', address: 'hello@shop.example' },
      to: [{ address: 'ada@example.com' }],
      messageId: messageIdOf('cart/1/0/reminder/0', 'shop.example'),
    });
    expect(mail?.html?.trim()).toBe('<p>Hello <b>Ada</b></p>');
    expect(mail?.text?.trim()).toBe('Hello Ada');
  });

  test('offers one-click unsubscribing as RFC 8058 wants it', async () => {
    const { url, received } = await mailbox();
    await channelTo(url).send(email());
    const headers = Object.fromEntries(received[0]?.mail.headers.map(({ key, value }) => [key, value]) ?? []);
    expect(headers['list-unsubscribe']).toBe('<https://shop.example/u/token>');
    expect(headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');
  });

  test('has no such headers where one cannot unsubscribe', async () => {
    const { url, received } = await mailbox();
    await channelTo(url).send(email({ unsubscribeUrl: null }));
    expect(received[0]?.source).not.toMatch(/list-unsubscribe/i);
  });

  test('keeps umlauts, emoji, dots at line starts, long lines and spaces at line ends', async () => {
    const { url, received } = await mailbox();
    const odd = `Grüße 🛒\n.\n..dots\nend  \n${'lang '.repeat(400)}\n=3D`;
    await channelTo(url).send(
      email({
        subject: `Größe 🛒 ${'wieder da '.repeat(12)}`,
        text: odd,
        html: `<pre>${odd}</pre>`,
        from: 'Lädchen <hello@shop.example>',
      }),
    );
    const mail = received[0]?.mail;
    expect(mail?.text?.replace(/\n$/, '')).toBe(odd);
    expect(mail?.html?.replace(/\n$/, '')).toBe(`<pre>${odd}</pre>`);
    expect(mail?.subject).toBe(`Größe 🛒 ${'wieder da '.repeat(12)}`.trim());
    expect(mail?.from?.name).toBe('Lädchen');
    expect(Math.max(...(received[0]?.source.split('\r\n') ?? []).map((line) => line.length))).toBeLessThanOrEqual(998);
  });

  test('keeps its headers when the subject holds line breaks', async () => {
    const { url, received } = await mailbox();
    await channelTo(url).send(email({ subject: 'Hello\r\nBcc: eve@example.com\r\n\r\nbody' }));
    expect(received[0]?.recipients).toEqual(['ada@example.com']);
    expect(received[0]?.mail.subject).toBe('Hello Bcc: eve@example.com body');
    expect(received[0]?.mail.bcc).toBeUndefined();
  });

  test('keeps to a rate, of which little is lost where the server takes its time', async () => {
    const { url, received } = await mailbox({ slowness: 250 });
    const channel = channelTo(url, { perSecond: 20, poolSize: 10 });
    await Promise.all(Array.from({ length: 60 }, () => channel.send(email())));
    const times = received.map(({ at }) => at).sort((a, b) => a - b);
    const apart = times.slice(20).map((at, index) => at - (times[index] ?? 0));
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(1_000);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan((59 / 20 / 0.85) * 1_000);
  });

  test('goes by no more connections than the address says', async () => {
    const { url, connections } = await mailbox({ slowness: 20 });
    const channel = channelTo(`${url}?maxConnections=2`, { poolSize: 8 });
    await Promise.all(Array.from({ length: 8 }, () => channel.send(email())));
    expect(connections()).toBe(2);
  });

  test('shares its connection with the messages after it', async () => {
    const { url, received, connections } = await mailbox();
    const channel = channelTo(url, { poolSize: 2 });
    for (let sent = 0; sent < 150; sent += 10) {
      await Promise.all(Array.from({ length: 10 }, () => channel.send(email())));
    }
    expect(received).toHaveLength(150);
    expect(connections()).toBe(2);
  });
});

describe('a message that is refused for good', () => {
  test('says so in the server’s words when the address is not known there', async () => {
    const { url } = await mailbox({
      recipients: { 'gone@example.com': { code: 550, text: '5.1.1 No such user here' } },
    });
    const channel = channelTo(url);
    expect(await channel.send(email({ to: 'gone@example.com' }))).toEqual({
      result: 'refused',
      reason: '550 5.1.1 No such user here',
      detail: { smtp: 550, command: 'RCPT TO' },
    });
    expect(await channel.send(email())).toMatchObject({ result: 'accepted' });
  });

  test('says so when the server does not want the message', async () => {
    const { url } = await mailbox({ message: { code: 554, text: 'Looks like spam' } });
    expect(await channelTo(url).send(email())).toMatchObject({ result: 'refused', reason: '554 Looks like spam' });
  });

  test.each([
    '',
    'ada',
    'ada@',
    '@example.com',
    'a b@example.com',
    'ada@example.com, eve@example.com',
    'eve@example.com <ada@example.com> <eve@example.com>',
    'ada@exam\nple.com',
  ])('is not even tried when the address is %j', async (to) => {
    const { url, connections } = await mailbox();
    expect(await channelTo(url).send(email({ to }))).toEqual({
      result: 'refused',
      reason: `${JSON.stringify(to)} is not an email address`,
    });
    expect(connections()).toBe(0);
  });
});

describe('a failure that may pass', () => {
  test('is a server that says later', async () => {
    const { url } = await mailbox({ recipients: { 'ada@example.com': { code: 451, text: 'Greylisted' } } });
    const error = await failure(channelTo(url).send(email()));
    expect(error.message).toBe('The mail server said for now: 451 Greylisted');
    expect(error.mayHaveArrived).toBe(false);
  });

  test('is a server that is away, until it is back', async () => {
    const before = await startMailbox();
    await before.close();
    const channel = channelTo(before.url);
    const error = await failure(channel.send(email()));
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.mayHaveArrived).toBe(false);
    await mailbox({ port: before.port });
    expect(await channel.send(email())).toMatchObject({ result: 'accepted' });
  });

  test('is a server that was restarted between two messages: the second goes through', async () => {
    const before = await startMailbox();
    const channel = channelTo(before.url);
    await channel.send(email());
    await before.close();
    const { received } = await mailbox({ port: before.port });
    expect(await channel.send(email())).toMatchObject({ result: 'accepted' });
    expect(received).toHaveLength(1);
  });

  test('tells that the message may have arrived when the answer to it was lost', async () => {
    const { url, received } = await mailbox({ afterMessage: 'hang up' });
    const error = await failure(channelTo(url).send(email()));
    expect(error.mayHaveArrived).toBe(true);
    expect(received).toHaveLength(1);
  });

  test('is a server that never says a word', async () => {
    const silent = createServer();
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    cleanUp.push(() => new Promise((closed) => silent.close(closed)));
    silent.on('connection', (socket) => cleanUp.push(() => socket.destroy()));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const error = await failure(channelTo(`smtp://127.0.0.1:${port}`, { timeout: 50 }).send(email()));
    expect(error.mayHaveArrived).toBe(false);
  });

  test('is a password the server does not know, and says what to check', async () => {
    const { port } = await mailbox({ login: true });
    const error = await failure(channelTo(`smtp://eve:guess@127.0.0.1:${port}`).send(email()));
    expect(error.message).toMatch(/does not let us in: .*Who are you\?.* SMTP_URL/);
    expect(await channelTo(`smtp://ada:right@127.0.0.1:${port}`).send(email())).toMatchObject({ result: 'accepted' });
  });

  test('is a server that wants a login where none is given', async () => {
    const { url } = await mailbox({ login: true });
    const error = await failure(channelTo(url).send(email()));
    expect(error.message).toMatch(/does not let us in/);
  });
});

test('a Message-ID depends on the message and nothing else', () => {
  expect(messageIdOf('a/1/0/mail/0', 'shop.example')).toBe(messageIdOf('a/1/0/mail/0', 'shop.example'));
  expect(messageIdOf('a/1/0/mail/1', 'shop.example')).not.toBe(messageIdOf('a/1/0/mail/0', 'shop.example'));
  expect(messageIdOf('a/1/0/mail/0', 'shop.example')).toMatch(/^<[\da-f]{32}@shop\.example>$/);
});
