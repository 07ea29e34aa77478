/**
 * What the workflow calls. Thin: the rooms below do the work, each in a way that may be repeated at will.
 * @module
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { DeliveryAhead } from '../src/core/ahead.ts';
import { type Clock, realMillisecondsUntil } from '../src/core/time.ts';
import { advanceRun } from '../src/runs/advance-run.ts';
import { type Delivering, deliverMessage, deliverNext } from '../src/runs/deliver-message.ts';
import type { Instruction, RunRef } from '../src/runs/instruction.ts';
import { HoursOverError } from '../src/runs/put-off.ts';

export interface JourneyActivities {
  /** Decides everything up to the next wait or outside effect. */
  advance(ref: RunRef): Promise<Instruction>;
  /** Carries one reserved message out, and moves the run on from it. */
  deliver(ref: RunRef, message: string): Promise<Instruction>;
  /** Decides like `advance`, and if what comes next goes by this channel, carries it out at once. */
  advanceToDelivery(ref: RunRef, channel: DeliveryAhead['channel']): Promise<Instruction>;
}

/** A fraction of the workflow's `heartbeatTimeout`. */
const SIGN_OF_LIFE_EVERY = 4_000;

export function journeyActivities(delivering: Delivering): JourneyActivities {
  const delivery = (work: () => Promise<Instruction>) => withSignsOfLife(work).catch(triedInHours(delivering.clock));
  return {
    advance: (ref) => advanceRun(ref, delivering),
    deliver: (ref, message) => delivery(() => deliverMessage(ref, message, delivering)),
    advanceToDelivery: (ref, channel) => delivery(() => deliverNext(ref, channel, delivering)),
  };
}

/** Lets Temporal tell an attempt that takes long from one that was lost with its worker. Quick ones cost nothing. */
async function withSignsOfLife<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), SIGN_OF_LIFE_EVERY);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Temporal tries it again when the hours come, instead of at its own intervals. */
function triedInHours(clock: Clock): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof HoursOverError) || error.opensAt === null) throw error;
    const { name: type, message, opensAt } = error;
    throw ApplicationFailure.create({
      type,
      message,
      nextRetryDelay: realMillisecondsUntil(opensAt, clock),
      cause: error,
    });
  };
}
