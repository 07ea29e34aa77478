/**
 * Journeys from the author's nested lists to the core's flat graph.
 * @module
 */
import type { Expression } from '../core/condition.ts';
import type { EmailTemplate, InAppTemplate, Journey, SalesTaskTemplate, Step, StepId } from '../core/journey.ts';
import type { Offer } from '../core/offer.ts';
import { DAY, type Milliseconds } from '../core/time.ts';
import { type Catalog, checkReference, reportTo } from './catalog.ts';
import { addressee, lintNames, stakeholdersOf } from './compile-addressees.ts';
import { type ConditionSurroundings, compileCondition } from './compile-condition.ts';
import { compileAgain, compileEntry, compileGroup, compileLimit, enteredWith } from './compile-entry.ts';
import { compileExperiment } from './compile-experiment.ts';
import { compileMilestone } from './compile-milestone.ts';
import { offering } from './compile-offers.ts';
import { checkCaps, checkMessaging, compileCap, compileMessaging } from './compile-pressure.ts';
import type { Roles } from './compile-roles.ts';
import type { Traits } from './compile-traits.ts';
import { checkWait, compileWait } from './compile-wait.ts';
import { lintEffects } from './lint-effects.ts';
import { lintExperiments } from './lint-experiments.ts';
import { lintJourney } from './lint-journey.ts';
import { lintOffers } from './lint-offers.ts';
import { lintValue } from './lint-value.ts';
import { traitsIn } from './liquid.ts';
import type { AuthoredStep } from './schema-journey.ts';
import { ANY_OFFER } from './schema-offer.ts';
import type { AuthoredMessaging } from './schema-pressure.ts';
import { millisecondsOf, shareOf } from './schema-values.ts';
import { kindOf, sayAt } from './scope.ts';
import type { DefinitionOf } from './shape.ts';
import type { Path } from './source.ts';
import { type InnerList, listOfVariant, placeIn, stepIds, stepsOf } from './step-ids.ts';
import type { Problem, SubjectKind } from './workspace-types.ts';

export interface Templates {
  readonly emails: ReadonlyMap<string, EmailTemplate>;
  readonly inApps: ReadonlyMap<string, InAppTemplate>;
  readonly salesTasks: ReadonlyMap<string, SalesTaskTemplate>;
}

const DEFAULT_END = 30 * DAY;
const DEFAULT_PRIORITY = 50;

/**
 * @param problems what is wrong is added here
 * @returns a journey that can be run if nothing was added
 */
export function compileJourney(
  { file, source }: DefinitionOf<'journey'>,
  catalog: Catalog,
  traits: Traits,
  templates: Templates & { readonly roles: Roles; readonly offers: ReadonlyMap<string, Offer> },
  problems: Problem[],
): Journey {
  const report = reportTo(problems);
  const { scope } = traits;
  const { enter, goal, exit } = file;
  const of = kindOf(file.of);
  const about = { scope, source, of };
  const given: ConditionSurroundings = { ...about, inRun: true, sinceEntry: false, enteredWith: enteredWith(enter) };

  const placed = stepsOf(file);
  const ids = stepIds(placed, (path, id, derived) => {
    const fix = derived ? 'Give this step an `id` of its own' : 'Choose another id';
    report(source, derived ? path : [...path, 'id'], `Two steps have the id \`${id}\``, fix);
  });
  problems.push(...lintEffects(placed, source, catalog, traits.names, report, of));
  const idAt = (path: Path) => ids.get(path.join('/')) ?? '';
  const steps: Record<StepId, Step> = {};
  const journeyLasts = exit?.after === undefined ? DEFAULT_END : millisecondsOf(exit.after);
  const compiler: Compiler = {
    ...given,
    catalog,
    templates,
    roles: templates.roles,
    offers: templates.offers,
    idAt,
    journeyLasts,
    steps,
  };
  const first = compileList({ list: file.steps, at: ['steps'] }, null, compiler);
  if (file.value !== undefined) lintValue(file, given);
  const everywhere = catalog.settings?.file.holdout;
  const milestone = compileMilestone(file, catalog, given);

  const journey: Journey = {
    key: file.journey,
    ...(of === 'account' && { of }),
    enter: compileEntry(enter, about),
    again: compileAgain(enter.again, 'at' in enter || 'every' in enter ? 'always' : 'never'),
    ...compileLimit(enter.limit, scope),
    goal: goal === undefined ? null : compileCondition(goal, ['goal'], { ...given, sinceEntry: true }),
    ...(file.value !== undefined && { value: file.value }),
    exit: {
      after: journeyLasts,
      when: exit?.when === undefined ? null : compileCondition(exit.when, ['exit', 'when'], given),
    },
    holdout: file.holdout === undefined ? 0 : shareOf(file.holdout),
    ...(everywhere !== undefined && { holdoutEverywhere: shareOf(everywhere) }),
    ...(file.ramp !== undefined && { ramp: shareOf(file.ramp) }),
    priority: file.priority ?? DEFAULT_PRIORITY,
    ...compileGroup(file.group, catalog.settings?.file, sayAt(given, ['group'])),
    ...(milestone !== undefined && { milestone }),
    caps: (file.caps ?? []).map(compileCap),
    computed: computedIn(Object.values(steps), 'person', traits),
    ...(of === 'account' && { computedOfAccount: computedIn(Object.values(steps), of, traits) }),
    first,
    // In the order in which they are written.
    steps: Object.fromEntries(placed.flatMap(({ path }) => ownStep(steps, idAt(path)))),
  };
  const say = (path: Path, message: string, fix?: string) => report(source, path, message, fix);
  checkCaps(file.caps ?? [], ['caps'], source, catalog, report);
  for (const { path } of placed) {
    const step = steps[idAt(path)];
    if (step !== undefined && 'template' in step) lintNames(step, textsOf(step), path, traits.names, compiler);
    if (step?.kind === 'webhook') lintNames(step, textsOf(step), [...path, 'webhook'], traits.names, compiler);
  }
  const named = placed.map(({ path }) => ({ id: idAt(path), path }));
  lintJourney(file, journey, named, say);
  lintOffers(journey, named, say);
  lintExperiments(placed, journey, say);
  return journey;
}

