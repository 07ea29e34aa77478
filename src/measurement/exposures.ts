/**
 * Who got what in a journey, and what came of it: people by the side they were drawn to, whatever they did with it
 * (intention to treat), each once, from their first exposure on.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import type { Share } from './difference.ts';
import { CLICKED_AT } from './reactions.ts';

/** What counts as a conversion: `null` for what the journey's runs recorded, else events. */
export type Goal = {
  readonly subject: RawBuilder<number>;
  readonly meant: RawBuilder<boolean>;
  readonly worth: RawBuilder<number | null>;
} | null;

/** People of one side whose exposing runs followed one version of the journey. */
export interface Tally {
  /** Null where they are of any audience. */
  readonly audience: string | null;
  readonly version: string;
  /** The variant; null: held out. */
  readonly side: string | null;
  readonly exposed: number;
  readonly converted: number;
  /** Of the exposed, those that have time left to convert. */
  readonly undecided: number;
  readonly worth: number;
  readonly worthOfSquares: number;
}

export interface SideTimes {
  readonly audience: string | null;
  readonly side: string | null;
  /** Half of the conversions took no longer; null: there are none. */
  readonly medianTime: Milliseconds | null;
}

export interface Outcomes {
  readonly tallies: readonly Tally[];
  readonly times: readonly SideTimes[];
}

/** Held out or not, of everybody who came to a step that acts on people. `treated` is the side of those who were not. */
export const TREATED = 'treated';

/** By the hold-outs of the journey and of all journeys. */
export function outcomesByHoldout(db: Queryable, journey: string, goal: Goal, now: Instant): Promise<Outcomes> {
  const exposures = sql`
    select distinct on (profile_id) id, profile_id, coalesce(entered_version, version) as version, status, ended_at,
      entered_at, entry, exposed_at, null as audience,
      case when held_out then null else ${TREATED}::text end as side
    from runs where journey = ${journey} and exposed_at is not null and status <> 'merged'
    order by profile_id, origin_id is not null, exposed_at, id`;
  return outcomesOf(db, exposures, goal, now);
}

/**
 * By the hold-out of all journeys, from the first step of any that acts on people; what is done up to `within` after it
 * counts.
 */
export function outcomesEverywhere(db: Queryable, goal: Goal, within: Milliseconds, now: Instant): Promise<Outcomes> {
  const exposures = sql`
    select distinct on (profile_id) id, profile_id, coalesce(entered_version, version) as version, status, ended_at,
      entered_at, entry, exposed_at, null as audience, case when held_out_everywhere then null else ${TREATED}::text end as side
    from runs where exposed_at is not null and status <> 'merged'
      and not exists (select from profiles p where p.id = profile_id and p.kind = 'account')
    order by profile_id, origin_id is not null, exposed_at, id`;
  return outcomesOf(db, exposures, goal, now, sql`x.exposed_at + ${within}::float8 * interval '1 millisecond'`);
}

/** By the variants of an experiment. Those who were given one because it won, and not by chance, are left out. */
export function outcomesByVariant(
  db: Queryable,
  { journey, experiment }: { readonly journey: string; readonly experiment: string },
  goal: Goal,
  now: Instant,
): Promise<Outcomes> {
  return outcomesOf(db, drawnTo(journey, experiment), goal, now);
}

/** Likewise for the members, at their exposure, of each of these audiences. */
export function outcomesByAudience(
  db: Queryable,
  { journey, experiment }: { readonly journey: string; readonly experiment: string },
  audiences: readonly string[],
  goal: Goal,
  now: Instant,
): Promise<Outcomes> {
  const exposures = sql`
    select x.id, x.profile_id, x.version, x.status, x.ended_at, x.entered_at, x.entry, x.exposed_at, a.audience, x.side
    from (${drawnTo(journey, experiment)}) as x, lateral (
      select distinct on (c.audience) c.audience, c.entered from audience_changes c
      where c.profile_id = x.profile_id and c.at <= x.exposed_at and c.audience = any(${audiences})
      order by c.audience, c.id desc
    ) as a where a.entered`;
  return outcomesOf(db, exposures, goal, now);
}

