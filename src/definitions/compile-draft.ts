/**
 * One audience that is not in the workspace yet, checked and compiled against what is published.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import type { Catalog } from './catalog.ts';
import { compileCondition } from './compile-condition.ts';
import { didYouMean } from './problems.ts';
import { checkShape } from './shape.ts';
import { parseYaml, problemAt } from './source.ts';
import type { Problem, Workspace } from './workspace-types.ts';

const DRAFT = 'draft.yaml';
const NOTHING: Catalog = {
  settings: undefined,
  audiences: new Map(),
  journeys: new Map(),
  emails: new Map(),
  inApps: new Map(),
  salesTasks: new Map(),
  traits: new Map(),
  plans: new Map(),
  broken: new Set(),
};

/**
 * @param text an audience's YAML, or the same as JSON
 * @returns its condition, or what is wrong with it, as `validate` would say it
 */
export function compileDraft(
  text: string,
  workspace: Workspace,
): { readonly condition: Condition } | { readonly problems: readonly Problem[] } {
  const { sources, problems: broken } = parseYaml(DRAFT, text);
  const [source] = sources;
  if (broken.length > 0 || source === undefined) {
    return {
      problems:
        broken.length > 0 ? broken : [problemAt(DRAFT, { line: 1, column: 1 }, 'There is no audience in this text')],
    };
  }
  const definition = checkShape(source);
  if (!('kind' in definition)) return { problems: definition };
  if (definition.kind !== 'audience') {
    return { problems: [problemAt(DRAFT, source.placeOf([]), `This is a ${definition.kind}, not an audience`)] };
  }

  const problems: Problem[] = [];
  const { audiences, computedTraits, settings } = workspace;
  const stored = [
    ...Object.keys(settings.traits),
    ...Object.keys(settings.accountTraits).map((name) => `account.${name}`),
  ];
  const condition = compileCondition(definition.file, [], {
    inRun: false,
    sinceEntry: false,
    source,
    report: ({ file, placeOf }, path, message, fix) => problems.push(problemAt(file, placeOf(path), message, fix)),
    catalog: { ...NOTHING, audiences: new Map(Object.keys(audiences).map((key) => [key, definition])) },
    traits: {
      resolve: (name, _source, path) => {
        const computed = computedTraits[name];
        if (computed !== undefined) return computed.expression;
        if (!stored.some((known) => name === known || name.startsWith(`${known}.`))) {
          const fix = didYouMean(name, [...stored, ...Object.keys(computedTraits)]);
          problems.push(problemAt(DRAFT, source.placeOf(path), `There is no trait \`${name}\``, fix));
        }
        return { kind: 'trait', path: name };
      },
    },
  });
  return problems.length > 0 ? { problems } : { condition };
}
