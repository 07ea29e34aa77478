/**
 * What a simulation shows.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { LogEntry, Outcome } from '../core/interpret.ts';
import type { Channel, StepId } from '../core/journey.ts';
import type { Refusal } from '../core/pressure.ts';
import type { Instant } from '../core/time.ts';
import type { MembershipChange } from './memberships.ts';

/** A message, task or call that a step wanted; it went out at once unless it was refused. */
export interface SimulatedMessage {
  readonly step: StepId;
  readonly visit: number;
  readonly at: Instant;
  readonly channel: Channel;
  /** Null for webhooks. */
  readonly template: string | null;
  readonly refusal: Refusal | null;
}

export interface SimulatedRun {
  /** How many runs of the journey the person had before. */
  readonly visit: number;
  readonly enteredAt: Instant;
  /** What brought the person here, as the engine stores it. */
  readonly entry: JsonObject;
  readonly heldOut: boolean;
  /** Entry by entry what the engine's `run_log` holds for the same run. */
  readonly log: readonly LogEntry[];
  readonly messages: readonly SimulatedMessage[];
  readonly outcome: Outcome;
  readonly reason: string;
  readonly endedAt: Instant;
}

export interface Simulation {
  readonly journey: string;
  /** Content hash of the journey. */
  readonly version: string;
  readonly userId: string;
  readonly start: Instant;
  readonly runs: readonly SimulatedRun[];
  /** Entries that did not come about. */
  readonly refused: readonly { readonly at: Instant; readonly reason: string }[];
  /** Every entry into and exit from any audience. */
  readonly audiences: readonly MembershipChange[];
}
