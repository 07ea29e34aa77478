/**
 * The people of a cohort check, a batch at a time: who was active, what was known of them, and who came back.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Interest } from '../core/interest.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { loadFacts } from '../ingest/event-log.ts';
import { loadTraitHistory } from '../ingest/trait-history.ts';
import { loadCurrentAccounts } from '../profiles/accounts.ts';
import { loadRelated } from '../profiles/related.ts';
import type { Queryable } from '../store/database.ts';
import type { Past } from './past-entry.ts';

export interface ActivePerson {
  readonly id: number;
  /** What chance is drawn for. */
  readonly name: string;
  readonly traits: JsonObject;
  /** When the person first did anything. */
  readonly firstAt: Instant;
}

export interface Counted {
  readonly id: number;
  readonly at: Instant;
}

const OWN = sql`type in ('track', 'page', 'screen') and not by_engine`;
const SHARES = 65_536;

/** People who did something in `[from, to)`, with ids above `after`. */
export async function nextActive(
  db: Queryable,
  { from, to, share }: { readonly from: Instant; readonly to: Instant; readonly share: number },
  after: number,
  limit: number,
): Promise<ActivePerson[]> {
  const { rows } = await sql<{ id: number; user_id: string | null; traits: JsonObject; first_at: Date }>`
    select id, user_id, traits,
      (select min(occurred_at) from events where profile_id = people.id and ${OWN}) as first_at
    from profiles people
    where id > ${after} and kind = 'person' and merged_into is null
      and (hashint8(id) & ${SHARES - 1}) < ${Math.round(share * SHARES)}
      and exists (
        select from events where profile_id = people.id and ${OWN}
          and occurred_at >= ${new Date(from)} and occurred_at < ${new Date(to)})
    order by id limit ${limit}
  `.execute(db);
  return rows.map(({ id, user_id, traits, first_at }) => {
    return { id, name: user_id ?? `profile:${id}`, traits, firstAt: first_at.getTime() };
  });
}

/** What was known, as far as the interest asks. Account traits and relations are as they are now: no log tells of them. */
export async function pastOf(
  db: Queryable,
  people: readonly ActivePerson[],
  interest: Interest,
  from: Instant,
): Promise<Map<number, Past>> {
  const ids = people.map(({ id }) => id);
  const [events, said, accounts, related] = [
    await loadFacts(db, ids, [interest], from),
    interest.traits.size === 0 ? new Map() : await loadTraitHistory(db, ids),
    interest.traits.has('account') ? await loadCurrentAccounts(db, ids) : new Map(),
    await loadRelated(db, 'person', ids, interest.related),
  ];
  return new Map(
    people.map(({ id, traits }) => {
      const account = accounts.get(id);
      const past: Past = {
        traits: account === undefined ? traits : { ...traits, account: account.traits },
        said: said.get(id) ?? [],
        events: events.get(id) ?? [],
        related: related.get(id),
      };
      return [id, past];
    }),
  );
}

/** Who did anything that long after their instant. */
export async function whoCameBack(
  db: Queryable,
  counted: readonly Counted[],
  { from, until }: { readonly from: Milliseconds; readonly until: Milliseconds },
): Promise<Set<number>> {
  const rows = counted.map(({ id, at }) => ({ id, since: new Date(at + from), before: new Date(at + until) }));
  const { rows: back } = await sql<{ id: number }>`
    select id from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (id bigint, since timestamptz, before timestamptz)
    where exists (
      select from events where profile_id = row.id and ${OWN} and occurred_at >= row.since and occurred_at < row.before)
  `.execute(db);
  return new Set(back.map(({ id }) => id));
}
