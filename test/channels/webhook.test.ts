import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { TemporaryDeliveryError } from '../../src/channels/channel.ts';
import { callWebhook } from '../../src/channels/webhook.ts';
import { createClock } from '../../src/core/time.ts';

const SECRET = `whsec_${Buffer.from('a key of some length').toString('base64')}`;
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of cleanUp.splice(0).reverse()) await one();
});

async function receiver(status: number | 'never', answer = '', headers: Record<string, string> = {}) {
  const calls: { headers: IncomingHttpHeaders; body: string; method: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    calls.push({ headers: request.headers, body, method: request.method });
    if (status !== 'never') response.writeHead(status, headers).end(answer);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  cleanUp.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { calls, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

const call = (url: string, changes: Partial<Parameters<typeof callWebhook>[0]> = {}) =>
  callWebhook({ url, body: { name: 'Ada', n: 1 }, id: 'sync/1/0/hook/0', secret: SECRET, ...changes });

test('a call is JSON by POST with the signature of Standard Webhooks', async () => {
  const { url, calls } = await receiver(200, 'thanks');
  const clock = createClock();
  expect(await call(url, { headers: { 'x-shop': 'yes' }, clock })).toEqual({
    result: 'accepted',
    detail: { status: 200, answer: 'thanks' },
  });
  const [{ headers, body, method } = { headers: {}, body: '', method: '' }] = calls;
  expect(method).toBe('POST');
  expect(JSON.parse(body)).toEqual({ name: 'Ada', n: 1 });
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'x-shop': 'yes',
    'webhook-id': 'sync/1/0/hook/0',
  });
  const timestamp = headers['webhook-timestamp'];
  expect(Math.abs(Number(timestamp) - clock.wall() / 1000)).toBeLessThan(60);
  const expected = createHmac('sha256', 'a key of some length')
    .update(`sync/1/0/hook/0.${timestamp}.${body}`)
    .digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${expected}`);
});

test('the example of the specification has the signature it gives', async () => {
  const { signWebhook } = await import('../../src/channels/webhook.ts');
  expect(
    signWebhook(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330,
      '{"test": 2432232314}',
    ),
  ).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test('an id that headers cannot hold goes as its hash, the same each time', async () => {
  const { url, calls } = await receiver(204);
  await call(url, { id: 'schlüssel/1' });
  await call(url, { id: 'schlüssel/1' });
  const ids = calls.map(({ headers }) => headers['webhook-id']);
  expect(ids[0]).toMatch(/^[\w-]{43}$/);
  expect(ids[1]).toBe(ids[0]);
});

describe('refused for good', () => {
  test.each([400, 401, 404, 410, 422])('by %i', async (status) => {
    const { url } = await receiver(status, 'no such thing');
    const host = new URL(url).host;
    expect(await call(url)).toEqual({
      result: 'refused',
      reason: `${host} answered ${status}: no such thing`,
      detail: { status, answer: 'no such thing' },
    });
  });

  test('by a redirect, which is not followed', async () => {
    const { url, calls } = await receiver(302, '', { location: '/elsewhere' });
    expect(await call(url)).toMatchObject({ result: 'refused', detail: { status: 302 } });
    expect(calls).toHaveLength(1);
  });

  test('by an address that is none, and a header that cannot be', async () => {
    expect(await call('ftp://example.com')).toMatchObject({ result: 'refused' });
    expect(await call('not an address')).toMatchObject({ result: 'refused' });
    const { url } = await receiver(200);
    expect(await call(url, { headers: { 'x-name': 'a\nb: c' } })).toMatchObject({ result: 'refused' });
  });
});

describe('to be tried again', () => {
  const failure = (calling: Promise<unknown>) =>
    calling.then(
      () => undefined,
      (error: unknown) => error,
    );

  test.each([408, 409, 425, 429, 500, 502, 503])('after %i', async (status) => {
    const { url } = await receiver(status);
    expect(await failure(call(url))).toBeInstanceOf(TemporaryDeliveryError);
  });

  test('when nobody listens: it has surely not arrived', async () => {
    const { url } = await receiver(200);
    await cleanUp.pop()?.();
    expect(await failure(call(url))).toMatchObject({ name: 'TemporaryDeliveryError', mayHaveArrived: false });
  });

  test('when no answer comes in time: it may have arrived', async () => {
    const { url } = await receiver('never');
    expect(await failure(call(url, { timeout: 100 }))).toMatchObject({
      name: 'TemporaryDeliveryError',
      mayHaveArrived: true,
    });
  });
});
