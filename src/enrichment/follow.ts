/**
 * Who is to be asked about: whoever enters an enrichment's audience, and whoever has other traits in its address.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import type { EnrichmentDefinition } from '../definitions/enrichment-types.ts';
import type { Queryable } from '../store/database.ts';

/** What one transaction did to a profile, as far as enrichments care. */
export interface FollowedProfile {
  readonly id: number;
  readonly kind: 'person' | 'account';
  readonly changes: readonly { readonly audience: string; readonly entered: boolean }[];
  /** Names of traits that changed. Absent: none did. */
  readonly changedTraits?: ReadonlySet<string>;
}

/** To be called in the transaction that changes the profiles. */
export async function followEnrichments(
  tx: Queryable,
  enrichments: readonly EnrichmentDefinition[],
  profiles: readonly FollowedProfile[],
  now: Instant,
): Promise<void> {
  if (enrichments.length === 0) return;
  const entered = new Map<string, object>();
  const changed: object[] = [];
  for (const { id, kind, changes, changedTraits } of profiles) {
    for (const { key, of, audience, named } of enrichments) {
      if (of !== kind) continue;
      const last = changes.findLast((change) => change.audience === audience);
      const row = { profile_id: id, enrichment: key };
      if (last !== undefined) entered.set(`${id} ${key}`, { ...row, wanted: last.entered });
      else if (named.some((trait) => changedTraits?.has(trait))) changed.push(row);
    }
  }
  const at = new Date(now);
  if (entered.size > 0) {
    await sql`
      insert into enrichments (profile_id, enrichment, wanted, due_at)
      select profile_id, enrichment, wanted, ${at}
      from jsonb_to_recordset(${JSON.stringify([...entered.values()])}::jsonb)
        as row (profile_id bigint, enrichment text, wanted boolean)
      on conflict (profile_id, enrichment) do update set
        wanted = excluded.wanted, attempts = 0,
        due_at = case when excluded.wanted then excluded.due_at else enrichments.due_at end
    `.execute(tx);
  }
  if (changed.length > 0) {
    await sql`
      update enrichments set due_at = ${at}, attempts = 0
      from jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) as row (profile_id bigint, enrichment text)
      where enrichments.profile_id = row.profile_id and enrichments.enrichment = row.enrichment and wanted
    `.execute(tx);
  }
}
