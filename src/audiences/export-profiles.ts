/**
 * Lists of people and accounts for other programs: the members of an audience, or everybody.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import type { Condition, Json, JsonObject } from '../core/condition.ts';
import { evaluateExpression } from '../core/evaluate.ts';
import type { Instant } from '../core/time.ts';
import { namesOf } from '../profiles/find.ts';
import type { Queryable } from '../store/database.ts';
import { batchesOf } from '../store/snapshot.ts';
import { type KnownProfile, type ProfileKind, theseProfiles } from './facts-of.ts';
import type { ListField } from './list-fields.ts';

export interface AskedList {
  readonly of: ProfileKind;
  /** Null: everybody. */
  readonly audience: string | null;
  readonly fields: readonly ListField[];
  /** For computed traits. */
  readonly now: Instant;
}

interface Row {
  readonly id: number;
  readonly since: Date | null;
  readonly created_at: Date;
}

/** In order of profile, batch by batch; each row has its fields in the order asked for. */
export async function* exportProfiles(
  tx: Queryable,
  { of, audience, fields, now }: AskedList,
): AsyncGenerator<JsonObject[], void, undefined> {
  const asks = conditionOf(fields);
  const wantsAnonymousId = fields.some(({ value }) => value === 'anonymousId');
  for await (const rows of batchesOf(tx, audience === null ? everybody(of) : membersOf(audience))) {
    const ids = rows.map(({ id }) => id);
    const profiles = new Map((await theseProfiles(tx, of, ids, asks, now)).map((one) => [one.id, one]));
    const names = wantsAnonymousId ? await namesOf(tx, ids) : new Map();
    yield rows.flatMap((row) => {
      const profile = profiles.get(row.id);
      if (profile === undefined) return [];
      const anonymousId = names.get(row.id)?.anonymousId ?? null;
      return [
        Object.fromEntries(fields.map(({ name, value }) => [name, valueIn(value, row, profile, anonymousId, now)])),
      ];
    });
  }
}

function valueIn(
  value: ListField['value'],
  { since, created_at: createdAt }: Row,
  { userId, facts }: KnownProfile,
  anonymousId: string | null,
  now: Instant,
): Json {
  switch (value) {
    case 'userId':
    case 'accountId':
      return userId;
    case 'anonymousId':
      return anonymousId;
    case 'since':
      return since?.toISOString() ?? null;
    case 'createdAt':
      return createdAt.toISOString();
    default:
      return evaluateExpression(value, facts, now).value ?? null;
  }
}

/** Asks for whatever the fields are made of, so that it is loaded. */
function conditionOf(fields: readonly ListField[]): Condition {
  return {
    kind: 'all',
    of: fields.flatMap(({ value }): Condition[] =>
      typeof value === 'string' ? [] : [{ kind: 'value', of: value, test: { op: 'exists', value: true } }],
    ),
  };
}

function membersOf(audience: string): RawBuilder<Row> {
  return sql<Row>`
    select s.profile_id as id, s.since, p.created_at
    from audience_states s join profiles p on p.id = s.profile_id
    where s.audience = ${sql.lit(audience)} and s.member order by s.profile_id
  `;
}

function everybody(of: ProfileKind): RawBuilder<Row> {
  return sql<Row>`
    select id, null::timestamptz as since, created_at from profiles
    where kind = ${sql.lit(of)} and merged_into is null order by id
  `;
}
