/**
 * What is asked of a person's accounts, or of an account's people: an audience of that kind, made where none is named.
 * @module
 */
import type { Condition, Expression } from '../core/condition.ts';
import { contentHash } from './canonical.ts';
import { compileCondition, compileTimes } from './compile-condition.ts';
import type { AuthoredCondition, AuthoredRelated } from './schema-condition.ts';
import { checkAudience, PLURAL, type Surroundings, sayAt } from './scope.ts';
import type { Path } from './source.ts';
import type { SubjectKind } from './workspace-types.ts';

type Asked = { readonly audience: string } | { readonly that: AuthoredCondition };

/**
 * @param path where the question stands
 * @param kind of the profiles it is asked of
 * @param at where the condition itself stands, if not under `that`
 * @returns the key of the audience; the same condition always makes the same one
 */
export function compileRelated(
  asked: Asked,
  path: Path,
  kind: SubjectKind,
  given: Surroundings,
  at: Path = [...path, 'that'],
): string {
  checkKind(path, kind, given);
  const { scope, source } = given;
  const [meant, place]: [AuthoredCondition, Path] = 'that' in asked ? [asked.that, at] : [asked, path];
  if ('audience' in meant) {
    checkAudience(meant.audience, kind, scope, sayAt(given, [...place, 'audience']));
    return meant.audience;
  }
  const condition = compileCondition(meant, at, { scope, source, of: kind, inRun: false, sinceEntry: false });
  const key = `${PLURAL[kind]}-${contentHash(condition).slice(0, 8)}`;
  scope.hidden.set(key, { key, of: kind, condition });
  return key;
}

export function related(audience: string, howMany: AuthoredRelated['howMany']): Condition {
  return { kind: 'related', audience, times: howMany === 'all' ? 'all' : compileTimes(howMany) };
}

/** How many there are, or how many of them are asked for. */
export function compileRelatedCount(
  asked: Asked | 'all',
  path: Path,
  kind: SubjectKind,
  given: Surroundings,
): Expression {
  if (asked !== 'all') return { kind: 'related', audience: compileRelated(asked, path, kind, given) };
  checkKind(path, kind, given);
  return { kind: 'related', audience: null };
}

/** People have accounts, and accounts have people. */
function checkKind(path: Path, kind: SubjectKind, given: Surroundings): void {
  if (kind !== given.of) return;
  const key = String(path.at(-1));
  const [whose, fix] =
    kind === 'person'
      ? ['accounts', 'Add `of: accounts` where this is defined, or ask inside of `account: …`']
      : ['people', 'Leave it out, or ask inside of `people: { that: … }`'];
  sayAt(given, path)(`\`${key}\` is asked of ${whose}, and this is about ${PLURAL[kind]}`, fix);
}
