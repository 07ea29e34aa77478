/**
 * People of an account whom a sales task about it names, each once with every role that they were chosen by.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { Chosen } from '../core/roles.ts';
import type { Stakeholder } from '../store/tables-runs.ts';
import type { RunState } from './run-state.ts';

/** @param chosen role after role */
export function stakeholdersIn({ people = [] }: Pick<RunState, 'people'>, chosen: readonly Chosen[]): Stakeholder[] {
  const ids = [...new Set(chosen.map(({ id }) => id))];
  return ids.flatMap((id) => {
    const person = people.find((one) => one.id === id);
    if (person === undefined) return [];
    const { account: _, ...traits } = person.facts.traits;
    const because = chosen.filter((one) => one.id === id).map((one) => one.because);
    return [{ userId: person.userId, chosen: because, traits }];
  });
}

/** As templates see one: `{{ one.roles }}`, `{{ one.id }}` and its traits. */
export function variableOf({ userId, chosen, traits }: Stakeholder): JsonObject {
  return { ...traits, id: userId, roles: chosen.map(({ role }) => role) };
}
