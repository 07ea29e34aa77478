/**
 * Journeys whose conversion, and audiences whose size, have moved away from what they usually are.
 * @module
 */
import { sql } from 'kysely';
import { DAY, type Instant } from '../core/time.ts';
import type { Queryable } from '../store/database.ts';
import { type Expected, expectedShare, expectedSize } from './control-chart.ts';
import type { Share } from './difference.ts';

export interface Watched {
  readonly what: 'conversion' | 'audience';
  /** Of the journey, or of the audience. */
  readonly key: string;
  /** The newest: the conversion of those whose time was over in the last week, or the size now. */
  readonly value: number;
  /** Null where there is too little to go by yet. */
  readonly expected: Expected | null;
  readonly drifts: boolean;
}

const WEEK = 7 * DAY;
const WEEKS = 26;
const DAYS = 56;

/** Conversions first, then audiences, each by name. */
export async function watchDrift(db: Queryable, audiences: readonly string[], now: Instant): Promise<Watched[]> {
  const [weeks, days] = [await conversionByWeek(db, now), await sizeByDay(db, audiences, now)];
  return [
    ...[...weeks].map(([key, [newest, ...before]]) => {
      const { of, converted } = newest ?? NOBODY;
      return watched(
        'conversion',
        key,
        of === 0 ? 0 : converted / of,
        expectedShare(before.reverse(), { of, converted }),
      );
    }),
    ...[...days].map(([key, [size = 0, ...before]]) => watched('audience', key, size, expectedSize(before.reverse()))),
  ];
}

function watched(what: Watched['what'], key: string, value: number, expected: Expected | null): Watched {
  return { what, key, value, expected, drifts: expected !== null && (value < expected.low || value > expected.high) };
}

const NOBODY: Share = { of: 0, converted: 0 };

/** Of each journey, those whose time was over in the last week, the week before that, and so on. */
async function conversionByWeek(db: Queryable, now: Instant): Promise<Map<string, Share[]>> {
  const { rows } = await sql<Share & { journey: string; ago: number }>`
    select journey, ago, count(*) as of, count(*) filter (where status = 'converted') as converted
    from (
      select r.journey, r.status, floor((${now}::float8 - extract(epoch from r.entered_at)::float8 * 1000
        - (v.body->'exit'->>'after')::float8) / ${WEEK}::float8)::int as ago
      from runs r join journey_versions v on v.hash = r.version
      where not r.held_out and r.status <> 'merged' and v.body->'goal' <> 'null'
        and r.entered_at <= ${new Date(now)}
    ) as over where ago >= 0 and ago < ${WEEKS}
    group by journey, ago order by journey, ago
  `.execute(db);
  const weeks = new Map<string, Share[]>();
  for (const { journey, ago, of, converted } of rows) {
    const known = weeks.get(journey) ?? [];
    // Weeks of which nobody's time was over are empty, and are left out by the chart.
    while (known.length < ago) known.push(NOBODY);
    weeks.set(journey, [...known, { of, converted }]);
  }
  return weeks;
}

/** Of each audience its size now, a day ago, and so on, as far back as anybody had ever entered it. */
async function sizeByDay(db: Queryable, audiences: readonly string[], now: Instant): Promise<Map<string, number[]>> {
  const { rows: sizes } = await sql<{ audience: string; size: number }>`
    select audience, count(*) as size from audience_states where member and audience = any(${audiences}) group by audience
  `.execute(db);
  const { rows: nets } = await sql<{ audience: string; ago: number; net: number; first: Date }>`
    select audience, least(floor((${now}::float8 - extract(epoch from at)::float8 * 1000) / ${DAY}::float8), ${DAYS})::int as ago,
      sum(case when entered then 1 else -1 end) as net, min(at) as first
    from audience_changes where audience = any(${audiences}) and at <= ${new Date(now)} group by 1, 2
  `.execute(db);
  return new Map(
    [...audiences].sort().map((audience) => {
      const own = nets.filter((one) => one.audience === audience);
      const first = Math.min(now, ...own.map((one) => one.first.getTime()));
      const known = Math.min(DAYS, Math.floor((now - first) / DAY));
      const series = [sizes.find((one) => one.audience === audience)?.size ?? 0];
      for (let ago = 0; ago < known; ago += 1)
        series.push((series.at(-1) ?? 0) - (own.find((one) => one.ago === ago)?.net ?? 0));
      return [audience, series];
    }),
  );
}
