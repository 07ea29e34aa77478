/**
 * The first value milestone: before a person has reached it, nothing is sent to them. Everything is tracked meanwhile, and
 * runs go on up to their next message.
 * @module
 */
import type { Condition } from './condition.ts';
import type { ActionStep, Journey } from './journey.ts';

export interface Milestone {
  readonly reached: Condition;
  /** What a run does that comes to a message before it: waits there, as long as it may last, or ends. */
  readonly before: 'hold' | 'leave';
}

export const BEFORE_MILESTONE = 'the first value milestone was not reached';

/** What has to be reached before this step; null for receipts, and for what is not sent to people. */
export function milestoneOf(step: ActionStep, { milestone }: Pick<Journey, 'milestone'>): Milestone | null {
  const isMessage = step.kind !== 'webhook' && step.kind !== 'set-trait';
  const isReceipt = step.kind === 'email' && step.template.transactional;
  return milestone !== undefined && isMessage && !isReceipt ? milestone : null;
}
