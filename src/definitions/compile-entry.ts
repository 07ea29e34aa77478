/**
 * How people enter a journey, from the author's form to the core's.
 * @module
 */
import type { Again, DailyLimit, Entry, Group, Instances } from '../core/journey.ts';
import type { Schedule } from '../core/schedule.ts';
import { compileFilter } from './compile-events.ts';
import { lintProperty } from './lint-properties.ts';
import { didYouMean } from './problems.ts';
import type { SettingsFile } from './schema.ts';
import { type AuthoredAgain, type AuthoredEntry, afterIn, paceOf, timesOf } from './schema-entry.ts';
import { millisecondsOf } from './schema-values.ts';
import { checkAudience, PLURAL, type Say, type Scope, type Surroundings, sayAt } from './scope.ts';

export function compileEntry(enter: AuthoredEntry, given: Surroundings): Entry {
  if ('at' in enter || 'every' in enter) return compileSchedule(enter, given);
  if ('audience' in enter) return { by: 'audience', audience: entryAudience(enter.audience, 'audience', given) };
  if ('leaves' in enter) return { by: 'leaving', audience: entryAudience(enter.leaves, 'leaves', given) };
  if ('request' in enter) expectPeople('request', given);
  if ('request' in enter) return { by: 'request', ...compileEach(enter, [], given) };
  const events = compileFilter({ event: enter.event, where: enter.where }, ['enter'], given);
  return { by: 'event', events, ...compileEach(enter, events.names, given) };
}

/** Accounts have no ids that others could ask for, and no clock on the wall. */
function expectPeople(form: 'request' | 'members', given: Surroundings): void {
  if (given.of === 'person') return;
  const message = `\`${form}\` enters people, and this journey is about accounts`;
  sayAt(given, ['enter', form])(message, 'Take `of: accounts` out, or enter by an audience or an event');
}

function compileSchedule(enter: Extract<AuthoredEntry, { rate?: string | undefined }>, given: Surroundings): Entry {
  expectPeople('members', given);
  const { members, timezone = 'person', rate } = enter;
  return {
    by: 'schedule',
    audience: entryAudience(members, 'members', given),
    when: 'at' in enter ? { at: enter.at.replace(' ', 'T') } : whenOf(enter.every),
    zone: given.scope.zone,
    local: timezone === 'person',
    ...(rate !== undefined && { pace: paceOf(rate) }),
  };
}

function whenOf(every: string): Schedule['when'] {
  const when = timesOf(every);
  if (when === null) throw new Error(`The schema let through a schedule that says nothing: ${every}`);
  return when;
}

/** What runs are entered with, as far as conditions can ask for the same. */
export function enteredWith(enter: AuthoredEntry): Surroundings['enteredWith'] {
  if ('request' in enter) return [];
  if (!('event' in enter)) return 'nothing';
  return typeof enter.event === 'string' ? [enter.event] : enter.event;
}

/** Runs side by side for one person where nothing else is said. */
const AT_ONCE = 25;

/** @param events whose property it is */
function compileEach(
  { each, atOnce = AT_ONCE }: { readonly each?: string | undefined; readonly atOnce?: number | undefined },
  events: readonly string[],
  given: Surroundings,
): { readonly each?: Instances } {
  if (each === undefined) return {};
  lintProperty(events, each, [], sayAt(given, ['enter', 'each']), given.scope.plan);
  return { each: { property: each, atOnce } };
}

/** @param authored such as `1000 per day` */
export function compileLimit(authored: string | undefined, { zone }: Scope): { readonly limit?: DailyLimit } {
  return authored === undefined ? {} : { limit: { perDay: Number.parseInt(authored, 10), zone } };
}

/** @param usual where nothing is said: each time of a schedule is an entry of its own */
export function compileAgain(authored: AuthoredAgain, usual: 'never' | 'always'): Again {
  if (authored === undefined) return usual;
  if (authored === 'never' || authored === 'always') return authored;
  if (typeof authored === 'string') return { after: millisecondsOf(afterIn(authored)) };
  const { after, atMost } = authored;
  return { after: after === undefined ? 0 : millisecondsOf(after), ...(atMost !== undefined && { atMost }) };
}

/** Of those that the journey is about. */
function entryAudience(key: string, form: 'audience' | 'leaves' | 'members', given: Surroundings): string {
  const { scope, of } = given;
  const say = sayAt(given, ['enter', form]);
  const found = scope.audiences.get(key);
  if (found === undefined || found === of) {
    checkAudience(key, of, scope, say);
    return key;
  }
  const fix =
    of === 'person'
      ? 'Say `of: accounts` at the top, or enter by an audience of people'
      : 'Take `of: accounts` out, or enter by an audience of accounts';
  say(`The audience \`${key}\` is of ${PLURAL[found]}, and this journey is about ${PLURAL[of]}`, fix);
  return key;
}

/** The rules of the journey's group, from the settings. */
export function compileGroup(
  name: string | undefined,
  settings: SettingsFile | undefined,
  say: Say,
): { readonly group?: Group } {
  // Of settings that are missing or broken that was said already.
  if (name === undefined || settings === undefined) return {};
  const { groups = {} } = settings;
  const rules = Object.hasOwn(groups, name) ? groups[name] : undefined;
  if (rules === undefined) {
    const fix = didYouMean(name, Object.keys(groups)) ?? `Add it to the settings: \`groups: { ${name}: {} }\``;
    say(`There is no group \`${name}\``, fix);
    return {};
  }
  const { higher = 'evicts', lower = 'yields' } = rules;
  return { group: { key: name, higher, lower } };
}
