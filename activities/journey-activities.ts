/**
 * What the workflow calls. Thin: the rooms below do the work, each in a way that may be repeated at will.
 * @module
 */
import { Context } from '@temporalio/activity';
import type { DeliveryAhead } from '../src/core/ahead.ts';
import { advanceRun } from '../src/runs/advance-run.ts';
import { type Delivering, deliverMessage, deliverNext } from '../src/runs/deliver-message.ts';
import type { Instruction, RunRef } from '../src/runs/instruction.ts';

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
  return {
    advance: (ref) => advanceRun(ref, delivering),
    deliver: (ref, message) => withSignsOfLife(() => deliverMessage(ref, message, delivering)),
    advanceToDelivery: (ref, channel) => withSignsOfLife(() => deliverNext(ref, channel, delivering)),
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
