/**
 * All examples of conditions, in the order of the page.
 * @module
 */
import { EVENT_EXAMPLES } from './events.ts';
import type { ExampleSection } from './example.ts';
import { GROUP_EXAMPLES } from './groups.ts';
import { RELATED_EXAMPLES } from './related.ts';
import { SEQUENCE_EXAMPLES } from './sequences.ts';
import { TRAIT_EXAMPLES } from './traits.ts';

export const CONDITION_EXAMPLES: readonly ExampleSection[] = [
  TRAIT_EXAMPLES,
  EVENT_EXAMPLES,
  SEQUENCE_EXAMPLES,
  GROUP_EXAMPLES,
  RELATED_EXAMPLES,
];
