/**
 * What a person was offered, and what their run offers now; read and stored under the person's lock.
 * @module
 */
import { sql } from 'kysely';
import type { Move } from '../core/interpret.ts';
import type { Offer, Offered, OfferLedger } from '../core/offer.ts';
import type { Queryable } from '../store/database.ts';
import { takeOne, usedUpOffers } from './offer-stock.ts';
import type { RunState } from './run-state.ts';

/** The offers of the newest publication: limits, and whether there still is such an offer, hold as published last. */
export interface OffersInForce {
  readonly publicationId: number;
  readonly offers: Readonly<Record<string, Offer>>;
}

/** What runs of the person have picked, oldest first, each with its run. */
export async function readGrants(
  db: Queryable,
  profileId: number,
): Promise<(Offered & { readonly run: string; readonly step: string })[]> {
  const { rows } = await sql<{
    run: string;
    offer: string;
    at: Date;
    step: string;
    value: number;
    propensity: number;
  }>`
    select g.run_id as run, g.offer, g.at, g.value, g.propensity, g.step
    from runs r join offer_grants g on g.run_id = r.id where r.profile_id = ${profileId} order by g.at, g.visit
  `.execute(db);
  return rows.map(({ at, ...row }) => ({ ...row, at: at.getTime() }));
}

/** @param runId whose own picks are told apart from those of the person's other runs; null: none is */
export async function readOfferLedger(
  db: Queryable,
  profileId: number,
  runId: string | null,
  { publicationId, offers }: OffersInForce,
): Promise<OfferLedger> {
  const granted = await readGrants(db, profileId);
  const limited = Object.values(offers).flatMap(({ key, limit }) => (limit === undefined ? [] : [key]));
  return {
    offered: granted.map(({ run, step, ...one }) => ({ ...one, step: run === runId ? step : null })),
    left: noneOf(limited.length === 0 ? [] : await usedUpOffers(db, limited, publicationId)),
  };
}

function noneOf(usedUp: Iterable<string>): Map<string, number> {
  return new Map([...usedUp].map((offer) => [offer, 0]));
}

/**
 * Takes one of each limited offer that the move picks for the first time.
 * @param decide the move, with what is left; decided anew with no more of an offer than could be had
 */
export async function decideWithOffers<Decided extends Pick<Move, 'grants'>>(
  tx: Queryable,
  { offers: ledger, heldOut }: Pick<RunState, 'offers' | 'heldOut'>,
  { publicationId, offers }: OffersInForce,
  decide: (ledger: OfferLedger | undefined) => Promise<Decided>,
): Promise<Decided> {
  if (ledger === undefined) return decide(undefined);
  const left = new Map(ledger.left);
  /** The offer, by the step that picked it. */
  const taken = new Map<string, string>();
  for (;;) {
    const decided = await decide({ ...ledger, left });
    const missing = await firstMissing(decided.grants);
    if (missing === null) return decided;
    left.set(missing, [...taken.values()].filter((offer) => offer === missing).length);
  }

  async function firstMissing(grants: Move['grants']): Promise<string | null> {
    for (const { step, offer, isNew } of grants) {
      if (!isNew || taken.get(step) === offer) continue;
      const inForce = offers[offer];
      if (inForce === undefined) return offer;
      const { limit } = inForce;
      // People held out get nothing, so that they use nothing up.
      const isFree = heldOut || limit === undefined || (await takeOne(tx, { offer, limit, publicationId }));
      if (!isFree) return offer;
      taken.set(step, offer);
    }
    return null;
  }
}

export async function saveGrants(tx: Queryable, runId: string, grants: Move['grants']): Promise<void> {
  if (grants.length === 0) return;
  const rows = grants.map(({ at, ...grant }) => ({ ...grant, at: new Date(at) }));
  await sql`
    insert into offer_grants (run_id, step, visit, offer, value, propensity, at)
    select ${runId}, step, visit, offer, value, propensity, at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (step text, visit integer, offer text, value double precision, propensity double precision, at timestamptz)
  `.execute(tx);
}