/** The computed traits that any text of the steps names, with what they are computed from. */
function computedIn(
  steps: readonly Step[],
  whose: SubjectKind,
  { computed }: Traits,
): Readonly<Record<string, Expression>> {
  const named = new Set(steps.flatMap(textsOf).flatMap((text) => traitsIn(text, whose)));
  const meant = [...computed.values()].filter(({ key, of }) => of === whose && named.has(key));
  return Object.fromEntries(meant.map(({ key, expression }) => [key, expression]));
}

function textsOf(step: Step): readonly string[] {
  if (step.kind === 'offer') return step.offers.flatMap((offer) => textsIn({ ...offer.texts, ...offer }));
  if (step.kind === 'webhook') return [JSON.stringify(step.body)];
  return 'template' in step ? textsIn(step.template) : [];
}

function textsIn(parts: object): readonly string[] {
  return Object.values(parts).flatMap((part) => (typeof part === 'string' ? part : (JSON.stringify(part) ?? '')));
}

interface Compiler extends ConditionSurroundings {
  readonly catalog: Catalog;
  readonly templates: Templates;
  readonly roles: Roles;
  readonly offers: ReadonlyMap<string, Offer>;
  readonly idAt: (path: Path) => StepId;
  readonly journeyLasts: Milliseconds;
  /** Filled as steps are compiled. */
  readonly steps: Record<StepId, Step>;
}

/** @returns the first step of the list; of an empty one, what comes after it */
function compileList(inner: InnerList, after: StepId | null, into: Compiler): StepId | null {
  const { list } = inner;
  const idOf = (index: number) => (index < list.length ? into.idAt(placeIn(inner, index)) : after);
  list.forEach((authored, index) => {
    const step = compileStep(authored, placeIn(inner, index), idOf(index + 1), into);
    if (step !== undefined) into.steps[step.id] = step;
  });
  return idOf(0);
}

