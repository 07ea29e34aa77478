/**
 * Enrichments in the form the engine uses.
 * @module
 */
import type { Milliseconds } from '../core/time.ts';

export interface EnrichmentDefinition {
  readonly key: string;
  readonly of: 'person' | 'account';
  /** The hidden audience of those that are to be asked about. */
  readonly audience: string;
  /** Liquid in its path. */
  readonly url: string;
  /** Liquid. */
  readonly headers: Readonly<Record<string, string>>;
  /** A change of these may change the address; `account` stands for all that a person's account has. */
  readonly named: readonly string[];
  /** Traits, each with its path in the answer. */
  readonly fields: Readonly<Record<string, string>>;
  readonly refresh: Milliseconds;
  /** In real time. */
  readonly timeout: Milliseconds;
  readonly attempts: number;
  readonly notFound: 'keep' | 'clear';
}
