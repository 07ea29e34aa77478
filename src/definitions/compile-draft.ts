/**
 * One audience that is not in the workspace yet, checked and compiled against what is published.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { reportTo } from './catalog.ts';
import { withHashes } from './compile-audiences.ts';
import { compileCondition } from './compile-condition.ts';
import { planWithTags } from './compile-tags.ts';
import { kindOf, type Scope } from './scope.ts';
import { checkShape } from './shape.ts';
import { parseYaml, problemAt } from './source.ts';
import { isStored, sayUnknown } from './trait-names.ts';
import type { AudienceDefinition, Problem, SubjectKind, Workspace } from './workspace-types.ts';

export interface Draft {
  readonly of: SubjectKind;
  readonly condition: Condition;
  /** Audiences of its making that are not published: what it asks of related profiles. By key. */
  readonly hidden: Readonly<Record<string, AudienceDefinition>>;
}

const DRAFT = 'draft.yaml';

/**
 * @param text an audience's YAML, or the same as JSON
 * @returns its condition, or what is wrong with it, as `validate` would say it
 */
export function compileDraft(text: string, workspace: Workspace): Draft | { readonly problems: readonly Problem[] } {
  const { sources, problems: broken } = parseYaml(DRAFT, text);
  const [source] = sources;
  if (broken.length > 0) return { problems: broken };
  if (source === undefined)
    return { problems: [problemAt(DRAFT, { line: 1, column: 1 }, 'There is no audience in this text')] };
  const definition = checkShape(source);
  if (!('kind' in definition)) return { problems: definition };
  if (definition.kind !== 'audience')
    return { problems: [problemAt(DRAFT, source.placeOf([]), `This is a ${definition.kind}, not an audience`)] };

  const problems: Problem[] = [];
  const scope = scopeOf(workspace, problems);
  const of = kindOf(definition.file.of);
  const condition = compileCondition(definition.file, [], { scope, source, of, inRun: false, sinceEntry: false });
  if (problems.length > 0) return { problems };
  const unpublished = [...scope.hidden.values()].filter(({ key }) => !Object.hasOwn(workspace.audiences, key));
  const hidden = withHashes(
    [],
    unpublished,
    (key) => workspace.audiences[key]?.hash,
    () => undefined,
  );
  return { of, condition, hidden };
}

function scopeOf(
  { settings, audiences, computedTraits, scores = {}, trackingPlan, tags = [] }: Workspace,
  problems: Problem[],
): Scope {
  const plan = planWithTags(trackingPlan, tags);
  const stored = { person: settings.traits, account: settings.accountTraits };
  const names = {
    stored,
    computed: new Map(Object.values(computedTraits).map(({ key, of }) => [key, of])),
    scores: new Set(Object.keys(scores)),
  };
  const listed = Object.values(audiences).filter(({ hidden }) => hidden !== true);
  return {
    report: reportTo(problems),
    zone: settings.timezone,
    ...(settings.keepHistory !== undefined && { keepHistory: settings.keepHistory }),
    ...(plan !== undefined && { plan }),
    audiences: new Map(listed.map(({ key, of }) => [key, of])),
    broken: new Set(),
    stored,
    resolve: (name, of, say) => {
      const computed = Object.hasOwn(computedTraits, name) ? computedTraits[name] : undefined;
      if (computed?.of === of) return computed.expression;
      if (computed !== undefined || !isStored(name, of, stored)) sayUnknown(name, of, names, say);
      return { kind: 'trait', path: name };
    },
    hidden: new Map(),
  };
}
