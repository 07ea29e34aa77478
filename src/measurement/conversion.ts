/**
 * Did a journey do anything? Who got it against who was held out.
 * @module
 */
import { sql } from 'kysely';
import type { Queryable } from '../store/database.ts';
import { type Difference, differenceOfShares, type Share } from './difference.ts';

export interface Conversion {
  readonly journey: string;
  /** People, each once however often they entered; converted if any of their runs was. */
  readonly treated: Share;
  readonly heldOut: Share;
  /** Treated less held out; null where nobody was held out. */
  readonly lift: Difference | null;
  /** Fewer than {@link ENOUGH} people converted, or did not, in one of the groups: the lift says little. */
  readonly tooFew: boolean;
}

/** The usual rule of thumb for comparing shares. */
export const ENOUGH = 5;

/** By journey, in the order of their names. Runs under way count as not converted, in both groups alike. */
export async function conversionByHoldout(db: Queryable): Promise<Conversion[]> {
  const { rows } = await sql<{ journey: string; held_out: boolean; of: number; converted: number }>`
    select journey, held_out, count(*) as of, count(*) filter (where converted) as converted
    from (
      select journey, person, held_out, bool_or(status = 'converted') as converted
      from runs where status <> 'merged' group by journey, person, held_out
    ) as people
    group by journey, held_out order by journey
  `.execute(db);
  const shareOf = (journey: string, heldOut: boolean): Share => {
    const row = rows.find((one) => one.journey === journey && one.held_out === heldOut);
    return { of: row?.of ?? 0, converted: row?.converted ?? 0 };
  };
  return [...new Set(rows.map(({ journey }) => journey))].map((journey) => {
    const [treated, heldOut] = [shareOf(journey, false), shareOf(journey, true)];
    return {
      journey,
      treated,
      heldOut,
      lift: differenceOfShares(treated, heldOut),
      tooFew: isSmall(treated) || isSmall(heldOut),
    };
  });
}

function isSmall({ of, converted }: Share): boolean {
  return Math.min(converted, of - converted) < ENOUGH;
}
