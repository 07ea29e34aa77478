/**
 * The parts of a compiled question: SQL text, the tables it is made of, and what it is asked about.
 * @module
 */
import type { Condition, Json } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import type { SubjectKind } from '../definitions/workspace-types.ts';

/** Part of a statement. Everything in it that authors wrote went through {@link text}, {@link json} or {@link number}. */
export type Sql = string;

/** A condition's SQL. Where it is not `definite` it may be null, which stands for false. */
export interface Clause {
  readonly sql: Sql;
  readonly definite: boolean;
}

/** An audience whose members are not stored, with what it is made of. */
export interface Unstored {
  readonly of: SubjectKind;
  readonly condition: Condition;
}

/** What a question is about. */
export interface Asked {
  /** Of whom. */
  readonly of: SubjectKind;
  /** Only of these profiles; absent: of all. */
  readonly ids?: readonly number[];
  readonly now: Instant;
  /** Audiences to work out from their conditions; members of all others are taken as they are stored. */
  readonly unstored?: ReadonlyMap<string, Unstored>;
}

/** A question while it is compiled. */
export interface Asking extends Asked {
  /** The instant asked about; `now` lies before it where values are looked at as they were. */
  readonly present: Instant;
  readonly tables: Tables;
  /** The query for the members of an audience that is not stored, whoever they are. */
  readonly membersOf: (audience: Unstored) => Sql;
}

/**
 * Tables that a question is made of, each with a row per profile that has something to say, named `subject`. A table that
 * is wanted twice is made once.
 */
export class Tables {
  readonly #names = new Map<Sql, string>();
  readonly #joined = new Set<string>();

  /** The name of a table made by this query. */
  define(query: Sql): string {
    const name = this.#names.get(query) ?? `t${this.#names.size + 1}`;
    this.#names.set(query, name);
    return name;
  }

  /** Likewise, and its columns may be used of the profile `p`; null where it has no row. */
  join(query: Sql): string {
    const name = this.define(query);
    this.#joined.add(name);
    return name;
  }

  /** `with …`, or nothing. */
  definitions(): Sql {
    const parts = [...this.#names].map(([query, name]) => `${name} as (${query})`);
    return parts.length === 0 ? '' : `with ${parts.join(',\n')}\n`;
  }

  joins(): Sql {
    return [...this.#joined].map((name) => `\nleft join ${name} on ${name}.subject = p.id`).join('');
  }
}

/** The column of `events e` that says whose event it is. */
export function subjectOf(of: SubjectKind): Sql {
  return of === 'person' ? 'e.profile_id' : 'e.account_id';
}

/** `and` those asked about only. */
export function onlyAsked(column: Sql, { ids }: Asked): Sql {
  return ids === undefined ? '' : ` and ${column} = any(array[${ids.map(number).join()}]::bigint[])`;
}

export const YES: Clause = { sql: 'true', definite: true };
export const NO: Clause = { sql: 'false', definite: true };

/** True or false for certain. */
export function definite(sql: Sql): Clause {
  return { sql, definite: true };
}

/** Null stands for false. */
export function likely(sql: Sql): Clause {
  return { sql, definite: false };
}

export function not(clause: Clause): Clause {
  if (clause === YES) return NO;
  if (clause === NO) return YES;
  return definite(clause.definite ? `not (${clause.sql})` : `(${clause.sql}) is not true`);
}

export function allOf(clauses: readonly Clause[]): Clause {
  if (clauses.includes(NO)) return NO;
  return joined(
    clauses.filter((clause) => clause !== YES),
    'and',
    YES,
  );
}

export function anyOf(clauses: readonly Clause[]): Clause {
  if (clauses.includes(YES)) return YES;
  return joined(
    clauses.filter((clause) => clause !== NO),
    'or',
    NO,
  );
}

function joined(clauses: readonly Clause[], by: 'and' | 'or', ofNone: Clause): Clause {
  const [first] = clauses;
  if (first === undefined || clauses.length === 1) return first ?? ofNone;
  const sql = `(${clauses.map((clause) => clause.sql).join(` ${by} `)})`;
  return { sql, definite: clauses.every((clause) => clause.definite) };
}

/** What jsonb and text of Postgres cannot hold: nothing stored is ever equal to it. */
const UNSTORABLE = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

export function text(value: string): Sql {
  return UNSTORABLE.test(value) ? 'null::text' : `'${value.replaceAll("'", "''")}'`;
}

export function texts(values: readonly string[]): Sql {
  return values.length === 1 ? `= ${text(values[0] ?? '')}` : `in (${values.map(text).join(', ')})`;
}

export function json(value: Json): Sql {
  return isStorable(value) ? `'${JSON.stringify(value).replaceAll("'", "''")}'::jsonb` : 'null::jsonb';
}

function isStorable(value: Json): boolean {
  if (typeof value === 'string') return !UNSTORABLE.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, one]) => !UNSTORABLE.test(key) && isStorable(one));
}

export function number(value: number): Sql {
  return value < 0 ? `(${value})` : String(value);
}

/** As the core's numbers are. */
export function float(value: number): Sql {
  return `'${value}'::float8`;
}

const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** A moment in time; nothing stored is before the first or after the last. */
export function instant(at: Instant): Sql {
  if (at < FIRST || at > LAST) return at < FIRST ? "'-infinity'::timestamptz" : "'infinity'::timestamptz";
  return `'${new Date(at).toISOString()}'::timestamptz`;
}
