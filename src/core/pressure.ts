/**
 * Whether a person may get one more message now. Pure: the ledger is read by the caller under the person's lock.
 * @module
 */
import type { Cap, Channel, StepId } from './journey.ts';
import type { Instant, Milliseconds } from './time.ts';
import { type Unwanted, unwanted, type Wishes } from './wishes.ts';

/** One message that counts against caps: reserved or sent, never refused. */
export interface Sent {
  readonly channel: Channel;
  readonly journey: string;
  readonly at: Instant;
}

export interface Ledger extends Wishes {
  readonly sent: readonly Sent[];
  /** By step: what another run of the same person, which this one goes on for, had sent there. */
  readonly sentBefore?: ReadonlyMap<StepId, string>;
}

export interface Wanted {
  readonly channel: Channel;
  readonly journey: string;
  readonly category: string;
  readonly template?: string;
  /** Receipts and the like: caps and marketing suppression do not hold for them. */
  readonly transactional: boolean;
  readonly heldOut: boolean;
}

export interface Limits {
  readonly workspace: readonly Cap[];
  readonly journey: readonly Cap[];
}

export type Refusal =
  | { readonly reason: 'held-out' }
  /** Known only on the way out: the channel would not take it, or the run had ended meanwhile. */
  | { readonly reason: 'channel'; readonly detail: string }
  | { readonly reason: 'ended'; readonly outcome: string }
  /** By the run that ended when two names of one person became known. */
  | { readonly reason: 'sent-before'; readonly message: string }
  | Unwanted
  | { readonly reason: 'cap'; readonly cap: Cap; readonly scope: 'workspace' | 'journey'; readonly freeAt: Instant };

/** Null where the message may go; otherwise the first rule that forbids it. */
export function refusalOf(wanted: Wanted, ledger: Ledger, limits: Limits, now: Instant): Refusal | null {
  if (wanted.heldOut) return { reason: 'held-out' };
  if (wanted.transactional) return null;
  const subjects = { ...wanted, template: wanted.template ?? null };
  const unwelcome = unwanted(subjects, [wanted.category], ledger, now);
  if (unwelcome !== null) return unwelcome;
  const ofJourney = ledger.sent.filter((sent) => sent.journey === wanted.journey);
  return (
    brokenCap(limits.workspace, ledger.sent, wanted.channel, now, 'workspace') ??
    brokenCap(limits.journey, ofJourney, wanted.channel, now, 'journey')
  );
}

/** How far back a ledger must reach for these caps. */
export function ledgerReach(limits: Limits): Milliseconds {
  return Math.max(0, ...[...limits.workspace, ...limits.journey].map((cap) => cap.within));
}

function brokenCap(
  caps: readonly Cap[],
  sent: readonly Sent[],
  channel: Channel,
  now: Instant,
  scope: 'workspace' | 'journey',
): Refusal | null {
  for (const cap of caps) {
    if (cap.channel !== undefined && cap.channel !== channel) continue;
    const counted = sent
      .filter((one) => (cap.channel === undefined || one.channel === cap.channel) && one.at > now - cap.within)
      .map((one) => one.at)
      .sort((a, b) => a - b);
    if (counted.length >= cap.atMost) {
      const oldestThatMustGo = counted[counted.length - cap.atMost] ?? now;
      return { reason: 'cap', cap, scope, freeAt: oldestThatMustGo + cap.within };
    }
  }
  return null;
}
