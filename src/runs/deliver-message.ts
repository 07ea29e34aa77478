/**
 * Carrying one reserved message out: claim it, hand it to its channel, record what came of it and move the run on.
 *
 * SMTP cannot promise that a message goes out exactly once: between the server's 250 and our record the process may die.
 * What is done with a message found in that window is the workspace's `onUncertainSend`: `again` sends it once more under
 * the same Message-ID, `hold` gives it up. Either way `message_attempts` says so.
 * @module
 */
import { sql } from 'kysely';
import { type Delivery, TemporaryDeliveryError } from '../channels/channel.ts';
import type { OutgoingEmail } from '../channels/email.ts';
import { messageIdOf } from '../channels/email.ts';
import { renderEmail } from '../channels/liquid.ts';
import { signUnsubscribe } from '../channels/tokens.ts';
import type { WebhookCall } from '../channels/webhook.ts';
import type { DeliveryAhead } from '../core/ahead.ts';
import type { JsonObject } from '../core/condition.ts';
import type { ActionStep, Journey } from '../core/journey.ts';
import type { Refusal } from '../core/pressure.ts';
import type { Instant } from '../core/time.ts';
import { unwanted } from '../core/wishes.ts';
import type { Database } from '../store/database.ts';
import { type Advancing, advanceRun, advanceToDelivery, type Settlement, settleDelivery } from './advance-run.ts';
import { type Claim, cannotBeTakenBack, claimMessage, claimOf } from './claim-message.ts';
import { addressOf, emailReport } from './email-report.ts';
import type { Instruction, RunRef } from './instruction.ts';
import { outlast } from './outlast.ts';
import { putOff } from './put-off.ts';
import { RefusalOvertakenError } from './relied-on.ts';
import { lockRun, readState } from './run-state.ts';
import { wishesFrom } from './suppression.ts';
import { namesComputed, templateVariables } from './template-variables.ts';

export interface Delivering extends Advancing {
  readonly sendEmail: (email: OutgoingEmail) => Promise<Delivery>;
  readonly callWebhook: (call: WebhookCall) => Promise<Delivery>;
  /** Where people reach the pages this engine serves, without a slash at the end. */
  readonly publicUrl: string;
  readonly signingSecret: string;
  readonly webhookSecret: string;
}

/** Tried again, with longer and longer pauses, until the journey is resumed. Only what cannot be taken back waits like this. */
export class JourneyPausedError extends Error {
  override readonly name = 'JourneyPausedError';

  constructor(readonly messageId: string) {
    super(`The message ${messageId} waits: its journey is paused`);
  }
}

/**
 * Delivers the message once, whatever has been tried before, and says what the run does next.
 * @throws {TemporaryDeliveryError} to be tried again; the message stays reserved
 */
export async function deliverMessage(ref: RunRef, message: string, delivering: Delivering): Promise<Instruction> {
  const { db, versions } = delivering;
  const now = delivering.clock.now();
  const claim = await claimMessage(db, message, now);
  if (claim === undefined) {
    if (await cannotBeTakenBack(db, message, now)) throw new JourneyPausedError(message);
    return advanceRun(ref, delivering);
  }
  const { journey } = await versions.load(db, claim.version);
  const step = journey.steps[claim.step] as ActionStep;

  const forbidden = forbiddenBy(claim, step, now);
  if (forbidden === null) {
    const next = await putOff(ref, step, claim, message, journey, delivering);
    if (next !== undefined) return next ?? deliverMessage(ref, message, delivering);
  }
  const refusal = await refusalBefore(claim, step, message, forbidden, delivering);
  if (refusal !== null) {
    const refused = { result: 'refused', reason: '' } as const;
    return settle(ref, step, claim, message, refused, refusal, delivering).catch((error) => {
      if (error instanceof RefusalOvertakenError) return deliverMessage(ref, message, delivering);
      throw error;
    });
  }
  return carryTo(ref, step, claim, message, journey, delivering);
}

/**
 * Moves the run on, and delivers the message that comes next if it goes by this channel. Reserving it and beginning its
 * delivery are one transaction, so nothing can forbid it in between; when it is tried again it is like any other.
 * @throws {TemporaryDeliveryError} to be tried again
 */
export async function deliverNext(
  ref: RunRef,
  channel: DeliveryAhead['channel'],
  delivering: Delivering,
): Promise<Instruction> {
  const { instruction, taken, left } = await advanceToDelivery(ref, channel, delivering);
  if (left !== undefined) return deliverMessage(ref, left, delivering);
  if (taken !== null) {
    const { step, id, state } = taken;
    return carryTo(ref, step, claimOf(taken), id, state.version.journey, delivering);
  }
  if (instruction.kind !== 'deliver' || instruction.channel !== channel) return instruction;
  return deliverMessage(ref, instruction.message, delivering);
}

async function carryTo(
  ref: RunRef,
  step: ActionStep,
  claim: Claim,
  message: string,
  journey: Journey,
  delivering: Delivering,
): Promise<Instruction> {
  try {
    const delivery = await handOver(ref, step, claim, message, journey, delivering);
    const refused: Refusal | null =
      delivery.result === 'refused' ? { reason: 'channel', detail: delivery.reason } : null;
    return await settle(ref, step, claim, message, delivery, refused, delivering);
  } catch (error) {
    if (error instanceof TemporaryDeliveryError)
      await outlast(() => noteFailedAttempt(delivering.db, message, claim.attempts, error, delivering));
    throw error;
  }
}

