/**
 * Kinds of columns, as kysely sees them.
 * @module
 */
import type { Generated, JSONColumnType } from 'kysely';
import type { Json } from '../core/condition.ts';

/** Given by the database. */
export type Id = Generated<number>;

/** Read as a value, written as text; see {@link jsonb}. */
export type JsonOf<T extends object | null> = JSONColumnType<T, string, string>;

/** Text for a jsonb parameter. */
export function jsonb(value: Json | object): string {
  return JSON.stringify(value);
}
