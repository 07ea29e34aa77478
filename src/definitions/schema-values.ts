/**
 * The small values authors write: durations, shares, names, addresses. Each says itself what it must be.
 * @module
 */
import ms, { type StringValue } from 'ms';
import { z } from 'zod';
import type { Json } from '../core/condition.ts';
import type { Rate } from '../core/pausing.ts';
import { DAY, HOUR, MINUTE, type Milliseconds, SECOND } from '../core/time.ts';

/** Keys that tell one form of a thing from another (`trait`, `event`, `wait`, `email`, …); see {@link oneOf}. */
const FORMS = new Set<string>();

export function isForm(key: PropertyKey | undefined): boolean {
  return typeof key === 'string' && FORMS.has(key);
}

/**
 * A thing that comes in several forms, each told by a key of its own.
 * @param what with article, for messages: `A step`
 */
export function oneOf<const Options extends readonly [z.ZodType, ...z.ZodType[]]>(
  what: string,
  forms: readonly string[],
  options: Options,
): z.ZodUnion<Options> {
  for (const form of forms) FORMS.add(form);
  const says = `${what} has one of ${quoted(forms)}`;
  return z.union(options, { error: says }).describe(`${says}.`);
}

export function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

const must = (text: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined ? undefined : `must be ${text}`),
});

const DURATION =
  /^\d+(\.\d+)?\s?(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|years?|yrs?|y)$/;

function durationSaying(what: string) {
  return z
    .string(must(what))
    .regex(DURATION, must(what))
    .refine((text) => !DURATION.test(text) || millisecondsOf(text) >= 1, { error: 'must be longer than nothing' })
    .meta({ title: 'duration', description: 'A length of time: `30m`, `12h`, `14 days`.' });
}

export const duration = durationSaying('a duration such as `30m`, `12h` or `14 days`');

const A_DURATION_OR_NEVER = 'a duration such as `2d`, or `never`';
export const durationOrNever = z.union(
  [z.literal('never'), durationSaying(A_DURATION_OR_NEVER)],
  must(A_DURATION_OR_NEVER),
);

const CALENDAR = /^(today|([1-9]\d{0,3})\s+calendar\s+days?)$/;
const A_WINDOW = 'a duration such as `30m` or `14 days`, or `7 calendar days`, or `today`';

/** How far back events are looked at. */
export const window = z
  .string(must(A_WINDOW))
  .regex(new RegExp(`${DURATION.source}|${CALENDAR.source}`), must(A_WINDOW))
  .refine((text) => !DURATION.test(text) || millisecondsOf(text) >= 1, { error: 'must be longer than nothing' })
  .meta({
    title: 'window',
    description:
      'A duration, or days from midnight to midnight, the present one included: `7d`, `7 calendar days`, `today`.',
  });

/** @param text a window that passed its schema: how many days of the calendar; undefined where it is a duration */
export function calendarDaysOf(text: string): number | undefined {
  const [, form, days] = CALENDAR.exec(text) ?? [];
  return form === undefined ? undefined : Number(days ?? 1);
}

/** @param text a duration that passed its schema */
export function millisecondsOf(text: string): Milliseconds {
  return Math.round(ms(text as StringValue));
}

const UNITS = [
  { name: 'day', short: 'd', lasts: DAY },
  { name: 'hour', short: 'h', lasts: HOUR },
  { name: 'minute', short: 'm', lasts: MINUTE },
  { name: 'second', short: 's', lasts: SECOND },
  { name: 'millisecond', short: 'ms', lasts: 1 },
] as const;

/** `90m` or `90 minutes`: in the largest unit that leaves no fraction. */
export function durationText(duration: Milliseconds, form: 'short' | 'long'): string {
  const unit = UNITS.find(({ lasts }) => duration % lasts === 0) ?? UNITS[4];
  const amount = duration / unit.lasts;
  return form === 'short' ? `${amount}${unit.short}` : `${amount} ${unit.name}${amount === 1 ? '' : 's'}`;
}

const RATE = /^[1-9]\d{0,8}\s?\/\s?(second|minute|hour|day)$/;
const RATE_PER = { second: SECOND, minute: MINUTE, hour: HOUR, day: DAY };

