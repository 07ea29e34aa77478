/**
 * Values of profiles in SQL, as `core/expression.ts` has them.
 * @module
 */
import type { Condition, Expression, Signal } from '../core/condition.ts';
import { DAY } from '../core/time.ts';
import { aggregate, sharesOf } from './compile-sql-aggregates.ts';
import { dateAt, zoneOf } from './compile-sql-events.ts';
import { relatedIn, relatedTotal } from './compile-sql-related.ts';
import { type Asking, type Clause, float, instant, number, onlyAsked, type Sql, text } from './compile-sql-tables.ts';
import { asJson, asNumber, instantOf, readPath, type Value } from './compile-sql-tests.ts';

/** Compiles the conditions that signals of scores ask. */
export type CompileCondition = (condition: Condition, asking: Asking) => Clause;

export function compileExpression(expression: Expression, asking: Asking, compile: CompileCondition): Value {
  const inner = (part: Expression) => compileExpression(part, asking, compile);
  switch (expression.kind) {
    case 'trait':
      return readPath(traitsOf(expression.path, asking), expression.path);
    case 'constant':
      return { type: 'number', sql: float(expression.value) };
    case 'aggregate':
      return aggregate(expression, asking);
    case 'arithmetic':
      return {
        type: 'number',
        sql: calculated(expression.op, asNumber(inner(expression.left)), asNumber(inner(expression.right))),
      };
    case 'orElse': {
      const [of, otherwise] = [inner(expression.of), inner(expression.otherwise)];
      if (of.type === 'number' && otherwise.type === 'number')
        return { type: 'number', sql: `coalesce(${of.sql}, ${otherwise.sql})` };
      return { type: 'json', sql: `coalesce(nullif(${asJson(of)}, 'null'), ${asJson(otherwise)})` };
    }
    case 'daysSince':
      return { type: 'number', sql: daysSince(inner(expression.of), expression.zone, asking) };
    case 'ago':
      return compileExpression(expression.of, { ...asking, now: asking.now - expression.by }, compile);
    case 'related': {
      const count = expression.audience === null ? relatedTotal(asking) : relatedIn(expression.audience, asking);
      return { type: 'number', sql: `${count}::float8` };
    }
    case 'score': {
      const points = expression.signals.map((signal) => `(${pointsOf(signal, asking, compile)})`);
      const sum = ['0::float8', ...points].join(' + ');
      return { type: 'number', sql: `(floor((${sum}) * 1e6 + 0.5) / 1e6)` };
    }
    case 'band': {
      const value = asNumber(inner(expression.of));
      const cases = expression.bands.map(
        ({ name, from }) => ` when ${value} >= ${float(from)} then to_jsonb(${text(name)}::text)`,
      );
      return { type: 'json', sql: cases.length === 0 ? 'null::jsonb' : `case${cases.join('')} end` };
    }
  }
}

/** With what the inbox still has to tell the account, as people are evaluated with it. */
const ACCOUNT_TRAITS: Sql = `account.traits || coalesce((
  select jsonb_object_agg(said.key, said.value order by inbox.id)
  from inbox, jsonb_each(inbox.body -> 'traits') as said
  where inbox.account_id = account.id), '{}')`;

/** Own traits; where the path leads to the account, with those of the account a person joined last. */
function traitsOf(path: string, asking: Asking): Sql {
  if (asking.of === 'account' || path.split('.')[0] !== 'account') return 'p.traits';
  const accounts = asking.tables.define(
    `select account.id, ${ACCOUNT_TRAITS} as traits from profiles account where account.kind = 'account'`,
  );
  const account = asking.tables.join(
    `select distinct on (m.person_id) m.person_id as subject, a.traits
     from account_members m join ${accounts} a on a.id = m.account_id
     where true${onlyAsked('m.person_id', asking)}
     order by m.person_id, m.joined_at desc, m.account_id desc`,
  );
  const both = `p.traits || jsonb_build_object('account', ${account}.traits)`;
  return `(case when ${account}.subject is null then p.traits else ${both} end)`;
}

function calculated(op: Extract<Expression, { kind: 'arithmetic' }>['op'], left: Sql, right: Sql): Sql {
  switch (op) {
    case '+':
      return `float_add(${left}, ${right})`;
    case '-':
      return `float_add(${left}, -(${right}))`;
    case '*':
      return `float_multiply(${left}, ${right})`;
    case '/':
      return `float_divide(${left}, ${right})`;
    case 'min':
    case 'max': {
      const extreme = op === 'min' ? 'least' : 'greatest';
      return `case when ${left} is not null and ${right} is not null then ${extreme}(${left}, ${right}) end`;
    }
  }
}

function daysSince(value: Value, zone: string | undefined, { now }: Asking): Sql {
  const at = instantOf(value);
  if (zone === undefined) return `floor((${number(now)} - ${at})::float8 / ${DAY})`;
  const own = zoneOf('p.traits', zone);
  return `(${dateAt(instant(now), own)} - ${dateAt(`to_timestamp(${at} / 1000.0)`, own)})::float8`;
}

function pointsOf({ weight, most, by }: Signal, asking: Asking, compile: CompileCondition): Sql {
  const limited = (points: Sql) =>
    most === undefined ? points : `greatest(${float(-most)}, least(${float(most)}, ${points}))`;
  if (!('condition' in by)) return limited(`${float(weight)} * ${sharesOf(by.events, by.decay, asking)}`);
  return `case when ${compile(by.condition, asking).sql} then ${limited(float(weight))} else 0 end`;
}
