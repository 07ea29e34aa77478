/**
 * What an offer step picked, and why the others were not picked, in words.
 * @module
 */
import type { Candidate } from './offer.ts';
import { sayInstant, sayRefusal } from './refusal-text.ts';

/**
 * @param offer null: none
 * @param time how an instant is said; absent: in UTC
 */
export function sayOffer(offer: string | null, candidates: readonly Candidate[], time = sayInstant): string {
  const others = candidates.filter((one) => one.offer !== offer).map((one) => `${one.offer} ${whyNot(one, time)}`);
  const because = others.length === 0 ? '' : ` (${others.join(', ')})`;
  if (offer === null) return `has nothing to offer${because}`;
  const best = candidates.find((one) => one.offer === offer);
  return best === undefined ? `offers ${offer}, as before` : `offers ${offer}, worth ${best.expected}${because}`;
}

function whyNot({ expected, passed }: Candidate, time: typeof sayInstant): string {
  switch (passed?.why) {
    case undefined:
      return `is worth ${expected}`;
    case 'not-yet':
      return `begins ${time(passed.at)}`;
    case 'over':
      return `is over since ${time(passed.at)}`;
    case 'had':
      return `was offered ${time(passed.at)}`;
    case 'unwanted':
      return `is not wanted: ${sayRefusal(passed.refusal, time)}`;
    case 'not-eligible':
      return 'is for others';
    case 'used-up':
      return 'is used up';
    case 'unknown-value':
      return 'has no known value';
  }
}