function compileStep(authored: AuthoredStep, path: Path, next: StepId | null, into: Compiler): Step | undefined {
  const id = into.idAt(path);
  const { templates, catalog } = into;
  const missing = (key: string) => (message: string, fix?: string) =>
    into.scope.report(into.source, [...path, key], message, fix);

  if ('wait' in authored) {
    checkWait(authored.wait, catalog.settings?.file.traits ?? {}, missing('wait'));
    return { id, next, kind: 'wait', ...compileWait(authored.wait, [...path, 'wait'], into) };
  }
  if ('wait-until' in authored) {
    const condition = compileCondition(authored['wait-until'], [...path, 'wait-until'], { ...into, sinceEntry: true });
    const onTimeout = compileList({ list: authored.onTimeout ?? [], at: [...path, 'onTimeout'] }, next, into);
    return { id, next, kind: 'wait-until', condition, timeout: millisecondsOf(authored.timeout), onTimeout };
  }
  if ('branch' in authored) {
    const at = [...path, 'branch'];
    let otherwise = next;
    const branches = authored.branch.flatMap((way, index) => {
      if ('else' in way) {
        otherwise = compileList({ list: way.else, at: [...at, index, 'else'] }, next, into);
        return [];
      }
      const condition = compileCondition(way.if, [...at, index, 'if'], into);
      return [{ if: condition, then: compileList({ list: way.then, at: [...at, index, 'then'] }, next, into) }];
    });
    return { id, next, kind: 'branch', branches, otherwise };
  }
  if ('split' in authored) {
    const ways = Object.entries(authored.split).map(([name, way]) => ({
      name,
      share: shareOf(way.share),
      then: compileList({ list: way.steps, at: [...path, 'split', name, 'steps'] }, next, into),
    }));
    return { id, next, kind: 'split', ways };
  }
  if ('repeat' in authored) {
    const { atMost, while: condition, steps } = authored.repeat;
    const at = [...path, 'repeat'];
    const first = compileList({ list: steps, at: [...at, 'steps'] }, id, into) ?? id;
    const asked = condition === undefined ? null : compileCondition(condition, [...at, 'while'], into);
    return { id, next, kind: 'repeat', atMost, while: asked, first };
  }
  if ('experiment' in authored) {
    const { journeyLasts } = into;
    return compileExperiment(authored, { id, next }, journeyLasts, (name, variant) =>
      compileList(listOfVariant(variant, [...path, 'variants', name]), next, into),
    );
  }
  if ('offer' in authored) {
    const among = offersIn(authored.offer, [...path, 'offer'], into);
    const none = compileList({ list: authored.none ?? [], at: [...path, 'none'] }, next, into);
    return { id, next, kind: 'offer', offers: among, none };
  }
  if ('email' in authored) {
    checkReference(catalog, catalog.emails, 'email', authored.email, missing('email'));
    const template = templates.emails.get(authored.email);
    const whose = addressee(authored, path, into);
    return (
      template &&
      messageStep({ id, next, kind: 'email', template, ...whose, ...offering(template) }, authored, path, into)
    );
  }
  if ('in-app' in authored) {
    checkReference(catalog, catalog.inApps, 'in-app', authored['in-app'], missing('in-app'));
    const template = templates.inApps.get(authored['in-app']);
    const whose = addressee(authored, path, into);
    return (
      template &&
      messageStep({ id, next, kind: 'in-app', template, ...whose, ...offering(template) }, authored, path, into)
    );
  }
  if ('sales-task' in authored) {
    checkReference(catalog, catalog.salesTasks, 'sales-task', authored['sales-task'], missing('sales-task'));
    const template = templates.salesTasks.get(authored['sales-task']);
    const naming = stakeholdersOf(authored, path, into);
    return (
      template &&
      messageStep({ id, next, kind: 'sales-task', template, ...naming, ...offering(template) }, authored, path, into)
    );
  }
  if ('webhook' in authored) {
    const { url, headers = {}, body = null } = authored.webhook;
    return { id, next, kind: 'webhook', url, headers, body, ...offering({ url, headers, body }) };
  }
  if ('set-trait' in authored) return { id, next, kind: 'set-trait', traits: authored['set-trait'] };
  return { id, next: null, kind: 'exit', reason: authored.exit };
}

function messageStep(
  bare: Extract<Step, { kind: 'email' | 'in-app' | 'sales-task' }>,
  authored: AuthoredMessaging,
  path: Path,
  { catalog, scope, source }: Compiler,
): Step {
  const step = { ...bare, ...compileMessaging(authored) };
  checkMessaging(step, authored, catalog, (key, message, fix) =>
    scope.report(source, key === undefined ? path : [...path, key], message, fix),
  );
  return step;
}

/** Of `any`, all of the workspace. */
function offersIn(authored: string | readonly string[], path: Path, into: Compiler): readonly Offer[] {
  const { catalog, offers, of, scope, source } = into;
  if (of === 'account') {
    scope.report(source, path, 'Offers are picked for people, and this journey is of accounts');
    return [];
  }
  if (authored === ANY_OFFER) {
    if (catalog.offers.size === 0)
      scope.report(source, path, 'The workspace has no offers', 'Define one: `offer: <name>`');
    return [...offers.values()];
  }
  const keys = [authored].flat();
  return keys.flatMap((key, index) => {
    const at = typeof authored === 'string' ? path : [...path, index];
    checkReference(catalog, catalog.offers, 'offer', key, (message, fix) => scope.report(source, at, message, fix));
    if (keys.indexOf(key) !== index)
      scope.report(source, at, `The offer \`${key}\` stands here twice`, 'Keep one of them');
    return offers.get(key) ?? [];
  });
}

function ownStep(steps: Readonly<Record<StepId, Step>>, id: StepId): [StepId, Step][] {
  const step = steps[id];
  return step === undefined ? [] : [[id, step]];
}
