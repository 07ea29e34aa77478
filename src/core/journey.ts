/**
 * A journey in the form the interpreter runs: a flat graph of steps, everything it needs written into it, so that its
 * content hash says what people on it will meet. `definitions` compiles the author's YAML into this.
 * @module
 */

import type { Period } from './calendar.ts';
import type { Condition, EventFilter, Expression, Json } from './condition.ts';
import type { Hours } from './hours.ts';
import type { LocalMoment } from './local-time.ts';
import type { Milestone } from './milestone.ts';
import type { Offer } from './offer.ts';
import type { Role } from './roles.ts';
import type { Schedule } from './schedule.ts';
import type { Milliseconds } from './time.ts';

/** Channels that messages go out by. A cap may name one, or hold for all together. */
export type Channel = 'email' | 'in-app' | 'sales-task' | 'webhook';

export type StepId = string;

/** `next: null` is the end of the steps: the run then stays for its goal, or ends. */
interface StepBase {
  readonly id: StepId;
  readonly next: StepId | null;
}

/** What a refusal means: the step is left out, the run waits at it and asks again, or the run ends. */
export type WhenRefused = 'skip' | 'wait' | 'leave';

/** Set where a text names the offer that the run has picked. */
interface Offering {
  readonly offering?: true;
}

interface MessageBase extends StepBase, Offering {
  /** By what refuses. Absent: the run waits for its hours, and goes on without what a cap or the person refuses. */
  readonly refused?: Readonly<Partial<Record<'cap' | 'hours' | 'unwanted', WhenRefused>>>;
  /** Goes out within these hours of the person only. */
  readonly hours?: Hours;
}

export type Step =
  | (StepBase & { readonly kind: 'wait'; readonly for: Milliseconds })
  | (StepBase & { readonly kind: 'wait'; readonly for?: undefined; readonly until: LocalMoment })
  | (StepBase & {
      readonly kind: 'wait-until';
      readonly condition: Condition;
      readonly timeout: Milliseconds;
      readonly onTimeout: StepId | null;
    })
  | (StepBase & {
      readonly kind: 'branch';
      readonly branches: readonly { readonly if: Condition; readonly then: StepId | null }[];
      readonly otherwise: StepId | null;
    })
  | (StepBase & {
      readonly kind: 'split';
      readonly ways: readonly { readonly name: string; readonly share: number; readonly then: StepId | null }[];
    })
  | (StepBase & {
      readonly kind: 'experiment';
      /** People keep their variant as long as the experiment keeps its name. */
      readonly name: string;
      /** The variant that the others are measured against. */
      readonly control: string;
      readonly variants: readonly Variant[];
      /** Absent: people decide. */
      readonly winner?: WinnerRule;
    })
  | (MessageBase & { readonly kind: 'email'; readonly template: EmailTemplate; readonly to?: Role })
  | (MessageBase & { readonly kind: 'in-app'; readonly template: InAppTemplate; readonly to?: Role })
  | (MessageBase & {
      readonly kind: 'sales-task';
      readonly template: SalesTaskTemplate;
      readonly stakeholders?: readonly Role[];
    })
  | (StepBase & {
      readonly kind: 'offer';
      /** The best of these for the person is picked, and is the run's from then on. */
      readonly offers: readonly Offer[];
      /** Where none may be made. */
      readonly none: StepId | null;
    })
  | (StepBase &
      Offering & {
        readonly kind: 'webhook';
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly body: Json;
      })
  | (StepBase & { readonly kind: 'set-trait'; readonly traits: Readonly<Record<string, Json>> })
  /** Its steps lead back to it. Before each round `while` is asked, where there is one. */
  | (StepBase & {
      readonly kind: 'repeat';
      readonly atMost: number;
      readonly while: Condition | null;
      readonly first: StepId;
    })
  | (StepBase & { readonly kind: 'exit'; readonly reason: string });

export type StepKind = Step['kind'];
/** Steps that act on the person or the outside, as opposed to steering the run. */
export type ActionStep = Extract<Step, { kind: 'email' | 'in-app' | 'sales-task' | 'webhook' | 'set-trait' }>;

export interface Variant {
  readonly name: string;
  readonly share: number;
  readonly then: StepId | null;
  /** Nobody new gets it. Those who have it keep it, or get another at their next visit. */
  readonly stopped?: 'stay' | 'go-over';
}

