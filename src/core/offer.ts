/**
 * Which offer is the next best for a person: of those that may be made, the one with the highest expected value. Pure; what
 * was offered before and what is left of limited offers is given.
 * @module
 */
import type { Condition, Expression } from './condition.ts';
import { evaluate, evaluateExpression } from './evaluate.ts';
import type { Facts } from './facts.ts';
import type { Again, StepId } from './journey.ts';
import type { Instant } from './time.ts';
import { type Unwanted, unwanted, type Wishes } from './wishes.ts';

/** Where an offer has a text of its own. */
export type OfferChannel = 'email' | 'in-app' | 'sales-task';

export interface Offer {
  readonly key: string;
  readonly title: string;
  readonly category: string;
  /** Null: everybody is. */
  readonly eligible: Condition | null;
  /** What it is worth when it is taken. */
  readonly value: Expression;
  /** How likely that is, in [0, 1]. */
  readonly propensity: Expression;
  readonly incentive?: string;
  readonly link?: string;
  /** Liquid. */
  readonly texts: Readonly<Partial<Record<OfferChannel, string>>>;
  /** People at most. */
  readonly limit?: number;
  readonly from?: Instant;
  /** No more from this instant on. */
  readonly until?: Instant;
  /** May the same person be offered it once more? */
  readonly again: Again;
}

/** An offer that was made to the person before. */
export interface Offered {
  readonly offer: string;
  readonly at: Instant;
  /** The step of this run that made it; null: another run did. */
  readonly step: StepId | null;
  readonly value: number;
  readonly propensity: number;
}

export interface OfferLedger {
  /** Oldest first. */
  readonly offered: readonly Offered[];
  /** How many there are to be had at most; none of those that are in force no more. Absent: any number. */
  readonly left: ReadonlyMap<string, number>;
}

export const NO_OFFERS: OfferLedger = { offered: [], left: new Map() };

/** The ledger once the offer was picked. @param uses whether that leaves one less */
export function withPick({ offered, left }: OfferLedger, picked: Picked, uses: boolean): OfferLedger {
  const before = left.get(picked.offer);
  const taken = uses && picked.isNew && before !== undefined;
  return { offered: [...offered, picked], left: taken ? new Map(left).set(picked.offer, before - 1) : left };
}

/** Why an offer is none for this person now. */
export type Passed =
  | { readonly why: 'not-yet' | 'over'; readonly at: Instant }
  | { readonly why: 'not-eligible' | 'used-up' }
  | { readonly why: 'unwanted'; readonly refusal: Unwanted }
  | { readonly why: 'had'; readonly at: Instant }
  /** Its value or its propensity is not known of this person. */
  | { readonly why: 'unknown-value' };

export interface Candidate {
  readonly offer: string;
  /** Null where they cannot be had. */
  readonly value: number | null;
  readonly propensity: number | null;
  readonly expected: number | null;
  /** Null: it may be made. */
  readonly passed: Passed | null;
}

export interface Weighing {
  readonly facts: Facts;
  readonly wishes: Wishes;
  readonly ledger: OfferLedger;
}

/** What an offer step picks. */
export interface Picked extends Offered {
  readonly step: StepId;
  /** The step has not picked it before in this run. */
  readonly isNew: boolean;
}

/**
 * The best of the offers, which is the step's for as long as the run lasts: where it is done again it picks the same.
 * @returns null with the candidates where none may be made
 */
export function pickOffer(
  { id, offers }: { readonly id: StepId; readonly offers: readonly Offer[] },
  weighing: Weighing,
  now: Instant,
): { readonly picked: Picked | null; readonly candidates: readonly Candidate[] } {
  const kept = weighing.ledger.offered.findLast(({ step }) => step === id);
  if (kept !== undefined) return { picked: { ...kept, step: id, at: now, isNew: false }, candidates: [] };
  const candidates = weighOffers(offers, weighing, now);
  const best = bestOf(candidates);
  if (best === null) return { picked: null, candidates };
  const { offer, value, propensity } = best;
  return {
    picked: { offer, at: now, step: id, value: value ?? 0, propensity: propensity ?? 0, isNew: true },
    candidates,
  };
}

/** Every offer with its expected value, the best first; those that may not be made last. Of two alike the first by name. */
export function weighOffers(offers: readonly Offer[], weighing: Weighing, now: Instant): readonly Candidate[] {
  return offers.map((offer) => weigh(offer, weighing, now)).sort(byWorth);
}

/** The best of the candidates, if any may be made. */
export function bestOf(candidates: readonly Candidate[]): Candidate | null {
  const [best] = candidates;
  return best === undefined || best.passed !== null ? null : best;
}

/** What stands against making this offer, beside what there is of it. */
export function offerUnwanted({ key, category }: Pick<Offer, 'key' | 'category'>, wishes: Wishes, now: Instant) {
  return unwanted({ journey: '', template: null, category, offer: key }, [category], wishes, now);
}

function weigh(offer: Offer, { facts, wishes, ledger }: Weighing, now: Instant): Candidate {
  const value = numberOf(offer.value, facts, now);
  const rate = numberOf(offer.propensity, facts, now);
  const propensity = rate === null ? null : Math.max(0, Math.min(1, rate));
  const expected = value === null || propensity === null ? null : rounded(value * propensity);
  const passed = passedOver(offer, { facts, wishes, ledger }, now) ?? (expected === null ? UNKNOWN : null);
  return { offer: offer.key, value, propensity, expected, passed };
}

const UNKNOWN: Passed = { why: 'unknown-value' };

function passedOver(offer: Offer, { facts, wishes, ledger }: Weighing, now: Instant): Passed | null {
  if (offer.from !== undefined && now < offer.from) return { why: 'not-yet', at: offer.from };
  if (offer.until !== undefined && now >= offer.until) return { why: 'over', at: offer.until };
  const refusal = offerUnwanted(offer, wishes, now);
  if (refusal !== null) return { why: 'unwanted', refusal };
  const last = ledger.offered.findLast((one) => one.offer === offer.key);
  if (last !== undefined && !mayComeAgain(offer.again, last.at, now)) return { why: 'had', at: last.at };
  if (offer.eligible !== null && !evaluate(offer.eligible, facts, now).holds) return { why: 'not-eligible' };
  return (ledger.left.get(offer.key) ?? 1) > 0 ? null : { why: 'used-up' };
}

function mayComeAgain(again: Again, last: Instant, now: Instant): boolean {
  return again === 'always' || (again !== 'never' && now >= last + again.after);
}

function numberOf(expression: Expression, facts: Facts, now: Instant): number | null {
  const { value } = evaluateExpression(expression, facts, now);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** To a millionth, as scores are. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function byWorth(a: Candidate, b: Candidate): number {
  if ((a.passed === null) !== (b.passed === null)) return a.passed === null ? -1 : 1;
  const [worth, other] = [a.expected ?? Number.NEGATIVE_INFINITY, b.expected ?? Number.NEGATIVE_INFINITY];
  if (worth !== other) return worth > other ? -1 : 1;
  return a.offer < b.offer ? -1 : 1;
}