/** What forbids the message at the last moment; where the server may have it from an earlier attempt, that is recorded. */
async function refusalBefore(
  claim: Claim,
  step: ActionStep,
  message: string,
  forbidden: Refusal | null,
  delivering: Delivering,
): Promise<Refusal | null> {
  if (claim.before !== 'sending' || step.kind !== 'email') return forbidden;
  const { onUncertainSend } = await delivering.settings.newest(delivering.db);
  const detail = `attempt ${claim.attempts - 1} ended without a word, so the server may have the message`;
  const held = forbidden !== null || onUncertainSend === 'hold';
  await noteAttempt(delivering.db, message, claim.attempts, held ? 'held' : 'sent again', detail, delivering);
  return forbidden ?? (held ? { reason: 'channel', detail } : null);
}

function forbiddenBy(claim: Claim, step: ActionStep, now: Instant): Refusal | null {
  const goesOn = claim.run_status === 'active' || (claim.run_status === 'merged' && claim.relied_on);
  if (!goesOn) return { reason: 'ended', outcome: claim.run_status };
  if (claim.control?.kind === 'ending') return { reason: 'ended', outcome: 'exited' };
  if (claim.sent_before !== null) return { reason: 'sent-before', message: claim.sent_before };
  const exempt = step.kind !== 'email' || step.template.transactional;
  return exempt ? null : unwanted(claim, categoriesOf(claim), wishesFrom(claim.unwanted), now);
}

/** Of the template, and of what the message offers. */
function categoriesOf({ category, content }: Claim): readonly string[] {
  const offer = content?.offer as JsonObject | undefined;
  return [category, offer?.category].filter((one) => typeof one === 'string');
}

async function handOver(
  ref: RunRef,
  step: ActionStep,
  claim: Claim,
  message: string,
  journey: Journey,
  delivering: Delivering,
): Promise<Delivery> {
  if (step.kind === 'webhook') {
    const call = claim.content as Pick<WebhookCall, 'url' | 'headers' | 'body'>;
    return delivering.callWebhook({ ...call, id: message, secret: delivering.webhookSecret });
  }
  if (step.kind !== 'email') throw new Error(`A ${step.kind} is not delivered outside`);
  const variables = await outlast(() => variablesFor(ref, journey, claim, delivering));
  const address = addressOf(variables.person as JsonObject);
  if (!('to' in address)) return address;
  const token = signUnsubscribe({
    secret: delivering.signingSecret,
    profileId: claim.profile_id,
    category: step.template.category,
    messageId: message,
  });
  const unsubscribeUrl = `${delivering.publicUrl}/u/${token}`;
  const offer = claim.content?.offer ?? {};
  return delivering.sendEmail({
    ...renderEmail(step.template, { ...variables, offer, unsubscribeUrl }),
    to: address.to,
    from: step.template.from,
    messageId: messageIdOf(message, domainOf(step.template.from)),
    unsubscribeUrl: step.template.transactional ? null : unsubscribeUrl,
  });
}

/** Computed traits cost a look at the person's events, so only templates that name some pay for it. */
async function variablesFor(ref: RunRef, journey: Journey, claim: Claim, delivering: Delivering): Promise<JsonObject> {
  const { db, clock } = delivering;
  const now = clock.now();
  if (!namesComputed(journey)) return templateVariables(knownBy(claim), journey, now, claim.profile_id);
  return db.transaction().execute(async (tx) => {
    const state = await readState(tx, await lockRun(tx, ref.run), delivering, now);
    return templateVariables(state, journey, now, claim.profile_id);
  });
}

function knownBy({ profile_id: id, user_id: userId, traits, account, account_name, entry, journey }: Claim) {
  const facts = { traits, events: [], audiences: new Set<string>() };
  const common = { entry, journey, facts, enteredAt: 0 };
  if (account_name === null) return { ...common, traits, accountTraits: account, userId };
  const people = [{ id, userId, name: '', facts }];
  return { ...common, traits: account ?? {}, accountTraits: null, userId: account_name, people };
}

function settle(
  ref: RunRef,
  step: ActionStep,
  { offer }: Claim,
  message: string,
  delivery: Delivery,
  refusal: Refusal | null,
  delivering: Delivering,
): Promise<Instruction> {
  const detail = delivery.detail ?? null;
  const report: Settlement['report'] = (state, now) => emailReport(step, message, refusal, state, now, offer);
  // What came of the message is known here and nowhere else: forgotten, it would be sent once more.
  return outlast(() => settleDelivery(ref, { message, refusal, detail, report }, delivering));
}

async function noteFailedAttempt(
  db: Database,
  message: string,
  attempt: number,
  error: TemporaryDeliveryError,
  delivering: Delivering,
): Promise<void> {
  await noteAttempt(db, message, attempt, error.mayHaveArrived ? 'unknown' : 'not taken', error.message, delivering);
  if (!error.mayHaveArrived)
    await sql`update messages set status = 'reserved' where id = ${message} and status = 'sending'`.execute(db);
}

async function noteAttempt(
  db: Database,
  message: string,
  attempt: number,
  result: string,
  detail: string,
  { clock }: Delivering,
): Promise<void> {
  await db
    .insertInto('message_attempts')
    .values({ message_id: message, attempt, at: new Date(clock.now()), result, detail })
    .execute();
}

function domainOf(from: string): string {
  return from.match(/@([^>\s]+)/)?.[1] ?? 'localhost';
}