/** When a variant of an experiment is held to be the best, and given to everybody who is new. */
export interface WinnerRule {
  readonly by: 'conversion' | 'click';
  /** Not before so many people got each variant and had their time. */
  readonly after: number;
  /** In (0, 1): how rarely chance alone may make a winner. */
  readonly confidence: number;
  /** How long after getting the variant it counts. */
  readonly within: Milliseconds;
}

interface Template {
  readonly key: string;
  readonly category: string;
  /** Goes out within these hours of the person only. */
  readonly hours?: Hours;
}

/** All texts are Liquid; `html` is what MJML compiled to when the workspace was published. */
export interface EmailTemplate extends Template {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** `Name <address>`; the workspace's sender where the template names none. */
  readonly from: string;
  readonly transactional: boolean;
}

export interface InAppTemplate extends Template {
  readonly placement: 'banner' | 'sidebar' | 'footer' | 'modal' | 'tooltip' | 'nav';
  readonly title: string;
  readonly body: string;
  readonly button?: { readonly label: string; readonly url: string };
  /** How long after it was put up it is still shown. */
  readonly expiresAfter: Milliseconds;
}

export interface SalesTaskTemplate extends Template {
  readonly title: string;
  readonly owner: string;
  readonly dueAfter: Milliseconds;
  readonly brief: string;
}

/** At most `atMost` messages in a window; of one channel and of one category, or of all where none is named. */
export type Cap = {
  readonly channel?: Channel;
  readonly category?: string;
  /** All people of an account together; each person for themselves where absent. */
  readonly of?: 'account';
  readonly atMost: number;
} & (
  | /** In any window of this length. */ { readonly within: Milliseconds }
  | /** In each of the calendar, in the person's time zone. */ { readonly per: Period }
);

export type Entry =
  /** Whoever comes to be in the audience, or ceases to. */
  | { readonly by: 'audience' | 'leaving'; readonly audience: string }
  | { readonly by: 'event'; readonly events: EventFilter; readonly each?: Instances }
  /** Whoever is asked in, by API or by file. */
  | { readonly by: 'request'; readonly each?: Instances }
  /** Whoever is in the audience at a time of the wall clock. */
  | ({ readonly by: 'schedule' } & Schedule);

/** Runs side by side for one person: one for each value that what they are entered by has at `property`. */
export interface Instances {
  readonly property: string;
  /** Under way at once for one person, at most. */
  readonly atOnce: number;
}

/** May the same person enter once more, after an earlier run has ended? At most `atMost` times, where that is given. */
export type Again = 'never' | 'always' | { readonly after: Milliseconds; readonly atMost?: number };

export interface DailyLimit {
  readonly perDay: number;
  /** IANA. */
  readonly zone: string;
}

/** Of the journeys of a group, a person is in one at a time. */
export interface Group {
  readonly key: string;
  /** What this journey does when the person is in one of lower priority, */
  readonly higher: 'evicts' | 'waits' | 'yields';
  /** or in one of the same or a higher priority. */
  readonly lower: 'waits' | 'yields';
}

export interface Journey {
  readonly key: string;
  /** Who its runs are about. Absent: people. Messages of a journey of accounts go to people of theirs, by role. */
  readonly of?: 'account';
  readonly enter: Entry;
  readonly again: Again;
  /** So many entries at most on a day of the calendar in `zone`, by everybody together. Absent: any number. */
  readonly limit?: DailyLimit;
  readonly goal: Condition | null;
  /** The property of the goal's event that says what it is worth. */
  readonly value?: string;
  readonly exit: { readonly after: Milliseconds; readonly when: Condition | null };
  /** Share of people held out, in [0, 1]. */
  readonly holdout: number;
  /** Share of people held out of every journey alike, in [0, 1]. Absent: nobody. */
  readonly holdoutEverywhere?: number;
  /** Share of people who may enter, in [0, 1]. Absent: everybody. */
  readonly ramp?: number;
  readonly priority: number;
  /** Absent: it gets in no other journey's way. */
  readonly group?: Group;
  /** Before it nothing is sent. Absent: people are written to from the first day on. */
  readonly milestone?: Milestone;
  /** The journey's own caps: they count only its own messages. */
  readonly caps: readonly Cap[];
  /** The computed traits of people that its templates name, by key. */
  readonly computed?: Readonly<Record<string, Expression>>;
  /** Likewise those of the account, in a journey of accounts. */
  readonly computedOfAccount?: Readonly<Record<string, Expression>>;
  readonly first: StepId | null;
  readonly steps: Readonly<Record<StepId, Step>>;
}
