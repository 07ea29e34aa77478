/**
 * What the workflow is told: which run it is, and what it does next.
 * @module
 */
import { type DeliveryAhead, deliveryAhead } from '../core/ahead.ts';
import type { Next } from '../core/interpret.ts';
import type { Cursor, Outcome } from '../core/run.ts';
import { type Clock, realMillisecondsUntil } from '../core/time.ts';
import { messageId } from './carry-out.ts';
import type { RunState } from './run-state.ts';

export interface RunRef {
  readonly run: string;
  /** Content hash of the definition that the run was started with; the run's row says which one it follows now. */
  readonly version: string;
}

/** What a workflow is started with. */
export interface RunStart extends RunRef {
  /** What comes first, where that is certain. */
  readonly first?: DeliveryAhead;
}

/** What the workflow does next. */
export type Instruction =
  | {
      readonly kind: 'wait';
      /** Real; a `wake` ends it early. */
      readonly milliseconds: number;
      readonly summary: string;
      /** What comes once the time is over, where that is certain. */
      readonly then?: DeliveryAhead;
    }
  | {
      readonly kind: 'deliver';
      readonly channel: 'email' | 'webhook';
      readonly message: string;
      readonly summary: string;
    }
  | { readonly kind: 'end'; readonly outcome: Outcome; readonly reason: string };

/**
 * What a move comes to.
 * @param why it waits, where that is not what its steps say; the instant follows
 */
export function instructionFor(state: RunState, cursor: Cursor, next: Next, clock: Clock, why?: string): Instruction {
  switch (next.kind) {
    case 'end':
      return next;
    case 'wait': {
      const then = isCertain(state) ? deliveryAhead(state.version.journey, cursor, state.enteredAt) : null;
      return {
        kind: 'wait',
        milliseconds: Math.max(1, realMillisecondsUntil(next.until, clock)),
        summary: why === undefined ? waitSummary(cursor, next) : `${why} ${new Date(next.until).toISOString()}`,
        ...(then !== null && { then }),
      };
    }
    case 'deliver': {
      const { step, visit, to } = next;
      if (step.kind !== 'email' && step.kind !== 'webhook') throw new Error(`A ${step.kind} is not delivered outside`);
      return {
        kind: 'deliver',
        channel: step.kind,
        message: messageId(state.id, step.id, visit, to?.id),
        summary: step.kind === 'email' ? `email ${step.template.key}` : `webhook ${step.id}`,
      };
    }
  }
}

/**
 * Is it worth going straight to a delivery? Whoever is held out gets none; and where a provider's rate is kept, only
 * messages that were admitted may take a place in its queue.
 */
function isCertain({ heldOut, settings }: RunState): boolean {
  return !heldOut && settings.emailRate === undefined;
}

function waitSummary(cursor: Cursor, { until, condition }: Extract<Next, { kind: 'wait' }>): string {
  const end = new Date(until).toISOString();
  if (condition !== null) return `until it happens, or ${end}`;
  const isHeld = cursor.phase === 'waiting' && cursor.hold !== undefined;
  return isHeld ? `${cursor.step} is held until ${end}` : `until ${end}`;
}
