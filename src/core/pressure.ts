/**
 * Whether a person may get one more message now. Pure: the ledger is read by the caller under the person's lock.
 * @module
 */
import { brokenCap, type Sent } from './caps.ts';
import { type Hours, type OpeningHours, opensAt } from './hours.ts';
import type { Cap, Channel, StepId } from './journey.ts';
import type { Offer } from './offer.ts';
import type { Candidate } from './settling.ts';
import type { Instant, Milliseconds } from './time.ts';
import { type Unwanted, unwanted, type Wishes } from './wishes.ts';

export interface Ledger extends Wishes {
  /** To the person. */
  readonly sent: readonly Sent[];
  /** To all people of the person's account; absent where no cap asks, or there is no account. */
  readonly sentToAccount?: readonly Sent[];
  /** What waits to be weighed against others, other runs of the person; absent where nothing settles. */
  readonly candidates?: readonly Candidate[];
  /** By step: what another run of the same person, which this one goes on for, had sent there. */
  readonly sentBefore?: ReadonlyMap<StepId, string>;
}

export interface Wanted {
  readonly channel: Channel;
  readonly journey: string;
  readonly category: string;
  readonly template?: string;
  /** What it offers, if it does. */
  readonly offer?: Pick<Offer, 'key' | 'category'> | undefined;
  /** Receipts and the like: caps, hours and marketing suppression do not hold for them. */
  readonly transactional: boolean;
  /** Hours of the step and of its template. */
  readonly hours?: readonly Hours[];
}

export type QuietHours = Hours & { readonly channel?: Channel };

/** What the workspace says of all journeys together. */
export interface WorkspaceRules {
  /** Where the person has none. */
  readonly timezone: string;
  readonly caps: readonly Cap[];
  readonly quietHours?: readonly QuietHours[];
  /** How long messages that want the same slot of a cap are waited for. Absent: the first has it. */
  readonly settle?: Milliseconds;
}

export interface Limits {
  readonly workspace: Pick<WorkspaceRules, 'caps' | 'quietHours'>;
  /** The journey's own caps. */
  readonly journey: readonly Cap[];
  /** The person's. */
  readonly zone: string;
}

/** Outside of the hours, by the clock of this zone; null: they never come. */
export interface OutOfHours {
  readonly reason: 'hours';
  readonly zone: string;
  readonly freeAt: Instant | null;
}

export type Refusal =
  | { readonly reason: 'held-out' }
  /** Known only on the way out: the channel would not take it, or the run had ended meanwhile. */
  | { readonly reason: 'channel'; readonly detail: string }
  | { readonly reason: 'ended'; readonly outcome: string }
  /** By the run that ended when two names of one person became known. */
  | { readonly reason: 'sent-before'; readonly message: string }
  | Unwanted
  | OutOfHours
  /** Nobody of the account's people has the role; or whoever was chosen is not in the account any more. */
  | { readonly reason: 'nobody'; readonly role: string; readonly people: number }
  | { readonly reason: 'gone'; readonly role: string }
  /** The step's texts name an offer, and the run has none. */
  | { readonly reason: 'no-offer' }
  | { readonly reason: 'offer-over'; readonly offer: string }
  /** It was due so long before its journey was resumed that it is not sent any more. */
  | { readonly reason: 'stale'; readonly dueAt: Instant }
  | { readonly reason: 'cap'; readonly cap: Cap; readonly scope: 'workspace' | 'journey'; readonly freeAt: Instant };

/** Null where the message may go; otherwise the first rule that forbids it. */
export function refusalOf(wanted: Wanted, ledger: Ledger, limits: Limits, now: Instant): Refusal | null {
  if (wanted.transactional) return null;
  const { journey, template = null, category, offer } = wanted;
  const categories = offer === undefined ? [category] : [category, offer.category];
  const unwelcome = unwanted({ journey, template, category, offer: offer?.key }, categories, ledger, now);
  if (unwelcome !== null) return unwelcome;
  const { zone } = limits;
  return (
    outOfHours(wanted, limits, now) ??
    fullCap(limits.workspace.caps, 'workspace', wanted, ledger, zone, now) ??
    fullCap(limits.journey, 'journey', wanted, ledger, zone, now)
  );
}

/** Null where the hours of such a message are open. */
export function outOfHours(
  wanted: Wanted,
  { workspace, zone }: Omit<Limits, 'journey'>,
  now: Instant,
): OutOfHours | null {
  if (wanted.transactional) return null;
  const freeAt = opensAt(hoursFor(wanted, workspace), zone, now);
  return freeAt === now ? null : { reason: 'hours', zone, freeAt };
}

/** Does what the person's clock shows decide about such a message? */
export function dependsOnZone(wanted: Wanted, { workspace, journey }: Omit<Limits, 'zone'>): boolean {
  if (wanted.transactional) return false;
  const { within, outside } = hoursFor(wanted, workspace);
  return within.length + outside.length > 0 || [...workspace.caps, ...journey].some((cap) => 'per' in cap);
}

/** When the refusal ends by time alone; null: it does not. */
export function freeAtOf(refusal: Refusal): Instant | null {
  return 'freeAt' in refusal ? refusal.freeAt : null;
}

/** The ledger after one more message to the person. */
export function withSent(ledger: Ledger, one: Sent): Ledger {
  const { sent, sentToAccount } = ledger;
  return { ...ledger, sent: [...sent, one], ...(sentToAccount && { sentToAccount: [...sentToAccount, one] }) };
}

function hoursFor({ channel, hours = [] }: Wanted, { quietHours = [] }: Limits['workspace']): OpeningHours {
  const outside = quietHours.filter((quiet) => quiet.channel === undefined || quiet.channel === channel);
  return { within: hours, outside };
}

function fullCap(
  caps: readonly Cap[],
  scope: 'workspace' | 'journey',
  wanted: Wanted,
  { sent, sentToAccount = sent }: Ledger,
  zone: string,
  now: Instant,
): Refusal | null {
  const counted = (all: readonly Sent[]) =>
    scope === 'workspace' ? all : all.filter(({ journey }) => journey === wanted.journey);
  const broken = brokenCap(caps, wanted, ({ of }) => counted(of === 'account' ? sentToAccount : sent), zone, now);
  return broken === null ? null : { reason: 'cap', cap: broken.cap, scope, freeAt: broken.freeAt };
}
