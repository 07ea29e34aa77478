/**
 * What a text in a file means: of a type that somebody has said, or by how it looks.
 * @module
 */
import type { Json } from '../core/condition.ts';
import { instantOf } from '../core/test-value.ts';
import type { TraitType } from '../definitions/workspace-types.ts';
import { kindOf } from '../ingest/call-schemas.ts';

export const TYPES: readonly TraitType[] = ['string', 'number', 'boolean', 'date', 'list', 'object'];

export type Meant = { readonly value: Json } | { readonly problem: string };

/** No leading zeros: `007` and `+49` are names, not numbers. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?$/;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['yes', true],
  ['no', false],
  ['1', true],
  ['0', false],
]);

/** By its looks: a number that a computer can hold exactly, true or false; dates and all else stay texts. */
export function looksLike(text: string): Json {
  const bare = text.trim();
  if (NUMBER.test(bare) && isExact(bare)) return Number(bare);
  if (/^(true|false)$/i.test(bare)) return bare.toLowerCase() === 'true';
  return text;
}

export function valueOfType(text: string, type: TraitType): Meant {
  const bare = text.trim();
  const not = (what: string): Meant => ({ problem: `must be ${what}; got ${kindOf(text)}` });
  switch (type) {
    case 'string':
      return { value: text };
    case 'number':
      return NUMBER.test(bare) ? { value: Number(bare) } : not('a number');
    case 'boolean': {
      const value = BOOLEANS.get(bare.toLowerCase());
      return value === undefined ? not('true or false') : { value };
    }
    case 'date':
      return instantOf(bare) === undefined ? not('a date such as 2026-01-31 or 2026-01-31T12:00:00Z') : { value: bare };
    case 'list': {
      const value = jsonIn(bare);
      return Array.isArray(value) ? { value } : not('a list as JSON, such as ["a", "b"]');
    }
    case 'object': {
      const value = jsonIn(bare);
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isObject ? { value } : not('an object as JSON, such as {"city": "Bonn"}');
    }
  }
}

function isExact(text: string): boolean {
  const number = Number(text);
  return Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number) && text.length <= 16;
}

function jsonIn(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
