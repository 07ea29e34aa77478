/**
 * What is said of an email once its channel has answered: the same for a mail server's answer and for one that is made up.
 * @module
 */
import type { Delivery } from '../channels/channel.ts';
import type { JsonObject } from '../core/condition.ts';
import type { ActionStep } from '../core/journey.ts';
import type { Refusal } from '../core/pressure.ts';
import type { Instant } from '../core/time.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import { messageEvent } from './message-events.ts';
import type { RunState } from './run-state.ts';

/** Where the email goes, or how its delivery ends where there is no such place. */
export function addressOf({ email }: JsonObject): { readonly to: string } | Extract<Delivery, { result: 'refused' }> {
  if (typeof email === 'string' && email !== '') return { to: email };
  return { result: 'refused', reason: 'the person has no trait `email`' };
}

/** SMTP's answer is all we hear: a 250 is told as delivered, a refusal as bounced. Other steps tell nothing here. The run is as
 * it was while the email was on its way. */
export function emailReport(
  step: ActionStep,
  id: string,
  refusal: Refusal | null,
  {
    journey,
    profileId,
    userId,
    cursor,
    version,
  }: Pick<RunState, 'journey' | 'profileId' | 'userId' | 'cursor' | 'version'>,
  now: Instant,
  offer: string | null = null,
): IncomingEvent[] {
  if (step.kind !== 'email' || (refusal !== null && refusal.reason !== 'channel')) return [];
  const { key, category } = step.template;
  const to = cursor.phase === 'delivering' ? cursor.to?.[0] : undefined;
  const account = version.journey.of === 'account' ? userId : null;
  const at = new Date(now).toISOString();
  return [
    messageEvent({
      name: refusal === null ? 'Email Delivered' : 'Email Bounced',
      profileId: to?.id ?? profileId,
      message: { id, journey, step: step.id, channel: 'email', template: key, category, offer, account },
      at,
      receivedAt: at,
      ...(refusal === null ? {} : { properties: { reason: refusal.detail } }),
    }),
  ];
}