export const rate = z
  .string(must('a rate such as `100/minute`'))
  .regex(RATE, must('a rate such as `100/minute`'))
  .meta({ title: 'rate', description: 'So many in a second, minute, hour or day: `100/minute`.' });

/** @param text a rate that passed its schema */
export function rateOf(text: string): Rate {
  const [count = '', per = ''] = text.split('/').map((part) => part.trim());
  return { count: Number(count), per: RATE_PER[per as keyof typeof RATE_PER] };
}

const PERCENT = /^\d+(\.\d+)?\s?%$/;

/** Such as `10%`, from 0 to 100. */
export const percent = z
  .string(must('a share such as `10%`'))
  .regex(PERCENT, must('a share such as `10%`'))
  .refine((text) => !PERCENT.test(text) || Number.parseFloat(text) <= 100, { error: 'must be at most 100%' })
  .meta({ title: 'share', description: 'A share of people: `10%`.' });

/** @param text a share that passed its schema; the answer is in [0, 1] */
export function shareOf(text: string): number {
  return Number((Number.parseFloat(text) / 100).toFixed(6));
}

const KEY = /^[a-z0-9]+(-[a-z0-9]+)*$/;
export const key = z
  .string(must('a name in small letters, digits and hyphens, such as `cart-recovery`'))
  .regex(KEY, must('a name in small letters, digits and hyphens, such as `cart-recovery`'))
  .max(80, { error: 'must be at most 80 letters long' })
  .meta({ title: 'name', description: 'Small letters, digits and hyphens: `cart-recovery`.' });

const TRAIT = /^[A-Za-z][A-Za-z0-9_-]*$/;
export const traitName = z
  .string(must('a name of letters, digits, `_` and `-`, such as `exports_last_30_days`'))
  .regex(TRAIT, must('a name of letters, digits, `_` and `-`, such as `exports_last_30_days`'))
  .meta({ title: 'trait name', description: 'Letters, digits, `_` and `-`: `exports_last_30_days`.' });

export const text = z.string(must('text')).trim().min(1, must('some text'));
export const eventName = z.string(must("an event's name")).min(1, must("an event's name"));
export const yesOrNo = z.boolean(must('true or false'));
export const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: 'must be a text, a number, true or false',
});
export const json: z.ZodType<Json> = z.json();
export const count = z.int(must('a whole number')).min(0, must('a whole number, at least 0'));
export const atLeastOne = z.int(must('a whole number, at least 1')).min(1, must('a whole number, at least 1'));

const SENDER = /^[^<>"\n]+ <[^<>\s@]+@[^<>\s@]+>$/;
export const sender = z
  .string(must('like `Name <name@example.com>`'))
  .regex(SENDER, must('like `Name <name@example.com>`'))
  .meta({ title: 'sender', description: '`Name <name@example.com>`.' });

export const webAddress = z
  .string(must('a web address such as `https://example.com/hook`'))
  .refine(isWebAddress, { error: 'must be a web address such as `https://example.com/hook`' })
  .meta({ title: 'web address', description: '`https://…` or `http://…`.' });

/** Liquid may stand anywhere in it; the rest must be http or https. */
function isWebAddress(address: string): boolean {
  try {
    return /^https?:$/.test(new URL(address.replaceAll(/\{\{.*?\}\}|\{%.*?%\}/gs, 'x')).protocol);
  } catch {
    return false;
  }
}

/** What a person can follow: a web address, a path of the site, or whatever Liquid makes of it. */
export const link = z
  .string(must('a web address, or a path that begins with `/`'))
  .refine((it) => isWebAddress(it) || /^(\/|mailto:|tel:|\{\{)/.test(it), {
    error: 'must be a web address, or a path that begins with `/`',
  })
  .meta({ title: 'link', description: 'A web address, a path that begins with `/`, `mailto:` or `tel:`.' });

export const timezone = z
  .string(must('an IANA time zone such as `Europe/Berlin`'))
  .refine(isTimezone, {
    error: 'must be an IANA time zone such as `Europe/Berlin`',
    params: { names: Intl.supportedValuesOf('timeZone') },
  })
  .meta({ title: 'time zone', description: 'An IANA name: `Europe/Berlin`.' });

function isTimezone(zone: string): boolean {
  if (/^[+-]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
