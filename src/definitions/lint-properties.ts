/**
 * Do conditions ask of events what the tracking plan says that they carry?
 * @module
 */
import type { Json, Test } from '../core/condition.ts';
import { same } from '../core/test-value.ts';
import { aType, clashOf } from './lint-types.ts';
import { plannedCall, plannedField } from './planned-field.ts';
import { didYouMean } from './problems.ts';
import { quoted } from './schema-values.ts';
import type { Say } from './scope.ts';
import type { PlannedField, TrackingPlan } from './workspace-types.ts';

/** @param names the events whose property it is; of those that no plan names nothing is known */
export function lintProperty(
  names: readonly string[],
  property: string,
  tests: readonly Test[],
  say: Say,
  plan: TrackingPlan | undefined,
): void {
  for (const name of names) {
    const call = plannedCall(plan, name);
    if (call === undefined) continue;
    const field = fieldAt(property, call.fields);
    if (field === undefined) {
      if (call.others) continue;
      const known = Object.keys(call.fields);
      const fix = didYouMean(property, known) ?? (known.length === 0 ? undefined : `There is ${quoted(known)}`);
      say(`By the tracking plan \`${name}\` has no property \`${property}\``, fix);
      continue;
    }
    for (const test of tests) {
      const clash = field.type === undefined ? undefined : clashOf(field.type, test);
      const never = clash === undefined ? neverOf(field, test) : undefined;
      if (never !== undefined) {
        const message = `By the tracking plan \`${property}\` of \`${name}\` is never ${JSON.stringify(never)}`;
        say(message, didYouMean(String(never), (field.in ?? []).map(String)) ?? `It is ${(field.in ?? []).join(', ')}`);
      }
      if (clash !== undefined) say(`By the tracking plan \`${property}\` of \`${name}\` ${clash.message}`, clash.fix);
    }
  }
}

/** A value that is asked for, and that the plan does not list. */
function neverOf({ in: listed }: Partial<PlannedField>, test: Test): Json | undefined {
  if (listed === undefined || (test.op !== 'is' && test.op !== 'in')) return undefined;
  const wanted: readonly Json[] = test.op === 'in' ? test.value : [test.value];
  return wanted.find((value) => !listed.some((one) => same(one, value)));
}

/** Aggregates that reckon with numbers, over what the plan says is none. */
export function lintNumbers(
  names: readonly string[],
  property: string,
  say: Say,
  plan: TrackingPlan | undefined,
): void {
  for (const name of names) {
    const type = plannedField(plan, name, property)?.type;
    if (type === undefined || type === 'number' || type === 'integer') continue;
    const fix = 'Take `first`, `last`, `uniqueCount` or `uniqueList`';
    say(`By the tracking plan \`${property}\` of \`${name}\` is ${aType(type)}, and this reckons with numbers`, fix);
  }
}

/** What leads into an object or a list that the plan names is there, of whatever type. */
function fieldAt(property: string, fields: Readonly<Record<string, PlannedField>>): Partial<PlannedField> | undefined {
  if (Object.hasOwn(fields, property)) return fields[property];
  const isBelow = Object.entries(fields).some(([path, { type }]) => {
    const holds = type === undefined || type === 'object' || type === 'list';
    return (holds && property.startsWith(`${path}.`)) || path.startsWith(`${property}.`);
  });
  return isBelow ? {} : undefined;
}
