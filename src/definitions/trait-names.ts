/**
 * Is a name that of a trait? What an author is told where it is not.
 * @module
 */
import { didYouMean } from './problems.ts';
import { PLURAL, type Say, type StoredTraits } from './scope.ts';
import type { SubjectKind } from './workspace-types.ts';

export interface TraitNames {
  readonly stored: StoredTraits;
  /** Computed traits, scores and what can be read of them (`intent.band`). */
  readonly computed: ReadonlyMap<string, SubjectKind>;
  readonly scores: ReadonlySet<string>;
}

/** A name as it stands, or one that leads into an object; of people also `account.<trait>`. */
export function isStored(name: string, of: SubjectKind, stored: StoredTraits): boolean {
  const own = stored[of];
  if (Object.hasOwn(own, name)) return true;
  const [first = '', ...rest] = name.split('.');
  if (rest.length === 0) return false;
  if (of === 'person' && first === 'account' && !Object.hasOwn(own, first))
    return isStored(rest.join('.'), 'account', stored);
  return Object.hasOwn(own, first) && own[first] === 'object';
}

/** Of a name that is neither stored nor computed in what is about `of`. */
export function sayUnknown(name: string, of: SubjectKind, known: TraitNames, say: Say): void {
  const { stored, computed, scores } = known;
  const [first = '', ...rest] = name.split('.');
  const inner = rest.join('.');
  const elsewhere = computed.get(name);
  if (elsewhere !== undefined && elsewhere !== of) {
    say(`The trait \`${name}\` is of ${PLURAL[elsewhere]}, and this is about ${PLURAL[of]}`, askOf(elsewhere, name));
  } else if (of === 'account' && first === 'account' && isStored(inner, of, stored)) {
    say(`This is about accounts, and reads their traits without \`account.\``, `Write \`${inner}\``);
  } else if (of === 'person' && first === 'account' && computed.get(inner) === 'account') {
    say(`\`account.\` reads stored traits, and \`${inner}\` is computed`, askOf('account', inner));
  } else if (of === 'account' && isStored(name, 'person', stored)) {
    say(`The trait \`${name}\` is of people, and this is about accounts`, askOf('person', name));
  } else if (of === 'person' && isStored(name, 'account', stored)) {
    say(`The trait \`${name}\` is of accounts, and this is about people`, `Write \`account.${name}\``);
  } else if (scores.has(first)) {
    const readable = [...computed.keys()].filter((one) => one.startsWith(`${first}.`));
    const parts = 'It has `band` where it has `bands`, `propensity` with `outOf`, and `expected` with `value`';
    say(`The score \`${first}\` has no \`${inner}\``, didYouMean(name, readable) ?? parts);
  } else {
    say(`There is no trait \`${name}\``, didYouMean(name, namesOf(of, known)) ?? DECLARE[of]);
  }
}

const DECLARE: Readonly<Record<SubjectKind, string>> = {
  person: 'Declare it under `traits` in the settings',
  account: 'Declare it under `accountTraits` in the settings',
};

function namesOf(of: SubjectKind, { stored, computed }: TraitNames): readonly string[] {
  return [
    ...Object.keys(stored[of]),
    ...(of === 'person' ? Object.keys(stored.account).map((name) => `account.${name}`) : []),
    ...[...computed].flatMap(([name, kind]) => (kind === of ? [name] : [])),
  ];
}

function askOf(of: SubjectKind, name: string): string {
  return of === 'account'
    ? `Ask it of the account: \`account: { trait: ${name}, … }\``
    : `Ask it of them: \`people: { that: { trait: ${name}, … } }\``;
}
