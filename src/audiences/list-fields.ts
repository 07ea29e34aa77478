/**
 * The fields of a list of people or accounts, by the names that callers use.
 * @module
 */
import type { Expression } from '../core/condition.ts';
import { didYouMean } from '../definitions/problems.ts';
import { isStored } from '../definitions/trait-names.ts';
import type { SubjectKind, Workspace } from '../definitions/workspace-types.ts';

/** What is known beside traits. `since`: when a member entered. */
export type OwnField = 'userId' | 'anonymousId' | 'accountId' | 'since' | 'createdAt';

export interface ListField {
  readonly name: string;
  readonly value: OwnField | Expression;
}

/** Nobody has a field of that name; the message says what there is. */
export class UnknownFieldError extends Error {
  override readonly name = 'UnknownFieldError';

  constructor(
    readonly field: string,
    readonly fix: string,
  ) {
    super(`There is no field \`${field}\`. ${fix}`);
  }
}

/**
 * @param names as asked for; absent: who it is, since when, and every declared trait
 * @throws {UnknownFieldError}
 */
export function listFields(
  names: readonly string[] | undefined,
  of: SubjectKind,
  { settings, computedTraits }: Workspace,
  isAudience: boolean,
): readonly ListField[] {
  const own: readonly OwnField[] = [
    ...(of === 'person' ? (['userId', 'anonymousId'] as const) : (['accountId'] as const)),
    ...(isAudience ? (['since'] as const) : []),
    'createdAt',
  ];
  const stored = { person: settings.traits, account: settings.accountTraits };
  const computed = Object.values(computedTraits).filter((trait) => trait.of === of);
  const asked = names ?? [...own.filter((name) => name !== 'createdAt'), ...Object.keys(stored[of])];
  return asked.map((name) => {
    const ownField = own.find((one) => one === name);
    if (ownField !== undefined) return { name, value: ownField };
    const expression = computed.find(({ key }) => key === name)?.expression;
    if (expression !== undefined) return { name, value: expression };
    if (isStored(name, of, stored)) return { name, value: { kind: 'trait', path: name } };
    const known = [...own, ...Object.keys(stored[of]), ...computed.map(({ key }) => key)];
    throw new UnknownFieldError(name, didYouMean(name, known) ?? `There are: ${known.join(', ')}.`);
  });
}
