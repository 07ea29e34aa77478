/**
 * What the workflow calls. Thin: the rooms below do the work, each in a way that may be repeated at will.
 * @module
 */
import { advanceRun, type Instruction, type RunRef } from '../src/runs/advance-run.ts';
import { type Delivering, deliverMessage } from '../src/runs/deliver-message.ts';

export interface JourneyActivities {
  /** Decides everything up to the next wait or outside effect. */
  advance(ref: RunRef): Promise<Instruction>;
  /** Carries one reserved message out, and moves the run on from it. */
  deliver(ref: RunRef, message: string): Promise<Instruction>;
}

export function journeyActivities(delivering: Delivering): JourneyActivities {
  return {
    advance: (ref) => advanceRun(ref, delivering),
    deliver: (ref, message) => deliverMessage(ref, message, delivering),
  };
}
