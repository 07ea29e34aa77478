/**
 * A sync in the form the engine uses: who enters and leaves an audience, told to another system.
 * @module
 */
import type { Expression, Json } from '../core/condition.ts';
import type { Milliseconds } from '../core/time.ts';

export type SyncField =
  | { readonly kind: 'constant'; readonly value: Json }
  /** Liquid. */
  | { readonly kind: 'text'; readonly template: string }
  | { readonly kind: 'value'; readonly of: Expression };
export type SyncFields = Readonly<Record<string, SyncField>>;

/** So many calls in any time of that length. */
export interface SyncRate {
  readonly calls: number;
  readonly within: Milliseconds;
}

export interface SyncDefinition {
  readonly key: string;
  readonly audience: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: entries are not told. */
  readonly onEntry: SyncFields | null;
  /** Null: exits are not told. */
  readonly onExit: SyncFields | null;
  /** Sent with the person, by name. */
  readonly traits: Readonly<Record<string, Expression>>;
  /** Computed traits that texts name. */
  readonly computed: Readonly<Record<string, Expression>>;
  /** Members who were there before the sync, or whom a new definition lets in, are told as entries. */
  readonly includeExisting: boolean;
  readonly rate: SyncRate | null;
  /** A change is given up this long after it was first tried. */
  readonly retryFor: Milliseconds;
}

/** Every expression that a sync asks for; together they say what has to be known of a person. */
export function expressionsIn({ onEntry, onExit, traits, computed }: SyncDefinition): readonly Expression[] {
  const fields = [onEntry, onExit].flatMap((side) => Object.values(side ?? {}));
  const values = fields.flatMap((field) => (field.kind === 'value' ? [field.of] : []));
  return [...values, ...Object.values(traits), ...Object.values(computed)];
}
