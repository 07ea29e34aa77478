/**
 * What becomes of a step that wants to act: it acts, is refused, is held to be asked again, or makes the run leave.
 * @module
 */
import { ownZone, zoneOf } from './calendar.ts';
import { covers, type Sent } from './caps.ts';
import type { JsonObject } from './condition.ts';
import type { Facts } from './facts.ts';
import type { ActionStep, Journey, WhenRefused } from './journey.ts';
import type { Offer } from './offer.ts';
import type { HeldUntilNow } from './pausing.ts';
import {
  dependsOnZone,
  freeAtOf,
  type Ledger,
  type OutOfHours,
  outOfHours,
  type Refusal,
  refusalOf,
  type Wanted,
  type WorkspaceRules,
  withSent,
} from './pressure.ts';
import type { Did, Hold, Waiting } from './run.ts';
import { aheadOf, candidateAt, decidedAt } from './settling.ts';
import type { Instant } from './time.ts';

export type Admission =
  | { readonly answer: 'act' }
  | { readonly answer: 'refuse' | 'leave'; readonly refusal: Refusal }
  | { readonly answer: 'hold'; readonly until: Instant; readonly hold: Hold };

export interface Asked {
  /** The run's. */
  readonly id: string;
  readonly facts: Facts;
  readonly heldOut: boolean;
  readonly ledger: Ledger;
  /** What the run offers. */
  readonly offer?: Offer | undefined;
  readonly workspace: WorkspaceRules;
  readonly heldUntilNow?: HeldUntilNow;
}

/**
 * Held-out people are held and leave like everybody else; only what would have gone out is refused.
 * @param held the hold that is just over; null: the step is asked for the first time
 */
export function admit(step: ActionStep, journey: Journey, asked: Asked, held: Waiting | null, now: Instant): Admission {
  const { ledger, heldOut } = asked;
  const before = ledger.sentBefore?.get(step.id);
  if (before !== undefined && !heldOut)
    return { answer: 'refuse', refusal: { reason: 'sent-before', message: before } };
  const nothing = nothingToOffer(step, asked, now);
  const message = () => (isMessage(step) ? admitMessage(step, journey, asked, held, now) : null);
  const answer = nothing === null ? message() : meaningOf(nothing, step);
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
  if (!isMessage(step) || !dependsOnZone(wantedBy(step, journey), { workspace, journey: journey.caps })) return null;
  const { unusable, zone } = ownZone(facts.traits, workspace.timezone);
  return unusable === undefined ? null : { did: 'fell-back', unusable, zone };
}

/** Whether the hours of a message that was admitted are over by now. Null: they are not, or it has none. */
export function hoursOver(
  step: ActionStep,
  journey: Journey,
  { workspace, traits }: { readonly workspace: WorkspaceRules; readonly traits: JsonObject },
  now: Instant,
): OutOfHours | null {
  if (!isMessage(step)) return null;
  return outOfHours(wantedBy(step, journey), { workspace, zone: zoneOf(traits, workspace.timezone) }, now);
}

/** Null: it may go. */
function admitMessage(
  step: MessageStep,
  journey: Journey,
  asked: Asked,
  held: Waiting | null,
  now: Instant,
): Exclude<Admission, { answer: 'act' }> | null {
  const refusal = pressureOn(step, journey, asked, now);
  const refused = refusal === null ? null : meaningOf(refusal, step);
  if (refusal !== null && refusal.reason !== 'cap') return refused;
  const own = held === null ? null : candidateAt({ id: asked.id, journey: journey.key }, held);
  // Even where the cap is full: who of those that are decided at this instant has asked already must make no difference.
  if (own === null) return settling(wantedBy(step, journey), journey, asked, now) ?? refused;
  if (refused !== null) return refused;
  const ahead = aheadOf(own, asked.ledger.candidates ?? [], now);
  const lost = ahead.length === 0 ? null : pressureOn(step, journey, withAll(asked, ahead), now);
  return lost === null ? null : meaningOf(lost, step);
}

/** Where the workspace lets messages settle, and one of its caps counts this one: until it is decided. */
function settling(
  { channel, category, transactional }: Wanted,
  { priority }: Journey,
  { workspace: { settle, caps }, ledger: { candidates } }: Asked,
  now: Instant,
): Extract<Admission, { answer: 'hold' }> | null {
  const message = { channel, category };
  if (settle === undefined || candidates === undefined || transactional || !caps.some((cap) => covers(cap, message)))
    return null;
  const until = decidedAt(message, candidates, caps, settle, now);
  return { answer: 'hold', until, hold: { reason: 'settling', since: now, priority, ...message } };
}

function withAll(asked: Asked, ahead: readonly Sent[]): Asked {
  return { ...asked, ledger: ahead.reduce(withSent, asked.ledger) };
}

function isMessage(step: ActionStep): step is MessageStep {
  return step.kind !== 'webhook' && step.kind !== 'set-trait';
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
