/**
 * What a condition looks at: the events, traits and audiences whose change can change its answer.
 * @module
 */
import type { CalendarDays, Condition, EventFilter, EventPattern, Expression, Sequence, Signal } from './condition.ts';
import { DAY, type Milliseconds } from './time.ts';

export interface Interest {
  /** Event names; `*` stands for every event of the person's own. */
  readonly events: Set<string>;
  /** First parts of trait paths: `address` for `address.city`. */
  readonly traits: Set<string>;
  /** Of the profile itself. */
  readonly audiences: Set<string>;
  /** Of the profiles it belongs to or that belong to it; `*` stands for how many those are. */
  readonly related: Set<string>;
  /** How far back it looks; Infinity for ever, 0 where it looks at no event. */
  reach: Milliseconds;
  /** Likewise for `*` alone, which costs most to look up. */
  anythingReach: Milliseconds;
  /** Could time alone change an answer? */
  timed: boolean;
}

/** What has happened to a profile at one instant. */
export interface Touch {
  /** Name of an event, and whether the person did it (`*` stands for those only). */
  readonly event?: { readonly name: string; readonly byEngine: boolean };
  /** First parts of the paths of changed traits. */
  readonly traits?: Iterable<string>;
  /** Audiences that a related profile entered or left; `*`: a profile came to be related. */
  readonly related?: Iterable<string>;
  /** Whatever is counted may be another number. */
  readonly anything?: boolean;
}

export function interestOf(...conditions: readonly Condition[]): Interest {
  const interest = none();
  for (const condition of conditions) collect(condition, interest);
  return interest;
}

/** Likewise for expressions. */
export function interestOfExpressions(expressions: Iterable<Expression>): Interest {
  const interest = none();
  for (const expression of expressions) collectExpression(expression, interest);
  return interest;
}

/** What any of them looks at. */
export function joinInterests(interests: readonly Interest[]): Interest {
  const all = (of: (interest: Interest) => Iterable<string>) => new Set(interests.flatMap((one) => [...of(one)]));
  return {
    events: all(({ events }) => events),
    traits: all(({ traits }) => traits),
    audiences: all(({ audiences }) => audiences),
    related: all(({ related }) => related),
    reach: Math.max(0, ...interests.map(({ reach }) => reach)),
    anythingReach: Math.max(0, ...interests.map(({ anythingReach }) => anythingReach)),
    timed: interests.some(({ timed }) => timed),
  };
}

function none(): Interest {
  return {
    events: new Set(),
    traits: new Set(),
    audiences: new Set(),
    related: new Set(),
    reach: 0,
    anythingReach: 0,
    timed: false,
  };
}

/** Can this touch, or one of these audiences changing, concern somebody with that interest? */
export function concerns(
  interest: Interest,
  { event, traits = [], related = [], anything = false }: Touch,
  audiences: Iterable<string>,
): boolean {
  if (anything) return true;
  if (event !== undefined && (interest.events.has(event.name) || (!event.byEngine && interest.events.has('*'))))
    return true;
  for (const trait of traits) if (interest.traits.has(trait)) return true;
  for (const one of related) if (interest.related.has(one)) return true;
  for (const audience of audiences) if (interest.audiences.has(audience)) return true;
  return false;
}

function collect(condition: Condition, into: Interest): void {
  switch (condition.kind) {
    case 'all':
    case 'any':
      for (const part of condition.of) collect(part, into);
      return;
    case 'not':
      collect(condition.of, into);
      return;
    case 'value':
      collectExpression(condition.of, into);
      if (condition.test.op === 'olderThan' || condition.test.op === 'newerThan') into.timed = true;
      return;
    case 'events':
      collectEvents(condition.events, into);
      return;
    case 'compare':
      collectExpression(condition.left, into);
      collectExpression(condition.right, into);
      return;
    case 'sequence':
      collectSequence(condition, into);
      return;
    case 'audience':
      into.audiences.add(condition.key);
      return;
    case 'related':
      into.related.add(condition.audience);
      if (condition.times === 'all') into.related.add('*');
  }
}

/** @param back how much further than now the expression looks from */
function collectExpression(expression: Expression, into: Interest, back: Milliseconds = 0): void {
  switch (expression.kind) {
    case 'trait':
      collectTrait(expression.path, into);
      return;
    case 'constant':
      return;
    case 'aggregate': {
      // What is new within a window shows only beside everything before it.
      const { within: _window, days: _days, ...everything } = expression.events;
      const looksBeyond = expression.fn === 'newCount' || expression.fn === 'newList';
      collectEvents(expression.events, into, back);
      if (expression.habit !== undefined) into.traits.add('timezone');
      if (looksBeyond) collectEvents(everything, into);
      return;
    }
    case 'arithmetic':
      collectExpression(expression.left, into, back);
      collectExpression(expression.right, into, back);
      return;
    case 'orElse':
      collectExpression(expression.of, into, back);
      collectExpression(expression.otherwise, into, back);
      return;
    case 'daysSince':
      into.timed = true;
      if (expression.zone !== undefined) into.traits.add('timezone');
      collectExpression(expression.of, into, back);
      return;
    case 'ago':
      into.timed = true;
      collectExpression(expression.of, into, back + expression.by);
      return;
    case 'related':
      into.related.add(expression.audience ?? '*');
      return;
    case 'score':
      for (const signal of expression.signals) collectSignal(signal, into, back);
      return;
    case 'band':
      collectExpression(expression.of, into, back);
  }
}

function collectSignal({ by }: Signal, into: Interest, back: Milliseconds): void {
  if ('condition' in by) {
    // Conditions are not looked at from another time in any other place, so what they reach is not worth following.
    if (back > 0) into.reach = Infinity;
    if (back > 0 && interestOf(by.condition).anythingReach > 0) into.anythingReach = Infinity;
    collect(by.condition, into);
    return;
  }
  if (by.decay !== null) into.timed = true;
  collectEvents(by.events, into, back);
}

function collectSequence({ steps, without, thenNot, within, session }: Sequence, into: Interest): void {
  for (const pattern of [...steps, ...without, ...(thenNot === undefined ? [] : [thenNot])])
    collectPattern(pattern, Infinity, into);
  if (session !== undefined) collectPattern({ names: ['*'], where: [] }, Infinity, into);
  if (within !== undefined || thenNot !== undefined) into.timed = true;
}

function collectEvents(filter: EventFilter, into: Interest, back: Milliseconds = 0): void {
  const { within, days, since } = filter;
  if (within !== undefined || days !== undefined) into.timed = true;
  if (days !== undefined) into.traits.add('timezone');
  collectPattern(filter, back + Math.min(within ?? Infinity, days === undefined ? Infinity : longestOf(days)), into);
  if (typeof since === 'object') collectPattern(since, Infinity, into);
}

function collectPattern({ names }: EventPattern, reach: Milliseconds, into: Interest): void {
  for (const name of names) into.events.add(name);
  into.reach = Math.max(into.reach, reach);
  if (names.includes('*')) into.anythingReach = Math.max(into.anythingReach, reach);
}

function collectTrait(path: string, into: Interest): void {
  into.traits.add(path.split('.')[0] ?? path);
  into.traits.add(path);
}

/** With an hour for each change of the clocks, and then some. */
function longestOf({ count }: CalendarDays): Milliseconds {
  return (count + 1) * DAY;
}
