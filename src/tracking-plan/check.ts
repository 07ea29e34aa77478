/**
 * Does an event say what the tracking plan wants of it?
 * @module
 */
import type { Json, JsonObject } from '../core/condition.ts';
import { same } from '../core/test-value.ts';
import { isOfType } from '../definitions/planned-value.ts';
import type { PlannedCall, PlannedField, TrackingPlan } from '../definitions/workspace-types.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';

export const VIOLATION_KINDS = ['missing', 'type', 'value', 'undeclared', 'unplanned'] as const;

export interface Violation {
  /** As in the call: `properties.seats`, `traits.plan`; `event` where the plan does not name the event. */
  readonly field: string;
  readonly kind: (typeof VIOLATION_KINDS)[number];
  readonly expected: string;
  /** The value as JSON, cut short; `nothing` where there was none. */
  readonly got: string;
}

export interface Checked {
  /** By which rule; what violates nothing passes. */
  readonly rule: 'pass' | 'hold';
  readonly violations: readonly Violation[];
}

const FINE: Checked = { rule: 'pass', violations: [] };
/** Of one event at most; a list of thousands need not be told element by element. */
const MOST = 20;
const LONGEST_FIELD = 200;
const LONGEST_VALUE = 80;
const NOTHING = 'nothing';

/**
 * Events of the engine's own are fine, so are requests to enter a journey, and so is a call of `identify` or `group` that sends no traits. In a list of
 * objects every element has to be right.
 */
export function checkEvent(plan: TrackingPlan, event: IncomingEvent): Checked {
  if (event.profileId !== undefined || event.enters !== undefined || event.type === 'alias') return FINE;
  if (event.type === 'identify' || event.type === 'group') {
    const planned = plan[event.type];
    return planned === undefined || event.traits === undefined ? FINE : checkCall(planned, event.traits, 'traits');
  }
  const planned = Object.hasOwn(plan.events, event.name) ? plan.events[event.name] : undefined;
  if (planned !== undefined) return checkCall(planned, event.properties, 'properties');
  if (plan.unplanned === 'pass') return FINE;
  const violation = {
    field: 'event',
    kind: 'unplanned',
    expected: 'an event of the plan',
    got: shown(event.name),
  } as const;
  return { rule: 'hold', violations: [violation] };
}

function checkCall(planned: PlannedCall, said: JsonObject, prefix: string): Checked {
  const violations = Object.entries(planned.fields).flatMap(([path, field]) => {
    const found = valuesAt(said, path).flatMap((value) => checkValue(field, value) ?? []);
    return found.slice(0, 1).map((violation) => ({ ...violation, field: `${prefix}.${path}` }));
  });
  const strange = planned.others ? [] : undeclaredIn(said, planned.fields, '');
  for (const { path, value } of strange) {
    const field = `${prefix}.${path}`.slice(0, LONGEST_FIELD);
    if (violations.some((one) => one.field === field)) continue;
    violations.push({ field, kind: 'undeclared', expected: NOTHING, got: shown(value) });
  }
  if (violations.length === 0) return FINE;
  // The database keeps a plan's properties in an order of its own.
  violations.sort((a, b) => (a.field < b.field ? -1 : 1));
  return { rule: planned.rule, violations: violations.slice(0, MOST) };
}

function checkValue(field: PlannedField, value: Json | undefined): Omit<Violation, 'field'> | undefined {
  const { type, in: values, required } = field;
  const expected = values === undefined ? String(type) : `one of ${values.map(shown).join(', ')}`;
  if (value === undefined || value === null) {
    return required ? { kind: 'missing', expected: type ?? expected, got: NOTHING } : undefined;
  }
  if (type !== undefined && !isOfType(value, type)) return { kind: 'type', expected: type, got: shown(value) };
  if (values === undefined || values.some((one) => same(one, value))) return undefined;
  return { kind: 'value', expected, got: shown(value) };
}

/** Like paths of conditions: a key as it stands, or keys joined by dots; through a list, one value for each element. */
function valuesAt(said: JsonObject, path: string): readonly (Json | undefined)[] {
  return Object.hasOwn(said, path) ? [said[path]] : valuesBelow(said, path.split('.'));
}

function valuesBelow(value: Json | undefined, keys: readonly string[]): readonly (Json | undefined)[] {
  const [key, ...rest] = keys;
  if (key === undefined) return [value];
  if (Array.isArray(value)) return value.flatMap((one: Json) => valuesBelow(one, keys));
  return isObject(value) && Object.hasOwn(value, key) ? valuesBelow(value[key], rest) : [undefined];
}

function undeclaredIn(
  said: JsonObject,
  fields: PlannedCall['fields'],
  prefix: string,
): readonly { readonly path: string; readonly value: Json }[] {
  return Object.entries(said).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    if (Object.hasOwn(fields, path)) return [];
    if (!Object.keys(fields).some((field) => field.startsWith(`${path}.`))) return [{ path, value }];
    const objects = [value].flat().filter(isObject);
    return objects.flatMap((object) => undeclaredIn(object, fields, `${path}.`));
  });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}
