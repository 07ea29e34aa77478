/**
 * A condition as one question to the database: of everybody of a kind, of a batch, or of one profile. It says what
 * `core/evaluate.ts` says of each of them; test/audiences holds both against each other.
 *
 * Questions hold their values in their text, so that Postgres plans each for its own.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { holds, mayHold } from './compile-sql-conditions.ts';
import { type Asked, type Asking, type Clause, onlyAsked, type Sql, Tables } from './compile-sql-tables.ts';

export type { Asked, Unstored } from './compile-sql-tables.ts';

/** The query for the ids of those for whom it holds at `asked.now`. */
export function membersQuery(condition: Condition, asked: Asked): Sql {
  return query(asked, (asking) => holds(condition, asking));
}

/**
 * The query for the ids of those for whom it holds at `asked.now`, or could come to hold by time alone. It may name more; all
 * others need not be looked at until something happens to them.
 */
export function candidatesQuery(condition: Condition, asked: Asked): Sql {
  return query(asked, (asking) => mayHold(condition, asking));
}

/** The query for how many there are of a kind, as `n`. */
export function populationQuery(asked: Asked): Sql {
  return `select count(*) as n from profiles p where ${isAsked(asked)}`;
}

function query(asked: Asked, compile: (asking: Asking) => Clause): Sql {
  const tables = new Tables();
  const membersOf: Asking['membersOf'] = ({ of, condition }) => {
    const { ids: _ids, ...everybody } = asked;
    return membersQuery(condition, { ...everybody, of });
  };
  const { sql } = compile({ ...asked, present: asked.now, tables, membersOf });
  return `${tables.definitions()}select p.id from profiles p${tables.joins()}
where ${isAsked(asked)} and ${sql}`;
}

function isAsked(asked: Asked): Sql {
  return `p.kind = '${asked.of}' and p.merged_into is null${onlyAsked('p.id', asked)}`;
}
