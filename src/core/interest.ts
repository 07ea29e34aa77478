/**
 * What a condition looks at: the events, traits and audiences whose change can change its answer.
 * @module
 */
import type { Condition, EventFilter, Expression } from './condition.ts';
import type { Milliseconds } from './time.ts';

export interface Interest {
  /** Event names; `*` stands for every event of the person's own. */
  readonly events: Set<string>;
  /** First parts of trait paths: `address` for `address.city`. */
  readonly traits: Set<string>;
  readonly audiences: Set<string>;
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

function none(): Interest {
  return { events: new Set(), traits: new Set(), audiences: new Set(), reach: 0, anythingReach: 0, timed: false };
}

/** Can this touch, or one of these audiences changing, concern somebody with that interest? */
export function concerns(interest: Interest, { event, traits = [] }: Touch, audiences: Iterable<string>): boolean {
  if (event !== undefined && (interest.events.has(event.name) || (!event.byEngine && interest.events.has('*'))))
    return true;
  for (const trait of traits) if (interest.traits.has(trait)) return true;
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
    case 'audience':
      into.audiences.add(condition.key);
  }
}

function collectExpression(expression: Expression, into: Interest): void {
  switch (expression.kind) {
    case 'trait':
      into.traits.add(expression.path.split('.')[0] ?? expression.path);
      into.traits.add(expression.path);
      return;
    case 'aggregate':
      collectEvents(expression.events, into);
      return;
    case 'ratio':
      collectExpression(expression.of, into);
      collectExpression(expression.to, into);
      return;
    case 'daysSince':
      into.timed = true;
      collectExpression(expression.of, into);
  }
}

function collectEvents(filter: EventFilter, into: Interest): void {
  for (const name of filter.names) into.events.add(name);
  const reach = filter.within ?? Number.POSITIVE_INFINITY;
  into.reach = Math.max(into.reach, reach);
  if (filter.within !== undefined) into.timed = true;
  if (filter.names.includes('*')) into.anythingReach = Math.max(into.anythingReach, reach);
}
