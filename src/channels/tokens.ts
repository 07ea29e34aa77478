/**
 * Tokens that let a person in without a login: the signed user token of the in-app API, and the one in an unsubscribe
 * link. Both are checked without a look at the database.
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { type Clock, createClock, type Milliseconds, SECOND } from '../core/time.ts';

const AUDIENCE = 'in-app';
const SIGNATURE_BYTES = 16;

export interface UserTokenSettings {
  readonly secret: string;
  readonly userId: string;
  readonly expiresIn: Milliseconds;
  /** Tokens live in the machine's time: browsers keep them. */
  readonly clock?: Clock;
}

/** A JSON Web Token (HS256) that says who is at the screen. */
export async function signUserToken({
  secret,
  userId,
  expiresIn,
  clock = createClock(),
}: UserTokenSettings): Promise<string> {
  const now = clock.wall();
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setAudience(AUDIENCE)
    .setIssuedAt(Math.floor(now / SECOND))
    .setExpirationTime(Math.ceil((now + expiresIn) / SECOND))
    .sign(Buffer.from(secret));
}

export type VerifiedUser = { readonly userId: string } | { readonly problem: 'expired' | 'invalid' };

export async function verifyUserToken({
  secret,
  token,
  clock = createClock(),
}: {
  readonly secret: string;
  readonly token: string;
  readonly clock?: Clock;
}): Promise<VerifiedUser> {
  try {
    const { payload } = await jwtVerify(token, Buffer.from(secret), {
      algorithms: ['HS256'],
      audience: AUDIENCE,
      currentDate: new Date(clock.wall()),
      requiredClaims: ['sub', 'exp'],
    });
    return payload.sub === undefined ? { problem: 'invalid' } : { userId: payload.sub };
  } catch (error) {
    return { problem: error instanceof errors.JWTExpired ? 'expired' : 'invalid' };
  }
}

/** What an unsubscribe link is about. */
export interface Unsubscribe {
  readonly profileId: number;
  /** Of the message that the link stands in. */
  readonly category: string;
  readonly messageId: string;
}

/** Never expires: a link in an old email must work. Made for every email, so it costs a few microseconds. */
export function signUnsubscribe({ secret, profileId, category, messageId }: Unsubscribe & { secret: string }): string {
  const payload = Buffer.from(JSON.stringify([profileId, category, messageId])).toString('base64url');
  return `${payload}.${signatureOf(secret, payload).toString('base64url')}`;
}

/** Null for anything that was not signed with this secret. */
export function verifyUnsubscribe(secret: string, token: string): Unsubscribe | null {
  const [payload = '', signature = '', ...more] = token.split('.');
  const given = Buffer.from(signature, 'base64url');
  if (more.length > 0 || given.length !== SIGNATURE_BYTES) return null;
  if (!timingSafeEqual(given, signatureOf(secret, payload))) return null;
  const [profileId, category, messageId] = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return { profileId, category, messageId };
}

function signatureOf(secret: string, payload: string): Buffer {
  return createHmac('sha256', secret).update(`unsubscribe:${payload}`).digest().subarray(0, SIGNATURE_BYTES);
}