/** SQL for the first exposures to an experiment, held-out people included. */
function drawnTo(journey: string, experiment: string): RawBuilder<unknown> {
  return sql`
    select id, profile_id, version, status, ended_at, entered_at, entry, exposed_at, null as audience,
      case when held_out then null else variant end as side
    from (
      select distinct on (profile_id) id, profile_id, variants->${experiment}->>'version' as version, status, ended_at,
        entered_at, entry, held_out,
        variants->${experiment}->>'variant' as variant, variants->${experiment}->>'by' as by,
        to_timestamp((variants->${experiment}->>'at')::float8 / 1000) as exposed_at
      from runs where journey = ${journey} and variants ? ${experiment} and status <> 'merged'
      order by profile_id, origin_id is not null, exposed_at, id
    ) as first where by = 'chance'`;
}

async function outcomesOf(
  db: Queryable,
  exposures: RawBuilder<unknown>,
  goal: Goal,
  now: Instant,
  until: RawBuilder<unknown> = LAST_INSTANT,
): Promise<Outcomes> {
  const { rows } = await sql<Tally & SideTimes & { whole: boolean }>`
    with exposures as materialized (${exposures}), outcomes as (
      select x.audience, x.version, x.side, x.exposed_at, o.converted_at, coalesce(o.worth, 0) as worth,
        ${until} as until
      from exposures x join journey_versions v on v.hash = x.version, lateral (${conversion(goal, until)}) as o
    )
    select grouping(version) = 1 as whole, audience, coalesce(version, '') as version, side,
      count(*) as exposed, count(converted_at) as converted,
      count(*) filter (where converted_at is null and until > ${new Date(now)}) as undecided,
      sum(worth) as worth, sum(worth * worth) as "worthOfSquares",
      percentile_cont(0.5) within group (order by extract(epoch from converted_at - exposed_at)::float8 * 1000)
        filter (where converted_at is not null) as "medianTime"
    from outcomes group by grouping sets ((audience, version, side), (audience, side)) order by audience, version, side
  `.execute(db);
  return {
    tallies: rows.filter(({ whole }) => !whole).map(({ whole, medianTime, ...tally }) => tally),
    times: rows.filter(({ whole }) => whole).map(({ audience, side, medianTime }) => ({ audience, side, medianTime })),
  };
}

/** SQL for when the person of `x` converted first, and what all conversions in the journey's time were worth. */
function conversion(goal: Goal, until: RawBuilder<unknown> = LAST_INSTANT): RawBuilder<unknown> {
  if (goal === null)
    return sql`select case when x.status = 'converted' and x.ended_at >= x.exposed_at then x.ended_at end as converted_at, 0::float8 as worth`;
  return sql`
    select min(e.occurred_at) as converted_at, sum(${goal.worth}) as worth from events e
    where ${goal.subject} = x.profile_id and e.occurred_at > x.exposed_at
      and e.occurred_at <= ${until} and ${goal.meant}`;
}

/** SQL for when the journey of the exposing run `x`, by its version `v`, is over whatever happens. */
const LAST_INSTANT = sql`x.entered_at + (v.body->'exit'->>'after')::float8 * interval '1 millisecond'`;

export interface RuleAsked {
  readonly journey: string;
  readonly experiment: string;
  /** Only exposures by these versions of the journey, and later than `since`. */
  readonly versions: readonly string[];
  readonly since: Date | null;
  readonly by: 'conversion' | 'click';
  readonly within: Milliseconds;
}

/** Of those who have had their time: how many got each variant, and how many of these converted, or clicked, in it. */
export async function arms(
  db: Queryable,
  asked: RuleAsked,
  goal: Goal,
  now: Instant,
): Promise<(Share & { variant: string })[]> {
  const { journey, experiment, versions, since, by, within } = asked;
  const span = sql`${within}::float8 * interval '1 millisecond'`;
  const reached =
    by === 'click'
      ? sql`(select min(${CLICKED_AT}) from messages m where m.run_id = x.id and m.reserved_at >= x.exposed_at) <= x.exposed_at + ${span}`
      : sql`(select o.converted_at from (${conversion(goal)}) as o) <= x.exposed_at + ${span}`;
  const { rows } = await sql<Share & { variant: string }>`
    with exposures as materialized (${drawnTo(journey, experiment)})
    select side as variant, count(*) as of, count(*) filter (where ${reached}) as converted
    from exposures x join journey_versions v on v.hash = x.version
    where side is not null and x.version = any(${versions}) and exposed_at > coalesce(${since}::timestamptz, '-infinity')
      and exposed_at + ${span} <= ${new Date(now)}
    group by side order by side
  `.execute(db);
  return rows;
}
