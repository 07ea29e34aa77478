/**
 * What a simulation shows.
 * @module
 */
import type { Change } from '../audiences/membership.ts';
import type { JsonObject } from '../core/condition.ts';
import type { Channel, StepId } from '../core/journey.ts';
import type { Refusal } from '../core/pressure.ts';
import type { LogEntry, Outcome } from '../core/run.ts';
import type { Instant } from '../core/time.ts';

/** A message, task or call that a step wanted; it went out at once unless it was refused. */
export interface SimulatedMessage {
  readonly step: StepId;
  readonly visit: number;
  readonly at: Instant;
  readonly channel: Channel;
  /** Null for webhooks. */
  readonly template: string | null;
  /** What it offers, if it does. */
  readonly offer?: string;
  readonly refusal: Refusal | null;
  /** Of an account's message: who of it gets it. */
  readonly to?: string;
  /** As the person gets it, or the sales team; null where it was refused, or nobody looks. */
  readonly content: JsonObject | null;
}

export interface SimulatedRun {
  readonly id: string;
  readonly journey: string;
  /** Of a journey of accounts: which one. */
  readonly account?: string;
  /** Content hash of the journey. */
  readonly version: string;
  /** How many runs of the journey the person had before. */
  readonly visit: number;
  /** Which of the runs side by side it is; null where the journey has one at a time. */
  readonly instance: string | null;
  readonly enteredAt: Instant;
  /** What brought the person here, as the engine stores it. */
  readonly entry: JsonObject;
  readonly heldOut: boolean;
  /** Entry by entry what the engine's `run_log` holds for the same run. */
  readonly log: readonly LogEntry[];
  readonly messages: readonly SimulatedMessage[];
  /** `active` only where the life was cut off before the run ended. */
  readonly outcome: 'active' | Outcome;
  readonly reason: string;
  readonly endedAt: Instant | null;
}

/** An entry that did not come about. */
export interface RefusedEntry {
  readonly journey: string;
  readonly at: Instant;
  readonly reason: string;
}

export type MembershipChange = Pick<Change, 'audience' | 'entered' | 'at' | 'because'>;

export interface Simulation {
  readonly journey: string;
  /** Content hash of the journey. */
  readonly version: string;
  /** Experiments that pick their winner by themselves: here they do not, since nobody else's reactions are known. */
  readonly byChanceAlone: readonly string[];
  readonly userId: string;
  readonly start: Instant;
  /** IANA name of the person's time zone. */
  readonly zone: string;
  /** What the person and the colleagues do. */
  readonly occasions: readonly { readonly at: Instant; readonly who: string; readonly what: string }[];
  /** Of this journey. */
  readonly runs: readonly SimulatedRun[];
  readonly refused: readonly RefusedEntry[];
  /** Runs of the other journeys of the workspace. */
  readonly others: readonly SimulatedRun[];
  /** Every entry into and exit from any audience. */
  readonly audiences: readonly MembershipChange[];
}
