/**
 * Places of journeys that let so many people in on a day. Whoever enters takes one in the transaction that enters it, with
 * the day's row locked from the transaction's beginning on: so no two count past each other, and nobody who holds people
 * ever waits for a place. Journeys without a limit pay nothing.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import { DateTime } from 'luxon';
import type { DailyLimit } from '../core/journey.ts';
import type { Instant } from '../core/time.ts';
import type { Database, Queryable } from '../store/database.ts';

/** The places of one journey on one day, by the clock of its limit. */
interface Day {
  readonly journey: string;
  readonly day: string;
}

/** Thrown where somebody is about to enter by a place that the transaction has not locked: it is begun anew with it. */
class PlaceNeededError extends Error {
  override readonly name = 'PlaceNeededError';

  constructor(readonly place: Day) {
    super(`${place.journey} on ${place.day}`);
  }
}

export class Places {
  readonly #taken: Map<string, Day & { count: number; isChanged: boolean }>;

  constructor(locked: readonly (Day & { readonly count: number })[]) {
    this.#taken = new Map(locked.map((one) => [keyOf(one), { ...one, isChanged: false }]));
  }

  /** Takes a place on the day of `at`; false: there is none left. */
  take(journey: string, { perDay, zone }: DailyLimit, at: Instant): boolean {
    const place = dayOf(journey, zone, at);
    const taken = this.#taken.get(keyOf(place));
    if (taken === undefined) throw new PlaceNeededError(place);
    if (taken.count >= perDay) return false;
    taken.count += 1;
    taken.isChanged = true;
    return true;
  }

  async save(tx: Queryable): Promise<void> {
    const changed = [...this.#taken.values()].filter(({ isChanged }) => isChanged);
    if (changed.length === 0) return;
    await sql`
      update entry_counts set entered = row.count ${from(changed)}
      where entry_counts.journey = row.journey and entry_counts.day = row.day
    `.execute(tx);
  }
}

/** A transaction in which people may enter limited journeys; begun anew until it has every place it needs. */
export async function withPlaces<T>(db: Database, work: (tx: Queryable, places: Places) => Promise<T>): Promise<T> {
  const needed = new Map<string, Day>();
  for (;;) {
    try {
      return await db.transaction().execute(async (tx) => {
        const places = new Places(needed.size === 0 ? [] : await lock(tx, [...needed.values()]));
        const result = await work(tx, places);
        await places.save(tx);
        return result;
      });
    } catch (error) {
      if (!(error instanceof PlaceNeededError)) throw error;
      needed.set(keyOf(error.place), error.place);
    }
  }
}

/** Places as they are at `now`, for questions: none is taken for good, and those of other days count as free. */
export async function lookAtPlaces(
  db: Queryable,
  { key, limit }: { readonly key: string; readonly limit?: DailyLimit },
  now: Instant,
): Promise<Pick<Places, 'take'>> {
  if (limit === undefined) return { take: () => true };
  const today = dayOf(key, limit.zone, now);
  const row = await db
    .selectFrom('entry_counts')
    .select('entered')
    .where('journey', '=', today.journey)
    .where('day', '=', today.day)
    .executeTakeFirst();
  const taken = row?.entered ?? 0;
  return { take: (journey, { perDay, zone }, at) => dayOf(journey, zone, at).day !== today.day || taken < perDay };
}

/** The day by the clock of the journey's limit. */
export function dayOf(journey: string, zone: string, at: Instant): Day {
  return { journey, day: DateTime.fromMillis(at, { zone }).toISODate() ?? '' };
}

async function lock(tx: Queryable, days: readonly Day[]): Promise<(Day & { count: number })[]> {
  await sql`
    insert into entry_counts (journey, day, entered) select row.journey, row.day, 0 ${from(days)}
    order by 1, 2 on conflict do nothing
  `.execute(tx);
  const { rows } = await sql<Day & { count: number }>`
    select journey, day, entered as count from entry_counts
    where (journey, day) in (select row.journey, row.day ${from(days)}) order by journey, day for update
  `.execute(tx);
  return rows;
}

function from(rows: readonly object[]): RawBuilder<unknown> {
  return sql`from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (journey text, day text, count integer)`;
}

function keyOf({ journey, day }: Day): string {
  return `${journey}\n${day}`;
}
