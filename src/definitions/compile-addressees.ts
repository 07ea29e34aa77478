/**
 * Whom a step of a journey of accounts is for: a role of theirs gets a message, and a sales task names some.
 * @module
 */
import type { ActionStep } from '../core/journey.ts';
import type { Role } from '../core/roles.ts';
import { type Catalog, checkReference } from './catalog.ts';
import type { Roles } from './compile-roles.ts';
import type { Names } from './liquid.ts';
import { traitsIn } from './liquid.ts';
import type { AuthoredStep } from './schema-journey.ts';
import { type Say, type Surroundings, sayAt } from './scope.ts';
import type { Path } from './source.ts';

interface Given extends Surroundings {
  readonly catalog: Catalog;
  readonly roles: Roles;
}

type MessageStep = Extract<AuthoredStep, { email: string } | { 'in-app': string }>;
type TaskStep = Extract<AuthoredStep, { 'sales-task': string }>;

const ONLY_ACCOUNTS = 'Take it out, or say `of: accounts` at the top';

/** The role in `to`, as a part of the step; nothing in a journey of people. */
export function addressee(step: MessageStep, path: Path, given: Given): { readonly to?: Role } {
  const { to } = step;
  const kind = 'email' in step ? 'email' : 'in-app';
  if (given.of === 'person') {
    if (to !== undefined)
      sayAt(given, [...path, 'to'])(
        '`to` is for journeys of accounts; here the person it is about gets it',
        ONLY_ACCOUNTS,
      );
    return {};
  }
  if (to === undefined) {
    const example = [...given.roles.keys()][0];
    const fix =
      example === undefined ? 'Define a `role`, and name it with `to`' : `Say which role, such as \`to: ${example}\``;
    sayAt(given, [...path, kind])('An account gets no messages itself: some of its people do', fix);
    return {};
  }
  const role = roleNamed(to, sayAt(given, [...path, 'to']), given);
  return role === undefined ? {} : { to: role };
}

/** The roles in `stakeholders`, likewise. */
export function stakeholdersOf(step: TaskStep, path: Path, given: Given): { readonly stakeholders?: readonly Role[] } {
  const { stakeholders } = step;
  if (stakeholders === undefined) return {};
  const at = [...path, 'stakeholders'];
  if (given.of === 'person') {
    sayAt(given, at)('`stakeholders` are for journeys of accounts; this task is about one person', ONLY_ACCOUNTS);
    return {};
  }
  const roles = stakeholders.flatMap((key, index) => roleNamed(key, sayAt(given, [...at, index]), given) ?? []);
  return { stakeholders: roles };
}

function roleNamed(key: string, say: Say, { catalog, roles }: Given): Role | undefined {
  checkReference(catalog, roles, 'role', key, say);
  return roles.get(key);
}

/** What a template names has to be there for whom the journey is about. */
export function lintNames(step: ActionStep, texts: readonly string[], path: Path, names: Names, given: Given): void {
  const what = 'template' in step ? `The template \`${step.template.key}\`` : 'The webhook';
  const say = sayAt(given, path);
  if (given.of === 'person') {
    for (const name of namedIn(texts, 'account').filter((one) => names.computedOfAccounts.has(one))) {
      const message = `${what} names \`account.${name}\`, which is computed of accounts, and this journey is about people`;
      say(message, 'Take another template, or a stored trait of the account');
    }
    return;
  }
  if (step.kind === 'email' || step.kind === 'in-app') return;
  for (const name of namedIn(texts, 'person')) {
    const message = `${what} names \`person.${name}\`, and here it is about an account as a whole`;
    const stakeholders = step.kind === 'sales-task' ? ', or the people in `stakeholders`' : '';
    say(message, `Name traits of the account${stakeholders}`);
  }
}

function namedIn(texts: readonly string[], of: 'person' | 'account'): readonly string[] {
  return [...new Set(texts.flatMap((text) => traitsIn(text, of)))];
}
