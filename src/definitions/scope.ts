/**
 * What the compilers of conditions, traits and scores know of the workspace around them. It is either in files or published.
 * @module
 */
import type { Condition, Expression } from '../core/condition.ts';
import type { Milliseconds } from '../core/time.ts';
import { checkReference, type Report } from './catalog.ts';
import type { Path, Source } from './source.ts';
import type { SubjectKind, TrackingPlan, TraitType } from './workspace-types.ts';

/** Says that something is wrong at a place that the caller has fixed. */
export type Say = (message: string, fix?: string) => void;

/** A condition that is asked of profiles of the other kind, and becomes an audience of its own. */
export interface HiddenAudience {
  readonly key: string;
  readonly of: SubjectKind;
  readonly condition: Condition;
}

export interface Scope {
  readonly report: Report;
  /** The workspace's time zone, IANA. */
  readonly zone: string;
  /** How long events are kept; for ever where absent. */
  readonly keepHistory?: Milliseconds;
  readonly plan?: TrackingPlan;
  /** What each audience is of. */
  readonly audiences: ReadonlyMap<string, SubjectKind>;
  /** `audience vips`: defined, in a file that cannot be read. */
  readonly broken: ReadonlySet<string>;
  readonly stored: StoredTraits;
  /** The value that this name stands for in what is about `of`; says so where there is none. */
  resolve(name: string, of: SubjectKind, say: Say): Expression;
  /** Filled as conditions are compiled; by key. */
  readonly hidden: Map<string, HiddenAudience>;
}

export interface StoredTraits {
  readonly person: Readonly<Record<string, TraitType>>;
  readonly account: Readonly<Record<string, TraitType>>;
}

/** Something that is being compiled: where it stands, and what it is about. */
export interface Surroundings {
  readonly scope: Scope;
  readonly source: Source;
  readonly of: SubjectKind;
  /** In a journey: the events whose properties it is entered with; `nothing` where it is entered without. */
  readonly enteredWith?: readonly string[] | 'nothing';
}

export function sayAt({ scope, source }: Pick<Surroundings, 'scope' | 'source'>, path: Path): Say {
  return (message, fix) => scope.report(source, path, message, fix);
}

/** The kind of profile that is related to one of this kind. */
export function otherKind(of: SubjectKind): SubjectKind {
  return of === 'person' ? 'account' : 'person';
}

export function kindOf(authored: 'people' | 'accounts' | undefined): SubjectKind {
  return authored === 'accounts' ? 'account' : 'person';
}

export const PLURAL: Readonly<Record<SubjectKind, 'people' | 'accounts'>> = { person: 'people', account: 'accounts' };

/** Says so where there is no such audience, or where it is one of the other kind. */
export function checkAudience(key: string, of: SubjectKind, scope: Scope, say: Say): void {
  checkReference(scope, scope.audiences, 'audience', key, say);
  const found = scope.audiences.get(key);
  if (found === undefined || found === of) return;
  const asked = of === 'person' ? `\`account: { audience: ${key} }\`` : `\`people: { audience: ${key} }\``;
  say(`The audience \`${key}\` is of ${PLURAL[found]}, and this asks about ${PLURAL[of]}`, `Write ${asked}`);
}
