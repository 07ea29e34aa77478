/**
 * What every channel answers: a message was accepted, was refused for good, or the attempt has to be repeated.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';

/** Refused is for good: trying again would be refused again. `reason` is for people, in the other side's words. */
export type Delivery =
  | { readonly result: 'accepted'; readonly detail?: JsonObject }
  | { readonly result: 'refused'; readonly reason: string; readonly detail?: JsonObject };

/** The attempt failed for a reason that may pass. Thrown, so that whoever called tries again. */
export class TemporaryDeliveryError extends Error {
  override readonly name = 'TemporaryDeliveryError';
  /** True where the other side may have taken the message and only its answer was lost; false where it surely has not. */
  readonly mayHaveArrived: boolean;

  constructor(message: string, { cause, mayHaveArrived }: { cause?: unknown; mayHaveArrived: boolean }) {
    super(message, { cause });
    this.mayHaveArrived = mayHaveArrived;
  }
}
