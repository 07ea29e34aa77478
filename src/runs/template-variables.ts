/**
 * What templates may name: `person` is whoever gets the message, `account` the person's own, or the one that the run is about.
 * @module
 */
import type { Expression, JsonObject } from '../core/condition.ts';
import { evaluateExpression } from '../core/evaluate.ts';
import type { Facts } from '../core/facts.ts';
import type { Journey } from '../core/journey.ts';
import type { Instant } from '../core/time.ts';
import type { RunState } from './run-state.ts';

type Known = Pick<
  RunState,
  'traits' | 'accountTraits' | 'userId' | 'entry' | 'journey' | 'facts' | 'enteredAt' | 'people'
>;

/** @param to who of the account gets it; undefined: it is for whom the run is about */
export function templateVariables(state: Known, journey: Journey, now: Instant, to?: number): JsonObject {
  const { traits, accountTraits, userId, enteredAt } = state;
  const own = { ...state.facts, enteredAt };
  if (journey.of !== 'account') {
    const person = { ...traits, ...valuesOf(journey.computed, own, now), id: userId };
    return { person, account: accountTraits ?? {}, ...common(state, now) };
  }
  const account = { ...traits, ...valuesOf(journey.computedOfAccount, own, now), id: userId };
  const receiver = state.people?.find(({ id }) => id === to);
  if (receiver === undefined) return { person: {}, account, ...common(state, now) };
  const { account: _, ...known } = receiver.facts.traits;
  const person = { ...known, ...valuesOf(journey.computed, receiver.facts, now), id: receiver.userId };
  return { person, account, ...common(state, now) };
}

/** Does any of its templates name a computed trait? Then the variables cost a look at events. */
export function namesComputed({ computed = {}, computedOfAccount = {} }: Journey): boolean {
  return Object.keys(computed).length + Object.keys(computedOfAccount).length > 0;
}

function common({ entry, journey }: Pick<Known, 'entry' | 'journey'>, now: Instant): JsonObject {
  return { event: entry.properties ?? {}, journey: { key: journey }, now: new Date(now).toISOString() };
}

function valuesOf(computed: Readonly<Record<string, Expression>> = {}, facts: Facts, now: Instant): JsonObject {
  return Object.fromEntries(
    Object.entries(computed).map(([key, expression]) => [
      key,
      evaluateExpression(expression, facts, now).value ?? null,
    ]),
  );
}
