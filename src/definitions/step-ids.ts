/**
 * Every step has an id that stays the same while the journey around it changes.
 *
 * Messages are named after their template. What has no template is named after what it does (`wait-1h`,
 * `branch-upgrade-page-viewed`), and counted where a journey does the same twice, so that steps put in elsewhere rename
 * nothing.
 * @module
 */
import { waitText } from './compile-wait.ts';
import type { AuthoredCondition, AuthoredRelated } from './schema-condition.ts';
import type { AuthoredStep, AuthoredVariant, JourneyFile } from './schema-journey.ts';
import type { Path } from './source.ts';

/** A step with its place in the author's file. */
export interface PlacedStep {
  readonly step: AuthoredStep;
  readonly path: Path;
}

/** Every step of the journey in the order in which it is written; whatever follows a step in time comes later. */
export function stepsOf(file: JourneyFile): readonly PlacedStep[] {
  return file.steps.flatMap((step, index) => withInner(step, ['steps', index]));
}

function withInner(step: AuthoredStep, path: Path): readonly PlacedStep[] {
  return [
    { step, path },
    ...listsOf(step, path).flatMap((inner) => inner.list.flatMap((one, i) => withInner(one, placeIn(inner, i)))),
  ];
}

/** Steps inside a step. */
export interface InnerList {
  readonly list: readonly AuthoredStep[];
  readonly at: Path;
  /** It is one step, written without a list. */
  readonly isOneStep?: boolean;
}

export function placeIn({ at, isOneStep = false }: InnerList, index: number): Path {
  return isOneStep ? at : [...at, index];
}

/** The steps of a variant, which is one step or has a list of them. */
export function listOfVariant(variant: AuthoredVariant, at: Path): InnerList {
  return 'steps' in variant ? { list: variant.steps, at: [...at, 'steps'] } : { list: [variant], at, isOneStep: true };
}

/** The lists of steps inside a step. */
export function listsOf(step: AuthoredStep, path: Path): readonly InnerList[] {
  if ('branch' in step) {
    return step.branch.map((way, index) =>
      'else' in way
        ? { list: way.else, at: [...path, 'branch', index, 'else'] }
        : { list: way.then, at: [...path, 'branch', index, 'then'] },
    );
  }
  if ('split' in step)
    return Object.entries(step.split).map(([name, way]) => ({
      list: way.steps,
      at: [...path, 'split', name, 'steps'],
    }));
  if ('experiment' in step)
    return Object.entries(step.variants).map(([name, variant]) => listOfVariant(variant, [...path, 'variants', name]));
  if ('offer' in step && step.none !== undefined) return [{ list: step.none, at: [...path, 'none'] }];
  if ('repeat' in step) return [{ list: step.repeat.steps, at: [...path, 'repeat', 'steps'] }];
  if ('wait-until' in step && step.onTimeout !== undefined)
    return [{ list: step.onTimeout, at: [...path, 'onTimeout'] }];
  return [];
}

/**
 * @param clash called for a step whose id another step has already
 * @returns ids by the step's path, joined by `/`
 */
export function stepIds(
  placed: readonly PlacedStep[],
  clash: (path: Path, id: string, derived: boolean) => void,
): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const { step, path } of placed) {
    const named = step.id ?? templateIdOf(step);
    if (named === undefined) continue;
    if (taken.has(named)) clash(path, named, step.id === undefined);
    taken.add(named);
    ids.set(path.join('/'), named);
  }
  for (const { step, path } of placed) {
    if (ids.has(path.join('/'))) continue;
    const base = describedId(step);
    let id = base;
    for (let again = 2; taken.has(id); again++) id = `${base}-${again}`;
    taken.add(id);
    ids.set(path.join('/'), id);
  }
  return ids;
}

function templateIdOf(step: AuthoredStep): string | undefined {
  if ('email' in step) return `email-${step.email}`;
  if ('in-app' in step) return `in-app-${step['in-app']}`;
  if ('sales-task' in step) return `sales-task-${step['sales-task']}`;
  return undefined;
}

function describedId(step: AuthoredStep): string {
  if ('wait' in step) return `wait-${slug(waitText(step.wait))}`;
  if ('wait-until' in step) return `wait-until-${slug(subjectOf(step['wait-until']))}`;
  if ('branch' in step) {
    const first = step.branch[0];
    return first !== undefined && 'if' in first ? `branch-${slug(subjectOf(first.if))}` : 'branch';
  }
  if ('experiment' in step) return `experiment-${step.experiment}`;
  if ('split' in step) return `split-${slug(Object.keys(step.split).join(' '))}`;
  if ('offer' in step) return `offer-${slug([step.offer].flat().join(' '))}`;
  if ('repeat' in step) return `repeat-${step.repeat.atMost}-times`;
  if ('webhook' in step) return `webhook-${slug(step.webhook.url.replace(/^https?:\/\//, '').split('/')[0] ?? '')}`;
  if ('set-trait' in step) return `set-trait-${slug(Object.keys(step['set-trait']).join(' '))}`;
  if ('exit' in step) return `exit-${slug(step.exit)}`;
  throw new Error(`A step of the journey has no kind: ${JSON.stringify(step)}`);
}

/** What a condition is about, in short: the first thing it names. */
function subjectOf(condition: AuthoredCondition): string {
  if ('all' in condition) return condition.all[0] === undefined ? 'all' : subjectOf(condition.all[0]);
  if ('any' in condition) return condition.any[0] === undefined ? 'any' : subjectOf(condition.any[0]);
  if ('not' in condition) return `not ${subjectOf(condition.not)}`;
  if ('trait' in condition) return condition.trait;
  if ('event' in condition)
    return condition.event === '*'
      ? 'any event'
      : typeof condition.event === 'string'
        ? condition.event
        : String(condition.event[0]);
  if ('sequence' in condition) {
    const [first] = condition.sequence;
    return typeof first === 'object' ? String([first.event].flat()[0]) : String(first);
  }
  if ('account' in condition) return `account ${subjectOf(condition.account)}`;
  if ('accounts' in condition) return `accounts ${subjectOfRelated(condition.accounts)}`;
  if ('people' in condition) return `people ${subjectOfRelated(condition.people)}`;
  return condition.audience;
}

function subjectOfRelated(related: AuthoredRelated): string {
  return 'audience' in related ? related.audience : subjectOf(related.that);
}

const LONGEST = 48;

function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST)
    .replaceAll(/^-+|-+$/g, '');
  return plain === '' ? 'step' : plain;
}
