/**
 * Audiences: compiled, free of circles, each with a hash that tells when its meaning changed.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { describe } from '../core/describe.ts';
import { interestOf } from '../core/interest.ts';
import { contentHash } from './canonical.ts';
import type { Catalog } from './catalog.ts';
import { compileCondition } from './compile-condition.ts';
import { type HiddenAudience, kindOf, type Scope } from './scope.ts';
import type { AudienceDefinition } from './workspace-types.ts';

export type NamedAudience = Omit<AudienceDefinition, 'hash' | 'hidden'>;

/** By key. What is asked of related profiles is added to the hidden audiences of the scope. */
export function compileAudiences(catalog: Catalog, scope: Scope): readonly NamedAudience[] {
  return [...catalog.audiences].map(([key, { file, source }]) => {
    const of = kindOf(file.of);
    const { description } = file;
    const condition = compileCondition(file, [], { scope, source, of, inRun: false, sinceEntry: false });
    return { key, of, ...(description !== undefined && { description }), condition };
  });
}

/**
 * Audiences with their hashes, those of their own making included. Of audiences in a circle the hashes mean nothing.
 * @param published hashes of audiences that are not among them
 * @param circular called for each circle, with its named audiences
 */
export function withHashes(
  named: readonly NamedAudience[],
  hidden: Iterable<HiddenAudience>,
  published: (key: string) => string | undefined,
  circular: (circle: readonly string[]) => void,
): Record<string, AudienceDefinition> {
  const made = [...hidden].map((one) => ({ ...one, hidden: true as const, description: describe(one.condition) }));
  const audiences = [...named, ...made].map((one) => ({ ...one, refersTo: audiencesIn(one.condition) }));
  const byKey = new Map(audiences.map((audience) => [audience.key, audience]));
  const hashes = new Map<string, string>();
  const reported = new Set<string>();

  const hashOf = (key: string, above: readonly string[]): string => {
    const audience = byKey.get(key);
    const done = hashes.get(key) ?? (audience === undefined ? published(key) : undefined);
    if (audience === undefined || done !== undefined) return done ?? '';
    if (above.includes(key)) {
      const circle = above.slice(above.indexOf(key)).filter((one) => !isHidden(byKey.get(one)));
      if (!circle.some((one) => reported.has(one))) circular(circle);
      for (const one of circle) reported.add(one);
      return '';
    }
    const { condition, refersTo } = audience;
    const hash = contentHash({ condition, refersTo: refersTo.map((other) => [other, hashOf(other, [...above, key])]) });
    hashes.set(key, hash);
    return hash;
  };

  return Object.fromEntries(
    audiences.map(({ refersTo: _, ...audience }) => [audience.key, { ...audience, hash: hashOf(audience.key, []) }]),
  );
}

/** Says so at the first audience of a circle. */
export function reportCircle(catalog: Catalog, { report }: Scope): (circle: readonly string[]) => void {
  return (circle) => {
    const [key = ''] = circle;
    const source = catalog.audiences.get(key)?.source;
    if (source === undefined) return;
    const message = `The audience \`${key}\` refers to itself: ${[...circle, key].join(' → ')}`;
    report(source, ['audience'], message, 'Take one of these references out');
  };
}

/** Those a condition asks about, of its own profile or of related ones. */
function audiencesIn(condition: Condition): readonly string[] {
  const { audiences, related } = interestOf(condition);
  return [...audiences, ...[...related].filter((key) => key !== '*')];
}

function isHidden(audience: object | undefined): boolean {
  return audience !== undefined && 'hidden' in audience;
}
