/**
 * A workspace in the form the engine uses: checked, compiled to the core's types, plain JSON.
 * @module
 */
import type { Band, Condition, Expression, Json } from '../core/condition.ts';
import type { Cap, Journey } from '../core/journey.ts';
import type { Offer } from '../core/offer.ts';
import type { Resumption } from '../core/pausing.ts';
import type { QuietHours } from '../core/pressure.ts';
import type { TagTable } from '../core/tags.ts';
import type { EnrichmentDefinition } from './enrichment-types.ts';
import type { SyncDefinition } from './sync-types.ts';

export type TraitType = 'string' | 'number' | 'boolean' | 'date' | 'list' | 'object';

/** A kind of messages that people can refuse by itself. */
export interface SubscriptionCategory {
  readonly category: string;
  /** As people read it. Absent where the settings do not say. */
  readonly title?: string;
  readonly description?: string;
}

export interface Settings {
  readonly name: string;
  /** IANA name, such as `Europe/Berlin`. */
  readonly timezone: string;
  /** `Name <address>` */
  readonly sender: string;
  readonly caps: readonly Cap[];
  /** Absent: none. */
  readonly quietHours?: readonly QuietHours[];
  /** How long messages that the same cap counts wait for each other, in milliseconds. Absent: they do not. */
  readonly settle?: number;
  /** What to do with an email of which it cannot be known whether the server took it. */
  readonly onUncertainSend: 'again' | 'hold';
  /** Emails per second at most; as many as the server takes where absent. */
  readonly emailRate?: number;
  /** Stored traits of people. */
  readonly traits: Readonly<Record<string, TraitType>>;
  /** Stored traits of the account a person belongs to, read as `account.<trait>`. */
  readonly accountTraits: Readonly<Record<string, TraitType>>;
  /** How long events are kept, in milliseconds; for ever where absent. */
  readonly keepHistory?: number;
  /** In the order in which people see them. Absent: those that messages have. */
  readonly categories?: readonly SubscriptionCategory[];
}

export type PlannedType = 'string' | 'number' | 'integer' | 'boolean' | 'date' | 'list' | 'object';

/** What the tracking plan says of a property. */
export interface PlannedField {
  /** Absent where the plan names values of several types. */
  readonly type?: PlannedType;
  readonly in?: readonly Json[];
  readonly required: boolean;
}

/** What the tracking plan says of an event, or of the traits of a call. */
export interface PlannedCall {
  /** What violates it: counted and passed on, or counted and held back. */
  readonly rule: 'pass' | 'hold';
  /** By path; dots lead into nested objects. */
  readonly fields: Readonly<Record<string, PlannedField>>;
  /** May there be properties that `fields` does not name? */
  readonly others: boolean;
}

export interface TrackingPlan {
  /** What happens to events that it does not name. */
  readonly unplanned: 'pass' | 'hold';
  readonly events: Readonly<Record<string, PlannedCall>>;
  readonly identify?: PlannedCall;
  readonly group?: PlannedCall;
}

/** What a condition is about. */
export type SubjectKind = 'person' | 'account';

export interface AudienceDefinition {
  readonly key: string;
  readonly of: SubjectKind;
  /** Made of a condition that another one asks of related profiles: `account: …`, `people: …`. Nobody lists it. */
  readonly hidden?: true;
  readonly description?: string;
  readonly condition: Condition;
  /** Covers the audiences it refers to as well. */
  readonly hash: string;
}

export interface ComputedTrait {
  readonly key: string;
  readonly of: SubjectKind;
  readonly expression: Expression;
}

export interface ScoreDefinition {
  readonly key: string;
  readonly of: SubjectKind;
  readonly description?: string;
  readonly expression: Extract<Expression, { kind: 'score' }>;
  /** From the highest threshold down. */
  readonly bands: readonly Band[];
  /** The score at which propensity is 1. */
  readonly outOf?: number;
}

export interface JourneyVersion {
  /** Covers everything the journey carries, templates included. */
  readonly hash: string;
  readonly journey: Journey;
  /** Absent: it is entered, and all is as usual. */
  readonly policy?: JourneyPolicy;
}

/** What is said of a journey beside what people on it meet, so that its hash does not cover it. */
export interface JourneyPolicy {
  /** Nobody enters. Absent: it is published. */
  readonly status?: 'draft' | 'archived';
  /** Nobody enters while it is paused. */
  readonly refusesWhilePaused?: true;
  readonly resumption?: Partial<Resumption>;
}

export interface Workspace {
  readonly hash: string;
  readonly settings: Settings;
  readonly audiences: Readonly<Record<string, AudienceDefinition>>;
  /** Scores among them, and what is read of scores: `intent`, `intent.band`, `intent.propensity`, `intent.expected`. */
  readonly computedTraits: Readonly<Record<string, ComputedTrait>>;
  /** For explanations; absent in what was published before there were scores. */
  readonly scores?: Readonly<Record<string, ScoreDefinition>>;
  readonly journeys: Readonly<Record<string, JourneyVersion>>;
  /** Absent: none. */
  readonly syncs?: Readonly<Record<string, SyncDefinition>>;
  readonly trackingPlan?: TrackingPlan;
  /** What events are tagged by, before anything else sees them. Absent: none are. */
  readonly tags?: readonly TagTable[];
  /** Absent: none. */
  readonly enrichments?: readonly EnrichmentDefinition[];
  /** By name, in the order of names. Absent: none. */
  readonly offers?: Readonly<Record<string, Offer>>;
}

/** Something an author has to mend. Line and column start at 1. */
export interface Problem {
  /** Relative to the workspace's folder, with `/`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What is wrong, without a full stop. */
  readonly message: string;
  /** What most likely mends it. */
  readonly fix?: string;
  readonly severity: 'error';
}

/** A workspace in force since `publishedAt`, until the next one. */
export interface Publication {
  readonly id: number;
  /** The workspace's. */
  readonly hash: string;
  readonly publishedAt: Date;
  readonly workspace: Workspace;
  /** For every audience: the publication since which its condition is what it is. */
  readonly audienceChangedIn: Readonly<Record<string, number>>;
  /** For every sync: the publication since which it tells of this audience. */
  readonly syncAddedIn: Readonly<Record<string, number>>;
  /** Audiences whose members at this publication's first fill start journeys, as if they had just entered. */
  readonly enterExisting: readonly string[];
}
