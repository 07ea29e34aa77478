import { describe, expect, test } from 'vitest';
import { signUnsubscribe, signUserToken, verifyUnsubscribe, verifyUserToken } from '../../src/channels/tokens.ts';
import { type Clock, HOUR } from '../../src/core/time.ts';

const secret = 'a secret of the engine';
const at = (wall: number): Clock => ({ now: () => 0, wall: () => wall, speed: 1 });
const START = Date.UTC(2026, 0, 1);

describe('a user token', () => {
  const sign = () => signUserToken({ secret, userId: 'ada', expiresIn: HOUR, clock: at(START) });

  test('names its user until it expires', async () => {
    const token = await sign();
    expect(await verifyUserToken({ secret, token, clock: at(START + HOUR - 1) })).toEqual({ userId: 'ada' });
    expect(await verifyUserToken({ secret, token, clock: at(START + HOUR) })).toEqual({ problem: 'expired' });
  });

  test('of another secret, of another kind or changed is none', async () => {
    const token = await sign();
    const clock = at(START);
    expect(await verifyUserToken({ secret: 'another', token, clock })).toEqual({ problem: 'invalid' });
    expect(await verifyUserToken({ secret, token: 'nonsense', clock })).toEqual({ problem: 'invalid' });
    const [header, , signature] = token.split('.');
    const payload = Buffer.from(JSON.stringify({ sub: 'eve', aud: 'in-app', exp: 9e9 })).toString('base64url');
    expect(await verifyUserToken({ secret, token: [header, payload, signature].join('.'), clock })).toEqual({
      problem: 'invalid',
    });
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    expect(await verifyUserToken({ secret, token: unsigned, clock })).toEqual({ problem: 'invalid' });
  });
});

describe('an unsubscribe token', () => {
  const about = { profileId: 7, category: 'cart', messageId: 'cart/7/0/reminder/0' };

  test('gives back what it was made from', () => {
    expect(verifyUnsubscribe(secret, signUnsubscribe({ secret, ...about }))).toEqual(about);
  });

  test('is for URLs as it is', () => {
    const token = signUnsubscribe({ secret, ...about, category: 'größe/ä' });
    expect(encodeURIComponent(token)).toBe(token);
  });

  test('of another secret or changed is none', () => {
    const token = signUnsubscribe({ secret, ...about });
    const [payload = '', signature = ''] = token.split('.');
    const other = Buffer.from(JSON.stringify([8, 'cart', 'x'])).toString('base64url');
    for (const wrong of [
      '',
      '.',
      'x',
      payload,
      `${other}.${signature}`,
      `${payload}.${signature.slice(1)}`,
      `${token}.x`,
    ]) {
      expect(verifyUnsubscribe(secret, wrong)).toBeNull();
    }
    expect(verifyUnsubscribe('another', token)).toBeNull();
  });
});
