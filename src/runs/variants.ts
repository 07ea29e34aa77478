/**
 * What a person got in the experiments of a journey: kept with the run in which they got it, so that it goes where the
 * run goes when people become one, or two again.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import type { Known } from '../core/experiment.ts';
import type { LogEntry } from '../core/run.ts';
import type { Queryable } from '../store/database.ts';
import type { StoredVariant } from '../store/tables-runs.ts';

/**
 * SQL for what a profile got last, variants by experiment; null: nothing yet. Of somebody who was two, what the survivor
 * got goes first, as chance is drawn for its name.
 */
export function assignedTo(profile: RawBuilder<unknown>, journey: RawBuilder<unknown>) {
  return sql<Record<string, string> | null>`(
    select jsonb_object_agg(got.key, got.value->>'variant' order by one.origin_id is null, one.entered_at, one.id)
    from runs one, jsonb_each(one.variants) got where one.profile_id = ${profile} and one.journey = ${journey})`;
}

/** What the journey's experiments know of the person, and which variants whoever is new gets. */
export async function knownOf(tx: Queryable, profileId: number, journey: string): Promise<Known> {
  const { rows } = await sql<{ assigned: Record<string, string> | null; winners: Record<string, string> | null }>`
    select ${assignedTo(sql`${profileId}::bigint`, sql`${journey}`)} as assigned,
      (select jsonb_object_agg(experiment, variant) from experiment_winners
        where journey = ${journey} and undone_at is null) as winners
  `.execute(tx);
  const { assigned, winners } = rows[0] ?? {};
  return { assigned: new Map(Object.entries(assigned ?? {})), winners: new Map(Object.entries(winners ?? {})) };
}

/** What these steps gave the person; null: nothing. */
export function variantsIn(log: readonly LogEntry[], version: string): Readonly<Record<string, StoredVariant>> | null {
  const variants = log.flatMap((entry): [string, StoredVariant][] => {
    if (entry.did !== 'took' || entry.experiment === undefined) return [];
    const { name, by } = entry.experiment;
    return [[name, { variant: entry.way, by, at: entry.at, version }]];
  });
  return variants.length === 0 ? null : Object.fromEntries(variants);
}
