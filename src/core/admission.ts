/**
 * What becomes of a step that wants to act: it acts, is refused, is held to be asked again, or makes the run leave.
 * @module
 */
import { ownZone, zoneOf } from './calendar.ts';
import type { Facts } from './facts.ts';
import type { ActionStep, Journey, WhenRefused } from './journey.ts';
import type { Offer } from './offer.ts';
import type { HeldUntilNow } from './pausing.ts';
import {
  dependsOnZone,
  freeAtOf,
  type Ledger,
  type Refusal,
  refusalOf,
  type Wanted,
  type WorkspaceRules,
} from './pressure.ts';
import type { Did, Hold } from './run.ts';
import type { Instant } from './time.ts';

export type Admission =
  | { readonly answer: 'act' }
  | { readonly answer: 'refuse' | 'leave'; readonly refusal: Refusal }
  | { readonly answer: 'hold'; readonly until: Instant; readonly hold: Hold };

export interface Asked {
  readonly facts: Facts;
  readonly heldOut: boolean;
  readonly ledger: Ledger;
  /** What the run offers. */
  readonly offer?: Offer | undefined;
  readonly workspace: WorkspaceRules;
  readonly heldUntilNow?: HeldUntilNow;
}

/** Held-out people are held and leave like everybody else; only what would have gone out is refused. */
export function admit(step: ActionStep, journey: Journey, asked: Asked, now: Instant): Admission {
  const { ledger, heldOut } = asked;
  const before = ledger.sentBefore?.get(step.id);
  if (before !== undefined && !heldOut)
    return { answer: 'refuse', refusal: { reason: 'sent-before', message: before } };
  const isMessage = step.kind !== 'webhook' && step.kind !== 'set-trait';
  const refusal = nothingToOffer(step, asked, now) ?? (isMessage ? pressureOn(step, journey, asked, now) : null);
  const answer = refusal === null ? null : meaningOf(refusal, step);
  if (answer !== null && answer.answer !== 'refuse') return answer;
  if (heldOut) return { answer: 'refuse', refusal: { reason: 'held-out' } };
  return answer ?? { answer: 'act' };
}

/** Of a step whose texts name an offer. */
function nothingToOffer(step: ActionStep, { offer }: Asked, now: Instant): Refusal | null {
  if (!('offering' in step)) return null;
  if (offer === undefined) return { reason: 'no-offer' };
  return offer.until !== undefined && now >= offer.until ? { reason: 'offer-over', offer: offer.key } : null;
}

/** What to log where the person's own zone would decide, and is none. */
export function fallsBack(step: ActionStep, journey: Journey, { workspace, facts }: Asked): Did | null {
  if (step.kind === 'webhook' || step.kind === 'set-trait') return null;
  if (!dependsOnZone(wantedBy(step, journey), { workspace, journey: journey.caps })) return null;
  const { unusable, zone } = ownZone(facts.traits, workspace.timezone);
  return unusable === undefined ? null : { did: 'fell-back', unusable, zone };
}

function pressureOn(step: MessageStep, journey: Journey, asked: Asked, now: Instant): Refusal | null {
  const { workspace, facts, ledger, heldUntilNow } = asked;
  const wanted = { ...wantedBy(step, journey), ...('offering' in step && { offer: asked.offer }) };
  if (heldUntilNow?.stale && !wanted.transactional) return { reason: 'stale', dueAt: heldUntilNow.dueAt };
  const limits = { workspace, journey: journey.caps };
  const zone = dependsOnZone(wanted, limits) ? zoneOf(facts.traits, workspace.timezone) : workspace.timezone;
  return refusalOf(wanted, ledger, { ...limits, zone }, now);
}

type MessageStep = Exclude<ActionStep, { kind: 'webhook' | 'set-trait' }>;

function wantedBy(step: MessageStep, journey: Journey): Wanted {
  const { template, hours } = step;
  return {
    channel: step.kind,
    journey: journey.key,
    category: template.category,
    template: template.key,
    transactional: step.kind === 'email' && step.template.transactional,
    hours: [hours, template.hours].filter((one) => one !== undefined),
  };
}

/** What the step's rule makes of a refusal. */
export function meaningOf(refusal: Refusal, step: ActionStep): Exclude<Admission, { answer: 'act' }> {
  const until = freeAtOf(refusal);
  switch (ruleFor(refusal, step)) {
    case 'wait':
      if (until === null) return { answer: 'refuse', refusal };
      return { answer: 'hold', until, hold: holdFor(refusal) };
    case 'leave':
      return { answer: 'leave', refusal };
    case 'skip':
      return { answer: 'refuse', refusal };
  }
}

function holdFor(refusal: Refusal): Hold {
  return refusal.reason === 'hours' ? { reason: 'hours', zone: refusal.zone } : { reason: 'refused', refusal };
}

function ruleFor({ reason }: Refusal, step: ActionStep): WhenRefused {
  const rules = 'refused' in step ? (step.refused ?? {}) : {};
  if (reason === 'stale') return 'skip';
  if (reason === 'hours') return rules.hours ?? 'wait';
  return (reason === 'cap' ? rules.cap : rules.unwanted) ?? 'skip';
}
