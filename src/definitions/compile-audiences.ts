/**
 * Audiences: compiled, free of circles, each with a hash that tells when its meaning changed.
 * @module
 */
import { interestOf } from '../core/interest.ts';
import { contentHash } from './canonical.ts';
import type { Catalog, Report } from './catalog.ts';
import { compileCondition } from './compile-condition.ts';
import type { Traits } from './compile-traits.ts';
import type { AudienceDefinition } from './workspace-types.ts';

/** By key. Of audiences in a circle the hashes mean nothing; the circle is reported. */
export function compileAudiences(catalog: Catalog, traits: Traits, report: Report): Record<string, AudienceDefinition> {
  const compiled = [...catalog.audiences].map(([key, { file, source }]) => {
    const condition = compileCondition(file, [], { catalog, traits, report, source, inRun: false, sinceEntry: false });
    return { key, condition, description: file.description, source, refersTo: [...interestOf(condition).audiences] };
  });
  const byKey = new Map(compiled.map((audience) => [audience.key, audience]));
  const hashes = new Map<string, string>();
  const reported = new Set<string>();

  const hashOf = (key: string, above: readonly string[]): string => {
    const audience = byKey.get(key);
    const done = hashes.get(key);
    if (audience === undefined || done !== undefined) return done ?? '';
    if (above.includes(key)) {
      const circle = above.slice(above.indexOf(key));
      if (!circle.some((one) => reported.has(one))) {
        const message = `The audience \`${key}\` refers to itself: ${[...circle, key].join(' → ')}`;
        report(audience.source, ['audience'], message, 'Take one of these references out');
      }
      for (const one of circle) reported.add(one);
      return '';
    }
    const { condition, refersTo } = audience;
    const hash = contentHash({ condition, refersTo: refersTo.map((other) => [other, hashOf(other, [...above, key])]) });
    hashes.set(key, hash);
    return hash;
  };

  return Object.fromEntries(
    compiled.map(({ key, condition, description }) => [
      key,
      { key, of: 'person', ...(description !== undefined && { description }), condition, hash: hashOf(key, []) },
    ]),
  );
}
