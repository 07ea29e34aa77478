/**
 * What a conversion is worth is a property of the goal's event.
 * @module
 */
import { lintProperty } from './lint-properties.ts';
import { aType } from './lint-types.ts';
import { plannedField } from './planned-field.ts';
import type { JourneyFile } from './schema-journey.ts';
import { type Surroundings, sayAt } from './scope.ts';

export function lintValue({ goal, value = '' }: JourneyFile, given: Surroundings): void {
  const say = sayAt(given, ['value']);
  if (goal === undefined || !('event' in goal)) {
    const fix = 'Give the journey a goal such as `{ event: Order Completed }`, or leave `value` out';
    say('`value` is a property of the event that is the goal, and the goal is no event', fix);
    return;
  }
  const names = [goal.event].flat();
  const { plan } = given.scope;
  lintProperty(names, value, [], say, plan);
  for (const name of names) {
    const type = plannedField(plan, name, value)?.type;
    if (type === undefined || type === 'number' || type === 'integer') continue;
    const is = `By the tracking plan \`${value}\` of \`${name}\` is ${aType(type)}`;
    say(`${is}, and what a conversion is worth is a number`);
  }
}
