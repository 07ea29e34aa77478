/**
 * Why a message did not go out, in words.
 * @module
 */
import type { Cap } from './journey.ts';
import type { Refusal } from './pressure.ts';
import type { Instant } from './time.ts';
import { lengthText } from './time-text.ts';

/** @param time how an instant is said; absent: in UTC */
export function sayRefusal(refusal: Refusal, time = sayInstant): string {
  switch (refusal.reason) {
    case 'held-out':
      return 'held out';
    case 'sent-before':
      return 'sent before, under another name of the person';
    case 'nobody':
      return `none of the account’s ${refusal.people} people is its ${refusal.role}`;
    case 'gone':
      return `the ${refusal.role} is not in the account any more`;
    case 'suppressed':
      return `the person does not want ${refusal.category === 'all' ? 'any messages' : refusal.category}`;
    case 'never-this':
      return `the person does not want the ${refusal.what} ${refusal.name}`;
    case 'snoozed':
      return `${refusal.what === 'all' ? 'everything' : `the ${refusal.what} ${refusal.name}`} is snoozed until ${time(refusal.freeAt)}`;
    case 'dismissed':
      return `the person has dismissed the ${refusal.what} ${refusal.name} in this run`;
    case 'no-offer':
      return 'there is nothing to offer';
    case 'offer-over':
      return `the offer ${refusal.offer} is over`;
    case 'hours':
      return refusal.freeAt === null
        ? `outside of its hours in ${refusal.zone}, and they never come`
        : `outside of its hours in ${refusal.zone}, until ${time(refusal.freeAt)}`;
    case 'cap':
      return `at most ${sayCap(refusal.cap)} (${refusal.scope}), free at ${time(refusal.freeAt)}`;
    case 'stale':
      return `was due at ${time(refusal.dueAt)}, too long before the journey was resumed`;
    case 'channel':
      return refusal.detail;
    case 'ended':
      return `the run had ended as ${refusal.outcome}`;
  }
}

function sayCap(cap: Cap): string {
  const { channel, category, of, atMost } = cap;
  const about = [channel && `of channel ${channel}`, category && `of category ${category}`].filter(Boolean);
  const what = about.length === 0 ? 'messages' : about.join(', ');
  const window = 'per' in cap ? `per ${cap.per}` : `in ${lengthText(cap.within)}`;
  return `${atMost} ${what} ${window}${of === 'account' ? ', over the whole account' : ''}`;
}

/** To the second, or to the millisecond where there are some. */
export function sayInstant(at: Instant): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}
