/**
 * Questions as people put them, with names and durations in words, made into ones that can be answered.
 * @module
 */
import type { Condition, EventPattern } from '../core/condition.ts';
import { interestOf } from '../core/interest.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { compileDraft } from '../definitions/compile-draft.ts';
import { namedAudiences } from '../definitions/named-audiences.ts';
import { didYouMean, formatProblem } from '../definitions/problems.ts';
import type { AudienceDefinition, SubjectKind, Workspace } from '../definitions/workspace-types.ts';
import type { CohortQuestion } from './cohort-check.ts';

/** A question that makes no sense as it was put. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError';

  constructor(
    message: string,
    /** The part of the question. */
    readonly field: string,
    readonly fix?: string,
    /** It names something that there is not. */
    readonly isUnknown = false,
  ) {
    super(message);
  }
}

export interface AskedAudience {
  readonly key: string;
  readonly of: SubjectKind;
  readonly condition: Condition;
  /** Those of its own making that are not published: what it asks of related profiles. */
  readonly hidden: Readonly<Record<string, AudienceDefinition>>;
  /** Itself, and those it refers to over any number of steps, of the same kind of profile. */
  readonly audiences: Readonly<Record<string, { readonly condition: Condition }>>;
}

/** No author can give an audience this key. */
const DRAFT = '(draft)';

/**
 * @param asked the key of a published audience, or a definition: YAML, or the same as JSON
 * @throws {QuestionError}
 */
export function askAudience(
  workspace: Workspace,
  asked: { readonly audience?: string | undefined; readonly definition?: string | undefined },
): AskedAudience {
  const { audience: key, definition } = asked;
  if (definition !== undefined && key === undefined) {
    const draft = compileDraft(definition, workspace);
    if ('problems' in draft) throw new QuestionError(draft.problems.map(formatProblem).join('\n'), 'definition');
    const { of, condition, hidden } = draft;
    return {
      key: DRAFT,
      of,
      condition,
      hidden,
      audiences: reached(DRAFT, { ...workspace.audiences, ...hidden, [DRAFT]: draft }),
    };
  }
  if (key === undefined || definition !== undefined)
    throw new QuestionError('An audience is either named or written down', 'audience', 'Send its key, or a definition');
  expectAudience(workspace, key, 'audience');
  const { of = 'person', condition } = workspace.audiences[key] ?? {};
  if (condition === undefined) throw new QuestionError(`There is no audience \`${key}\``, 'audience', undefined, true);
  return { key, of, condition, hidden: {}, audiences: reached(key, workspace.audiences) };
}

/**
 * Which audiences are held against each other. A person and an account are never the same.
 * @param keys where absent all of people, by name
 * @throws {QuestionError}
 */
export function askOverlap(workspace: Workspace, keys?: readonly string[]): readonly string[] {
  const { audiences } = workspace;
  if (keys === undefined)
    return namedAudiences(audiences)
      .filter((key) => audiences[key]?.of === 'person')
      .sort();
  const distinct = [...new Set(keys)];
  for (const key of distinct) expectAudience(workspace, key, 'audiences');
  const [first = '', ...others] = distinct;
  const stranger = others.find((key) => audiences[key]?.of !== audiences[first]?.of);
  if (stranger !== undefined) {
    const message = `One of \`${first}\` and \`${stranger}\` is of people, the other of accounts`;
    throw new QuestionError(message, 'audiences', 'Ask about the two kinds apart');
  }
  return distinct;
}

export interface AskedCohort {
  readonly goal: { readonly event: string; readonly where?: object | undefined };
  readonly period: Milliseconds;
  readonly convertWithin: Milliseconds;
  readonly retention: CohortQuestion['retention'];
  readonly onlyNew: boolean;
  readonly share: number;
}

/**
 * The period ends early enough for everybody to have had the time to convert and to come back.
 * @throws {QuestionError}
 */
export function askCohort(
  workspace: Workspace,
  audience: AskedAudience,
  asked: AskedCohort,
  now: Instant,
): CohortQuestion {
  const { period, convertWithin, retention, onlyNew, share } = asked;
  const { key, of, audiences } = audience;
  if (of === 'account')
    throw new QuestionError('The cohort check is about people', 'audience', 'Name an audience of people');
  if (retention.until <= retention.from)
    throw new QuestionError('The retention ends before it begins', 'retention', 'Let `until` be later than `from`');
  const to = now - Math.max(convertWithin, retention.until);
  const goal = goalOf(workspace, asked.goal);
  return { key, audiences, goal, from: to - period, to, convertWithin, retention, onlyNew, share };
}

/** As an audience would have it, so that its tests are the same and so is what is said of mistakes. */
function goalOf(workspace: Workspace, { event, where = {} }: AskedCohort['goal']): EventPattern {
  const draft = compileDraft(JSON.stringify({ audience: 'goal', event, where }), workspace);
  if ('problems' in draft) throw new QuestionError(draft.problems.map(formatProblem).join('\n'), 'goal');
  if (draft.condition.kind !== 'events') throw new QuestionError('The goal is no event', 'goal');
  const { names, where: tests } = draft.condition.events;
  return { names, where: tests };
}

function expectAudience({ audiences }: Workspace, key: string, field: string): void {
  if (Object.hasOwn(audiences, key)) return;
  const keys = namedAudiences(audiences);
  const fix = didYouMean(key, keys) ?? `There are: ${keys.join(', ') || 'none'}`;
  throw new QuestionError(`There is no audience \`${key}\``, field, fix, true);
}

function reached(
  key: string,
  known: Readonly<Record<string, { readonly condition: Condition }>>,
): Record<string, { readonly condition: Condition }> {
  const found = new Map<string, { readonly condition: Condition }>();
  const visit = (one: string): void => {
    const condition = known[one]?.condition;
    if (condition === undefined || found.has(one)) return;
    found.set(one, { condition });
    for (const below of interestOf(condition).audiences) visit(below);
  };
  visit(key);
  return Object.fromEntries(found);
}
