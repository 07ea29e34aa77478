/**
 * Messages whose hours are over by the time they would go out, because the server or its rate has put them off.
 * @module
 */
import { sql } from 'kysely';
import { hoursOver } from '../core/admission.ts';
import type { ActionStep, Journey } from '../core/journey.ts';
import type { Instant } from '../core/time.ts';
import { type Advancing, decideAnew } from './advance-run.ts';
import type { Claim } from './claim-message.ts';
import type { Instruction, RunRef } from './instruction.ts';

/** Tried again when the hours come. Only what cannot be taken back waits like this. */
export class HoursOverError extends Error {
  override readonly name = 'HoursOverError';

  /** @param opensAt null: they never come again, as the settings are now */
  constructor(
    readonly messageId: string,
    readonly opensAt: Instant | null,
  ) {
    super(`The message ${messageId} waits: it is outside of its hours`);
  }
}

/**
 * Puts a claimed message back if it is outside of its hours. The run then decides about its step anew, so that it is held,
 * skipped or left as the step says, and says so in its log. Undefined: it may go.
 * @returns what the run does next; null where it has ended, and the message is still to be settled
 * @throws {HoursOverError} where the server may have the message already, or another run relies on it
 */
export async function putOff(
  ref: RunRef,
  step: ActionStep,
  claim: Claim,
  message: string,
  journey: Journey,
  advancing: Advancing,
): Promise<Instruction | null | undefined> {
  const { db, clock, settings } = advancing;
  const { before, run_status: status, traits } = claim;
  const over = hoursOver(step, journey, { workspace: await settings.newest(db), traits }, clock.now());
  if (over === null) return undefined;
  await sql`
    update messages set status = ${before}, attempts = attempts - 1 where id = ${message} and status = 'sending'
  `.execute(db);
  if (before === 'sending' || status !== 'active') throw new HoursOverError(message, over.freeAt);
  const { instruction, left } = await decideAnew(ref, advancing);
  return left === undefined ? instruction : null;
}
