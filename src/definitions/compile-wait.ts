/**
 * Waits in the form the core takes them.
 * @module
 */
import type { Weekday } from '../core/hours.ts';
import type { LocalMoment } from '../core/local-time.ts';
import { DAY, type Milliseconds } from '../core/time.ts';
import { checkNumber } from './compile-formula.ts';
import { didYouMean } from './problems.ts';
import { minutesOf, WEEKDAYS } from './schema-pressure.ts';
import { durationText, millisecondsOf } from './schema-values.ts';
import { type AuthoredWait, momentOf } from './schema-wait.ts';
import { type Surroundings, sayAt } from './scope.ts';
import type { Path } from './source.ts';
import type { TraitType } from './workspace-types.ts';

type Wait = { readonly for: Milliseconds } | { readonly until: LocalMoment };

export function compileWait(wait: AuthoredWait, path: Path, given: Surroundings): Wait {
  if (typeof wait === 'string') return { for: millisecondsOf(wait) };
  const { until } = wait;
  if (typeof until === 'string' || until.hour === undefined) return { until: momentIn(until) };
  const say = sayAt(given, [...path, 'until', 'hour']);
  const of = given.scope.resolve(until.hour, given.of, say);
  checkNumber(of, until.hour, given, say);
  return { until: { by: 'hour', of, ...(until.else !== undefined && { otherwise: minutesOf(until.else) }) } };
}

/** `1h`, `tuesday-10-00`, `3d-before-renewsAt`: what a step is named after. */
export function waitText(wait: AuthoredWait): string {
  if (typeof wait === 'string') return durationText(millisecondsOf(wait), 'short');
  if (typeof wait.until === 'string') return wait.until;
  const { trait = '', hour, before, after } = wait.until;
  if (hour !== undefined) return hour;
  const shift = before ?? after;
  if (shift === undefined) return trait;
  return `${durationText(millisecondsOf(shift), 'short')} ${before === undefined ? 'after' : 'before'} ${trait}`;
}

/** A wait for a trait that is no date would never wait. */
export function checkWait(
  wait: AuthoredWait,
  traits: Readonly<Record<string, TraitType>>,
  say: (message: string, fix?: string) => void,
): void {
  if (typeof wait === 'string' || typeof wait.until === 'string') return;
  const { trait } = wait.until;
  if (trait === undefined) return;
  const type = traits[trait];
  if (type === 'date') return;
  if (type !== undefined) {
    say(`The trait \`${trait}\` is a ${type}, and no date to wait for`);
    return;
  }
  const dates = Object.keys(traits).filter((name) => traits[name] === 'date');
  say(
    `There is no trait \`${trait}\``,
    didYouMean(trait, dates) ?? 'Declare it under `traits` in the settings, as a `date`',
  );
}

function momentIn(until: Exclude<AuthoredWait, string>['until']): LocalMoment {
  if (typeof until === 'string') {
    const { day, minute } = momentOf(until);
    const weekday = day === undefined ? 0 : WEEKDAYS.indexOf(day) + 1;
    return { by: 'clock', minute, ...(weekday > 0 && { day: weekday as Weekday }) };
  }
  const { trait = '', at, before, after } = until;
  const days = (millisecondsOf(after ?? '0d') - millisecondsOf(before ?? '0d')) / DAY;
  return { by: 'date', trait, ...(at !== undefined && { minute: minutesOf(at) }), ...(days !== 0 && { days }) };
}
