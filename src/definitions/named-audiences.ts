/**
 * The audiences that authors have named, without those made of conditions on related profiles.
 * @module
 */
import type { AudienceDefinition } from './workspace-types.ts';

/** Their keys, in the order of the definitions. */
export function namedAudiences(audiences: Readonly<Record<string, AudienceDefinition>>): readonly string[] {
  return Object.values(audiences).flatMap(({ key, hidden }) => (hidden === true ? [] : [key]));
}
