/**
 * The accounts of a person or the people of an account, counted in SQL.
 * @module
 */
import { type Asking, onlyAsked, type Sql, text } from './compile-sql-tables.ts';

/** How many there are; 0 of none. */
export function relatedTotal(asking: Asking): Sql {
  const { subject } = sidesOf(asking);
  return orNone(
    asking.tables.join(
      `select ${subject} as subject, count(*) as n from account_members m
       where true${onlyAsked(subject, asking)} group by ${subject}`,
    ),
  );
}

/** How many of them are in the audience; 0 of none. */
export function relatedIn(audience: string, asking: Asking): Sql {
  const { subject, other } = sidesOf(asking);
  return orNone(
    asking.tables.join(
      `select ${subject} as subject, count(*) as n from account_members m
       join (${membersOf(audience, asking)}) as members (id) on members.id = ${other}
       where true${onlyAsked(subject, asking)} group by ${subject}`,
    ),
  );
}

function membersOf(key: string, { of, unstored, membersOf: query }: Asking): Sql {
  const audience = unstored?.get(key);
  if (audience !== undefined && audience.of !== of) return query(audience);
  return `select s.profile_id from audience_states s where s.audience = ${text(key)} and s.member`;
}

function sidesOf({ of }: Asking): { readonly subject: Sql; readonly other: Sql } {
  return of === 'person'
    ? { subject: 'm.person_id', other: 'm.account_id' }
    : { subject: 'm.account_id', other: 'm.person_id' };
}

function orNone(table: string): Sql {
  return `coalesce(${table}.n, 0)`;
}
