/**
 * What people do shortly before and after an event, against what the same people do around other moments.
 *
 * The moment of a person is the first time they did the event in the period. It is held against up to five other moments
 * of theirs, drawn by hash from everything else they did in the period, at least two windows away from any time they did
 * the event: so that what people do whenever they are active does not look as if it had to do with the event.
 * @module
 */
import { sql } from 'kysely';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';

export interface AroundQuestion {
  readonly event: string;
  readonly since: Instant;
  readonly until: Instant;
  /** How long before and after. */
  readonly within: Milliseconds;
  /** Names at most; those that differ most from usual come first. */
  readonly most?: number;
}

/** How many people did something within the window, and what share of them. */
export interface Doing {
  readonly people: number;
  /** In [0, 1]. */
  readonly share: number;
  /** The share of the same people's other moments that had it within a window on the same side; null where there are none. */
  readonly usually: number | null;
}

export interface AroundEvent {
  /** Who did the event in the period. */
  readonly people: number;
  /** Of these, who have other moments to compare with. */
  readonly comparable: number;
  readonly events: readonly { readonly event: string; readonly before: Doing; readonly after: Doing }[];
}

const DRAWS = 5;

interface Row {
  readonly event: string;
  readonly before: number;
  readonly after: number;
  readonly usuallyBefore: number;
  readonly usuallyAfter: number;
}

/** Only what people did themselves counts; views of pages and screens by their names. */
export async function readAroundEvent(
  db: Queryable,
  { event, since, until, within, most = 20 }: AroundQuestion,
): Promise<AroundEvent> {
  const [from, to] = [new Date(since), new Date(until)];
  const away = sql`make_interval(secs => ${within / 1_000}::float8)`;
  const own = sql`type in ('track', 'page', 'screen') and not by_engine`;
  const { rows } = await sql<Row & { people: number; comparable: number }>`
    with done as materialized (
      select profile_id, occurred_at as at from events
      where name = ${event} and occurred_at > ${from} and occurred_at <= ${to} and ${own}
    ),
    firsts as materialized (select profile_id, min(at) as at from done group by profile_id),
    others as materialized (
      select profile_id, at from (
        select e.profile_id, e.occurred_at as at,
          row_number() over (partition by e.profile_id order by md5(e.message_id), e.id) as draw
        from firsts join events e using (profile_id)
        where e.occurred_at > ${from} and e.occurred_at <= ${to} and e.name <> ${event} and ${own}
          and not exists (
            select from done where done.profile_id = e.profile_id
              and done.at between e.occurred_at - 2 * ${away} and e.occurred_at + 2 * ${away})
      ) as drawn where draw <= ${DRAWS}
    ),
    moments as (
      select profile_id, at, true as is_it, 1.0::float8 as weight from firsts
      union all
      select profile_id, at, false, 1.0::float8 / count(*) over (partition by profile_id) from others
    ),
    -- Once for each moment, name and side.
    found as (
      select m.is_it, m.weight, e.occurred_at < m.at as is_before, case
          when e.type in ('page', 'screen') and e.properties ? 'name' then concat(e.name, ': ', e.properties->>'name')
          else e.name end as event
      from moments m join events e using (profile_id)
      where e.occurred_at between m.at - ${away} and m.at + ${away} and e.occurred_at <> m.at and ${own}
      group by m.profile_id, m.at, m.is_it, m.weight, is_before, event
    )
    select event,
      count(*) filter (where is_it and is_before) as before, count(*) filter (where is_it and not is_before) as after,
      coalesce(sum(weight) filter (where not is_it and is_before), 0) as "usuallyBefore",
      coalesce(sum(weight) filter (where not is_it and not is_before), 0) as "usuallyAfter",
      (select count(*) from firsts) as people, (select count(distinct profile_id) from others) as comparable
    from (select * from found union all select null, null, null, null) as found group by event
  `.execute(db);
  const { people = 0, comparable = 0 } = rows[0] ?? {};
  const doing = (count: number, usually: number): Doing => ({
    people: count,
    share: people === 0 ? 0 : count / people,
    usually: comparable === 0 ? null : usually / comparable,
  });
  const events = rows
    .filter((row) => row.event !== null && row.before + row.after > 0)
    .map((row) => ({
      event: row.event,
      before: doing(row.before, row.usuallyBefore),
      after: doing(row.after, row.usuallyAfter),
    }))
    .sort((a, b) => oddness(b) - oddness(a) || (a.event < b.event ? -1 : 1));
  return { people, comparable, events: events.slice(0, most) };
}

/** How much more of the people than usual, on the side where that is most. */
function oddness({ before, after }: AroundEvent['events'][number]): number {
  return Math.max(before.share - (before.usually ?? 0), after.share - (after.usually ?? 0));
}
