/**
 * An audience that somebody asks about: a published one by its key, or a draft. With all that it refers to.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { interestOf } from '../core/interest.ts';
import { compileDraft } from './compile-draft.ts';
import { didYouMean } from './problems.ts';
import type { Problem, SubjectKind, Workspace } from './workspace-types.ts';

export interface AskedAudience {
  /** Its key; `draft` stands for one that is not published. */
  readonly key: string;
  readonly of: SubjectKind;
  readonly condition: Condition;
  /** Itself, and those it refers to, over any number of steps, of the same kind of profile. */
  readonly audiences: Readonly<Record<string, { readonly condition: Condition }>>;
}

export type Asked =
  | AskedAudience
  | { readonly problems: readonly Problem[] }
  /** There is no such audience; `fix` says what there is. */
  | { readonly unknown: string; readonly fix: string };

/** No author can give an audience this key. */
const DRAFT = '(draft)';

/** @param asked a key, or the text of a definition as its file would have it */
export function askedAudience(
  workspace: Workspace,
  asked: { readonly key: string } | { readonly text: string },
): Asked {
  const { audiences } = workspace;
  if ('text' in asked) {
    const draft = compileDraft(asked.text, workspace);
    if ('problems' in draft) return draft;
    const known = { ...audiences, ...draft.hidden, [DRAFT]: { of: draft.of, condition: draft.condition } };
    return { key: DRAFT, of: draft.of, condition: draft.condition, audiences: reached(DRAFT, known) };
  }
  const found = Object.hasOwn(audiences, asked.key) ? audiences[asked.key] : undefined;
  if (found === undefined) {
    const keys = Object.values(audiences).flatMap(({ key, hidden }) => (hidden === true ? [] : [key]));
    const fix = didYouMean(asked.key, keys) ?? `There are: ${keys.join(', ') || 'none'}`;
    return { unknown: asked.key, fix };
  }
  return { key: found.key, of: found.of, condition: found.condition, audiences: reached(found.key, audiences) };
}

type Known = Readonly<Record<string, { readonly condition: Condition }>>;

function reached(key: string, known: Known): Record<string, { readonly condition: Condition }> {
  const found: Record<string, { readonly condition: Condition }> = {};
  const visit = (one: string): void => {
    const condition = known[one]?.condition;
    if (condition === undefined || found[one] !== undefined) return;
    found[one] = { condition };
    for (const below of interestOf(condition).audiences) visit(below);
  };
  visit(key);
  return found;
}
