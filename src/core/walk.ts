/**
 * A move of a run while it goes on: what it is given, and what it gathers on its way from step to step.
 * @module
 */
import type { Condition } from './condition.ts';
import { deadlineOf } from './ending.ts';
import { evaluate } from './evaluate.ts';
import type { Known } from './experiment.ts';
import type { Facts } from './facts.ts';
import type { ActionStep, Journey, Step, StepId, StepKind } from './journey.ts';
import { NO_OFFERS, type Offered, type OfferLedger, type Picked } from './offer.ts';
import type { HeldUntilNow } from './pausing.ts';
import type { Ledger, Refusal, WorkspaceRules } from './pressure.ts';
import { type AccountAsked, Ledgers } from './receivers.ts';
import type { Chosen } from './roles.ts';
import type { Cursor, LogEntry, Rounds, Waiting } from './run.ts';
import type { Instant, Milliseconds } from './time.ts';

/** A message, task, call or trait change that a step asked for, admitted or refused. */
export interface Act {
  readonly step: ActionStep;
  readonly visit: number;
  readonly at: Instant;
  readonly refusal: Refusal | null;
  /** Who of the account gets it. Absent: it is for whom the run is about. */
  readonly to?: Chosen;
  /** People of the account whom a sales task names. */
  readonly stakeholders?: readonly Chosen[];
  /** What the run offers, where the step's texts name it. */
  readonly offer?: Offered;
}

/** An offer that a step has picked. */
export interface Grant extends Picked {
  readonly visit: number;
}

export interface Given {
  /** The run's. */
  readonly id: string;
  readonly facts: Facts;
  readonly enteredAt: Instant;
  /** What chance is drawn for: the person's user id where there is one. */
  readonly person: string;
  readonly heldOut: boolean;
  /** What experiments know of the person. Absent: nothing. */
  readonly experiments?: Known;
  readonly ledger: Ledger;
  /** Absent: nothing was offered to the person, and there is any number of everything. */
  readonly offers?: OfferLedger;
  readonly workspace: WorkspaceRules;
  /** Of an account's run that can come to a message: who is in the account. */
  readonly account?: AccountAsked;
  /** When the awaited condition came true, if that is what woke the run; taken at its word. */
  readonly wokenAt?: Instant;
  /** The run was held by a pause of its journey, and goes on now from where it stood. */
  readonly heldUntilNow?: HeldUntilNow;
  /** `LATENESS_FORGIVEN` in product time. */
  readonly latenessForgiven: Milliseconds;
}

export interface Walk {
  readonly journey: Journey;
  readonly given: Given;
  readonly now: Instant;
  /** Of whom the run is about, as its conditions see them. */
  readonly facts: Facts;
  /** When the run is over whatever happens. */
  readonly deadline: Instant;
  readonly log: LogEntry[];
  readonly acts: Act[];
  readonly grants: Grant[];
  /** What counts against caps, with what the walk has sent. */
  readonly ledgers: Ledgers;
  /** The person's variants, with those that the walk has given. */
  readonly assigned: Map<string, string>;
  /** Likewise what was offered, and what there is. */
  offers: OfferLedger;
  rounds: Rounds | undefined;
  /** The hold that is just over. */
  held: Waiting | null;
  /** Has what a message was held for just come true? */
  isMature: boolean;
  /** Does it hold for whom the run is about? */
  readonly holds: (condition: Condition, at: Instant) => boolean;
  /** What comes later than is forgiven counts from now. */
  readonly onTime: (meant: Instant) => Instant;
}

export function beginWalk(journey: Journey, { rounds }: Cursor, given: Given, now: Instant): Walk {
  const { enteredAt, latenessForgiven } = given;
  const facts: Facts = { ...given.facts, enteredAt };
  return {
    ...{ journey, given, now, facts, deadline: deadlineOf(journey, enteredAt) },
    ...{ log: [], acts: [], grants: [] },
    ledgers: new Ledgers(given.ledger, given.account),
    assigned: new Map(given.experiments?.assigned),
    offers: given.offers ?? NO_OFFERS,
    ...{ rounds, held: null, isMature: false },
    holds: (condition, at) => evaluate(condition, facts, at).holds,
    onTime: (meant) => (now - meant <= latenessForgiven ? meant : now),
  };
}

/** Where a run stands before it does a step. */
export type Ready = Extract<Cursor, { phase: 'ready' }>;

/** The end of the run, by a step of it. */
export interface Leaving {
  readonly leaves: string;
}

/** What every log entry about a step says. */
export function said(
  step: Step,
  at: Instant,
  visit: number,
): { step: StepId; kind: StepKind; at: Instant; visit: number } {
  return { step: step.id, kind: step.kind, at, visit };
}
