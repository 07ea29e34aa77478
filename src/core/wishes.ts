/**
 * What a person does not want to get: for ever or until an instant; of everything, a category, or one thing. Pure: the
 * engine keeps it under the person's lock, the simulator in memory.
 *
 * What is meant is one text: `all`, a category's name, or `offer:…`, `template:…`, `journey:…`.
 * @module
 */
import type { Json, JsonObject } from './condition.ts';
import { instantOf } from './test-value.ts';
import type { Instant } from './time.ts';

export const EVERY_CATEGORY = 'all';

/** What a wish can be about; `category` is that of the message, or of what it offers. */
export const WISH_SUBJECTS = ['offer', 'template', 'journey', 'category', 'all'] as const;
export type WishSubject = (typeof WISH_SUBJECTS)[number];

/** What a person can say to a message. */
export const CHOICES = ['dismiss', 'snooze', 'never-this', 'never-any'] as const;
export type Choice = (typeof CHOICES)[number];

export interface Wishes {
  /** For ever. */
  readonly suppressed: ReadonlySet<string>;
  /** Until then. */
  readonly snoozed?: ReadonlyMap<string, Instant>;
  /** Put away by the person in this run, which does not bring it up again. */
  readonly dismissed?: ReadonlySet<string>;
}

/** One thing that is not wanted; null: for ever. */
export interface Wish {
  readonly what: string;
  readonly until: Instant | null;
}

/** A message, as far as wishes are about it. */
export interface Subjects {
  readonly journey: string;
  readonly template: string | null;
  readonly category: string | null;
  /** Of what the message offers, if it does. */
  readonly offer?: string | null | undefined;
}

export interface Answer {
  readonly choice: Choice;
  /** What is meant, where it is not what the choice usually means. */
  readonly of?: WishSubject | undefined;
  readonly until?: Instant | undefined;
}

/** Why a message is not wanted. */
export type Unwanted =
  | { readonly reason: 'suppressed'; readonly category: string }
  /** Never this again. */
  | { readonly reason: 'never-this'; readonly what: Exclude<WishSubject, 'category' | 'all'>; readonly name: string }
  | { readonly reason: 'snoozed'; readonly what: WishSubject; readonly name: string; readonly freeAt: Instant }
  | { readonly reason: 'dismissed'; readonly what: 'offer' | 'template'; readonly name: string };

/** What a wish about a subject of that name is kept as. */
export function wishKey(subject: WishSubject, name: string): string {
  if (subject === 'all') return EVERY_CATEGORY;
  return subject === 'category' ? name : `${subject}:${name}`;
}

export function subjectOf(what: string): { readonly of: WishSubject; readonly name: string } {
  if (what === EVERY_CATEGORY) return { of: 'all', name: EVERY_CATEGORY };
  const [of, ...name] = what.split(':');
  return name.length === 0 ? { of: 'category', name: what } : { of: of as WishSubject, name: name.join(':') };
}

/** The first wish that stands against a message with these subjects; those for ever come before those that end. */
export function unwanted(
  subjects: Subjects,
  categories: readonly string[],
  { suppressed, snoozed, dismissed }: Wishes,
  now: Instant,
): Unwanted | null {
  for (const category of [EVERY_CATEGORY, ...categories]) {
    if (suppressed.has(category)) return { reason: 'suppressed', category };
  }
  const things = thingsOf(subjects);
  for (const { what, name } of things) {
    if (suppressed.has(`${what}:${name}`)) return { reason: 'never-this', what, name };
  }
  if (dismissed !== undefined && dismissed.size > 0) {
    for (const { what, name } of things) {
      if (what !== 'journey' && dismissed.has(`${what}:${name}`)) return { reason: 'dismissed', what, name };
    }
  }
  if (snoozed === undefined || snoozed.size === 0) return null;
  const asleep = [EVERY_CATEGORY, ...categories, ...things.map(({ what, name }) => `${what}:${name}`)]
    .map((what) => ({ what, freeAt: snoozed.get(what) ?? 0 }))
    .reduce((longest, one) => (one.freeAt > longest.freeAt ? one : longest));
  if (asleep.freeAt <= now) return null;
  const { of, name } = subjectOf(asleep.what);
  return { reason: 'snoozed', what: of, name, freeAt: asleep.freeAt };
}

/**
 * What an answer to a message means from then on; null where it is about this message alone. A snooze and `never-this` are
 * of the offer, or of the template where nothing was offered; `never-any` is of the category.
 */
export function wishOf({ choice, of, until }: Answer, subjects: Partial<Subjects>): Wish | null {
  if (choice === 'dismiss' || (choice === 'snooze' && until === undefined)) return null;
  const this_ = subjects.offer ? 'offer' : 'template';
  const subject = of ?? (choice === 'never-any' ? 'category' : this_);
  const name = subject === 'all' ? EVERY_CATEGORY : subjects[subject];
  if (!name) return null;
  return { what: wishKey(subject, name), until: choice === 'snooze' ? (until ?? null) : null };
}

/** What an event says about messages, where it is one by which people do. */
export type Said =
  /** They answered a message: the one of this id, else those with this template. */
  | {
      readonly said: 'answer';
      readonly answer: Answer;
      readonly message: string | null;
      readonly of: Partial<Subjects>;
    }
  | { readonly said: 'wish'; readonly wish: Wish };

/** Lenient, since properties may be anything: a choice that is none is a plain dismissal. */
export function saidBy({ name, properties }: { readonly name: string; readonly properties: JsonObject }): Said | null {
  if (name === 'Unsubscribed')
    return { said: 'wish', wish: { what: textOf(properties.unsubscribed_from) ?? EVERY_CATEGORY, until: null } };
  if (name !== 'In-App Message Dismissed') return null;
  const { choice, of, snoozeUntil, message_id: message } = properties;
  const answer: Answer = {
    choice: among(CHOICES, choice) ?? 'dismiss',
    of: among(WISH_SUBJECTS, of),
    until: instantOf(snoozeUntil),
  };
  const named = ['journey', 'template', 'category', 'offer'].map((key) => [key, textOf(properties[key])]);
  const told: Partial<Subjects> = Object.fromEntries(named.filter(([, name]) => name !== undefined));
  return { said: 'answer', answer, message: textOf(message) ?? null, of: told };
}

/** The wish, beside those there are: of two about one thing the longer holds. */
export function withWish({ suppressed, snoozed = new Map(), ...rest }: Wishes, { what, until }: Wish): Wishes {
  if (until === null) return { ...rest, suppressed: new Set([...suppressed, what]), snoozed };
  const longest = Math.max(until, snoozed.get(what) ?? 0);
  return { ...rest, suppressed, snoozed: new Map([...snoozed, [what, longest]]) };
}

/** Does an answer put the message away for good? A snooze brings it back. */
export function putsAway({ choice, until }: Answer): boolean {
  return choice !== 'snooze' || until === undefined;
}

function thingsOf({ offer, template, journey }: Subjects) {
  const things = [
    { what: 'offer', name: offer },
    { what: 'template', name: template },
    { what: 'journey', name: journey },
  ] as const;
  return things.flatMap(({ what, name }) => (name ? [{ what, name }] : []));
}

function among<const Names extends readonly string[]>(
  names: Names,
  value: Json | undefined,
): Names[number] | undefined {
  return names.find((name) => name === value);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
