/**
 * Short ways to write conditions, facts and journeys in tests.
 * @module
 */
import type { Condition, EventFilter, Expression, Json, JsonObject, Test } from '../../src/core/condition.ts';
import type { EventFact, Facts } from '../../src/core/facts.ts';
import { LATENESS_FORGIVEN } from '../../src/core/interpret.ts';
import type { EmailTemplate, InAppTemplate, Journey, SalesTaskTemplate, Step, StepId } from '../../src/core/journey.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import type { Given } from '../../src/core/walk.ts';

/** Monday, 1 January 2024, 00:00 UTC: where the tests' time begins. */
export const T0: Instant = Date.UTC(2024, 0, 1);

export function event(name: string, at: Instant, properties: JsonObject = {}): EventFact {
  return { name, at, properties };
}

export function facts(known: Partial<Omit<Facts, 'audiences'>> & { audiences?: readonly string[] } = {}): Facts {
  return { traits: {}, events: [], ...known, audiences: new Set(known.audiences) };
}

export function filter(name: string, more: Partial<EventFilter> = {}): EventFilter {
  return { names: [name], where: [], ...more };
}

/** At least one such event, unless `times` says otherwise. */
export function did(
  name: string,
  more: Partial<EventFilter> = {},
  times: { atLeast?: number; atMost?: number } = { atLeast: 1 },
): Condition {
  return { kind: 'events', events: filter(name, more), times };
}

export function trait(path: string, test: Test): Condition {
  return { kind: 'value', of: { kind: 'trait', path }, test };
}

export function is(value: Json): Test {
  return { op: 'is', value };
}

export function all(...of: Condition[]): Condition {
  return { kind: 'all', of };
}

export function any(...of: Condition[]): Condition {
  return { kind: 'any', of };
}

export function not(of: Condition): Condition {
  return { kind: 'not', of };
}

export function member(key: string): Condition {
  return { kind: 'audience', key };
}

export function aggregate(
  fn: Extract<Expression, { kind: 'aggregate' }>['fn'],
  name: string,
  property?: string,
  more: Partial<EventFilter> = {},
): Expression {
  return { kind: 'aggregate', fn, events: filter(name, more), property };
}

/** A journey of these steps, each leading to the one after it unless it names another `next`. */
export function journey(steps: readonly StepDraft[], more: Partial<Journey> = {}): Journey {
  const linked = steps.map((step, index) => ({ next: steps[index + 1]?.id ?? null, ...step }) as Step);
  return {
    key: 'welcome',
    enter: { by: 'event', events: filter('Signed Up') },
    again: 'never',
    goal: null,
    exit: { after: 14 * DAY, when: null },
    holdout: 0,
    priority: 0,
    caps: [],
    first: linked[0]?.id ?? null,
    steps: Object.fromEntries(linked.map((step) => [step.id, step])),
    ...more,
  };
}

type WithoutNext<S> = S extends Step ? Omit<S, 'next'> & { next?: StepId | null } : never;
export type StepDraft = WithoutNext<Step>;

export function emailTemplate(key: string, more: Partial<EmailTemplate> = {}): EmailTemplate {
  return {
    key,
    category: 'marketing',
    subject: `Subject of ${key}`,
    html: '<p>Hello</p>',
    text: 'Hello',
    from: 'Shop <shop@example.com>',
    transactional: false,
    ...more,
  };
}

export function inAppTemplate(key: string): InAppTemplate {
  return { key, category: 'product', placement: 'banner', title: key, body: 'Hello', expiresAfter: 7 * DAY };
}

export function salesTaskTemplate(key: string): SalesTaskTemplate {
  return { key, category: 'sales', title: key, owner: 'sales', dueAfter: DAY, brief: 'Call' };
}

export function email(id: StepId, more: Partial<EmailTemplate> = {}): StepDraft {
  return { kind: 'email', id, template: emailTemplate(id, more) };
}

export function inApp(id: StepId): StepDraft {
  return { kind: 'in-app', id, template: inAppTemplate(id) };
}

export function salesTask(id: StepId): StepDraft {
  return { kind: 'sales-task', id, template: salesTaskTemplate(id) };
}

export function given(more: Partial<Given> = {}): Given {
  return {
    id: 'welcome/1/0',
    facts: facts(),
    enteredAt: T0,
    person: 'ada',
    heldOut: false,
    ledger: { sent: [], suppressed: new Set() },
    workspace: { timezone: 'Etc/UTC', caps: [] },
    latenessForgiven: LATENESS_FORGIVEN,
    ...more,
  };
}
