/**
 * What a run is made of between two calls of the interpreter: where it stands, what it did, how it ended.
 * @module
 */
import type { AssignedBy } from './experiment.ts';
import type { Channel, StepId, StepKind } from './journey.ts';
import type { Candidate } from './offer.ts';
import type { Refusal } from './pressure.ts';
import type { Chosen, ChosenBecause } from './roles.ts';
import type { Instant } from './time.ts';

export type Outcome = 'converted' | 'exited' | 'timed-out' | 'completed' | 'merged';

/** Why a step that acts does not act yet. It is asked again, with everything checked anew, when the hold is over. */
export type Hold =
  /** Quiet hours, or hours of the step or its template, by the clock of this zone. */
  | { readonly reason: 'hours'; readonly zone: string }
  /** The person has not reached the first value milestone; the hold is over once they have. */
  | { readonly reason: 'milestone' }
  /** What would refuse it now, and does not then. */
  | { readonly reason: 'refused'; readonly refusal: Refusal }
  /** Messages of higher priority may come for the same slot. */
  | {
      readonly reason: 'settling';
      readonly since: Instant;
      readonly priority: number;
      readonly channel: Channel;
      readonly category: string;
    };

/** How many rounds were begun of each `repeat` that the run is in. */
export type Rounds = Readonly<Record<StepId, number>>;

/** Where a run stands. All that has to be kept between two calls. */
export type Cursor = {
  /** Absent: it is in no `repeat`. */
  readonly rounds?: Rounds;
} & Position;

type Position =
  /** About to do `step`; null: all steps are done. */
  | {
      readonly phase: 'ready';
      readonly step: StepId | null;
      readonly at: Instant;
      readonly visit: number;
      /** Of a message to people of an account: whose turn is still to come. */
      readonly to?: readonly Addressee[];
    }
  /** In a wait, held at a step that acts, or past the last step waiting for the goal. */
  | {
      readonly phase: 'waiting';
      readonly step: StepId | null;
      readonly at: Instant;
      readonly until: Instant;
      readonly visit: number;
      /** Of a step that acts: what it is held for. */
      readonly hold?: Hold;
      /** Of a message to people of an account: for whom it is held. */
      readonly to?: readonly Addressee[];
    }
  /** A message is reserved and on its way out. */
  | {
      readonly phase: 'delivering';
      readonly step: StepId;
      readonly at: Instant;
      readonly visit: number;
      /** Of a message to people of an account: who gets it, and then whose turn comes after. */
      readonly to?: readonly [Addressee, ...Addressee[]];
      /** By hand, while the message was on its way: where the run stands once that is over; null: past the last step. */
      readonly movedTo?: StepId | null;
    };

/** Somebody of an account who was chosen for a message, and has not had it yet. */
export type Addressee = Chosen & {
  /** Asked again then; meanwhile others go first. */
  readonly held?: { readonly until: Instant; readonly hold: Hold };
  /** Was held before. */
  readonly asked?: true;
};

export type Waiting = Extract<Cursor, { phase: 'waiting' }>;

export type Did =
  | { readonly did: 'waiting'; readonly until: Instant }
  | { readonly did: 'waited'; readonly why: 'time' | 'condition' | 'timeout' | 'no-date' }
  | {
      readonly did: 'took';
      readonly way: string;
      /** Where the way is a variant of an experiment: of which, and why this one. */
      readonly experiment?: { readonly name: string; readonly by: AssignedBy };
    }
  /** The step is asked again at `until`. */
  | { readonly did: 'held'; readonly until: Instant; readonly hold: Hold }
  /** The person's trait `timezone` names none: the hours are those of `zone`, the workspace's. */
  | { readonly did: 'fell-back'; readonly unusable: string; readonly zone: string }
  /** Null: none of the candidates may be made. No candidates: the step had picked it before. */
  | { readonly did: 'offered'; readonly offer: string | null; readonly candidates: readonly Candidate[] }
  | { readonly did: 'acted' }
  | { readonly did: 'refused'; readonly refusal: Refusal }
  /** It follows another version from here on, and stands there at `to`; null: past the last step. */
  | { readonly did: 'migrated'; readonly version: string; readonly to: StepId | null }
  /** By hand: on from here, or to another step. */
  | { readonly did: 'moved'; readonly to: StepId | null; readonly by: string; readonly reason: string }
  | { readonly did: 'ended'; readonly outcome: Outcome; readonly reason: string };

export type LogEntry = Did & {
  /** Null for what is said of the run as a whole. */
  readonly step: StepId | null;
  readonly kind: StepKind | 'run';
  /** The run's own time. */
  readonly at: Instant;
  readonly visit: number;
  /** Of a message to somebody of an account: to whom, and why to this one. */
  readonly receiver?: { readonly person: string; readonly because: ChosenBecause };
};

/** How, why and when a run is over. */
export interface Ending {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly at: Instant;
}
