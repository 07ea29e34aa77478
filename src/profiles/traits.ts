/**
 * Stored traits: what identify and group say of a profile.
 * @module
 */
import type { Json, JsonObject } from '../core/condition.ts';
import { same } from '../core/test-value.ts';

/** The traits after the call, and the keys whose values are others than before. A later call wins key by key. */
export function applyTraits(
  before: JsonObject,
  said: JsonObject | undefined,
): { traits: JsonObject; changed: readonly string[] } {
  const changed = Object.entries(said ?? {}).filter(([key, value]) => differs(before[key], value));
  return changed.length === 0
    ? { traits: before, changed: [] }
    : { traits: { ...before, ...Object.fromEntries(changed) }, changed: changed.map(([key]) => key) };
}

function differs(before: Json | undefined, after: Json): boolean {
  return before === undefined || !same(before, after);
}
