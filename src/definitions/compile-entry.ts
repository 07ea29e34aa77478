/**
 * How people enter a journey, from the author's form to the core's.
 * @module
 */
import type { Again, Entry } from '../core/journey.ts';
import { compileFilter } from './compile-events.ts';
import { type AuthoredAgain, type AuthoredEntry, afterIn } from './schema-entry.ts';
import { millisecondsOf } from './schema-values.ts';
import { checkAudience, type Surroundings, sayAt } from './scope.ts';

export function compileEntry(enter: AuthoredEntry, given: Surroundings): Entry {
  if ('audience' in enter) return { by: 'audience', audience: entryAudience(enter.audience, 'audience', given) };
  if ('leaves' in enter) return { by: 'leaving', audience: entryAudience(enter.leaves, 'leaves', given) };
  return { by: 'event', events: compileFilter({ event: enter.event, where: enter.where }, ['enter'], given) };
}

export function compileAgain(authored: AuthoredAgain = 'never'): Again {
  if (authored === 'never' || authored === 'always') return authored;
  if (typeof authored === 'string') return { after: millisecondsOf(afterIn(authored)) };
  const { after, atMost } = authored;
  return { after: after === undefined ? 0 : millisecondsOf(after), ...(atMost !== undefined && { atMost }) };
}

/** Journeys are for people. */
function entryAudience(key: string, form: 'audience' | 'leaves', given: Surroundings): string {
  const { scope } = given;
  const say = sayAt(given, ['enter', form]);
  if (scope.audiences.get(key) !== 'account') {
    checkAudience(key, given.of, scope, say);
    return key;
  }
  const fix = 'Enter by an audience of people, with a condition such as `account: { audience: … }`';
  say(`The audience \`${key}\` is of accounts, and journeys are for people`, fix);
  return key;
}
