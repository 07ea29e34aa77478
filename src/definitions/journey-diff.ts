/**
 * What is different between two versions of a journey, in words.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { describe } from '../core/describe.ts';
import type { Journey, Step, StepId, StepKind } from '../core/journey.ts';
import { reachableFrom } from '../core/reachable.ts';
import { stepOf } from '../core/standing-at.ts';
import { canonicalJson } from './canonical.ts';
import { durationText } from './schema-values.ts';

/** One thing that is another now; null: it is not there. Long texts are left out: that they changed is all that is said. */
export interface FieldChange {
  /** Dots lead inwards, as in `template.subject`. */
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface StepName {
  readonly id: StepId;
  readonly kind: StepKind;
}

export interface JourneyDiff {
  /** Of the journey as a whole: entry, goal, exit, hold-out, caps, priority. */
  readonly fields: readonly FieldChange[];
  readonly added: readonly StepName[];
  readonly removed: readonly StepName[];
  readonly changed: readonly (StepName & { readonly fields: readonly FieldChange[] })[];
}

export function diffJourneys(before: Journey, after: Journey): JourneyDiff {
  const { steps: stepsBefore, first: _first, computed: _computed, ...restBefore } = before;
  const { steps: stepsAfter, first: _, computed: __, ...restAfter } = after;
  const isNews = (id: unknown) =>
    typeof id === 'string' && (stepsBefore[id] === undefined || stepsAfter[id] === undefined);
  return {
    fields: changesIn(restBefore, restAfter),
    added: inOrder(after)
      .filter(({ id }) => stepsBefore[id] === undefined)
      .map(nameOf),
    removed: inOrder(before)
      .filter(({ id }) => stepsAfter[id] === undefined)
      .map(nameOf),
    changed: inOrder(after).flatMap((step) => {
      const was = stepsBefore[step.id];
      if (was === undefined) return [];
      const fields = changesIn(was, step).filter(({ field, before: from, after: to }) => {
        // That another step follows is said by the step that was put in or taken out.
        return !LEADS_ON.test(field) || !(isNews(from) || isNews(to));
      });
      return fields.length === 0 ? [] : [{ ...nameOf(step), fields }];
    }),
  };
}

/** What is different between two values of the same shape, such as settings. */
export function diffValues(before: object, after: object): readonly FieldChange[] {
  return changesIn(before, after);
}

const LEADS_ON = /(^|\.)(next|then|otherwise|onTimeout)$/;
const LENGTHS = /(^|\.)(for|timeout|(?<!winner\.)after|within|expiresAfter|dueAfter)$/;
/** Longer texts say nothing on one line. */
const LONGEST = 100;

function inOrder(journey: Journey): readonly Step[] {
  return [...reachableFrom(journey, journey.first)].map((id) => stepOf(journey, id));
}

function nameOf({ id, kind }: Step): StepName {
  return { id, kind };
}

function changesIn(before: unknown, after: unknown, field = ''): FieldChange[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  const inside = (key: string | number) => (field === '' ? String(key) : `${field}.${key}`);
  if (isList(before) && isList(after) && before.length === after.length)
    return before.flatMap((part, index) => changesIn(part, after[index], inside(index + 1)));
  if (isPlain(before) && isPlain(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => changesIn(before[key], after[key], inside(key)));
  }
  const [from, to] = [before, after].map((value) => wordsFor(value, field));
  const isLong = [from, to].some((words) => words !== null && words !== undefined && words.length > LONGEST);
  return [isLong ? { field, before: null, after: null } : { field, before: from ?? null, after: to ?? null }];
}

function wordsFor(value: unknown, field: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return LENGTHS.test(field) ? durationText(value, 'short') : numberText(value, field);
  if (typeof value === 'string') return value;
  if (isCondition(value)) return describe(value);
  return JSON.stringify(value);
}

function numberText(value: number, field: string): string {
  return /(^|\.)(holdout|holdoutEverywhere|ramp|share|confidence)$/.test(field)
    ? `${Number((value * 100).toFixed(4))} %`
    : String(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isCondition(value);
}

const CONDITIONS = new Set(['all', 'any', 'not', 'value', 'compare', 'events', 'sequence', 'audience', 'related']);

function isCondition(value: unknown): value is Condition {
  return typeof value === 'object' && value !== null && 'kind' in value && CONDITIONS.has(String(value.kind));
}
