/**
 * Traits and scores by name; a computed one is compiled to the expression that stands for it, wherever it is named.
 * @module
 */
import type { Expression } from '../core/condition.ts';
import type { Catalog, Report } from './catalog.ts';
import { compileBands, compileScore, compileScoreParts, SCORE_PARTS } from './compile-score.ts';
import { compileTrait } from './compile-trait.ts';
import type { Names } from './liquid.ts';
import { millisecondsOf } from './schema-values.ts';
import { kindOf, type Say, type Scope, type StoredTraits } from './scope.ts';
import type { DefinitionOf } from './shape.ts';
import { isStored, sayUnknown } from './trait-names.ts';
import type { ComputedTrait, ScoreDefinition, SubjectKind, TrackingPlan } from './workspace-types.ts';

export interface Traits {
  readonly scope: Scope;
  /** By name; of scores also what is read of them, such as `intent.band`. */
  readonly computed: ReadonlyMap<string, ComputedTrait>;
  readonly scores: ReadonlyMap<string, ScoreDefinition>;
  /** Names that templates can use after `person.` and `account.`. */
  readonly names: Names;
}

type Computed = DefinitionOf<'trait'> | DefinitionOf<'score'>;

/** All of them, and the scope in which conditions name them. */
export function compileTraits(catalog: Catalog, plan: TrackingPlan | undefined, report: Report): Traits {
  const { settings, broken } = catalog;
  const stored: StoredTraits = {
    person: settings?.file.traits ?? {},
    account: settings?.file.accountTraits ?? {},
  };
  const definitions = new Map<string, Computed>([...catalog.traits, ...catalog.scores]);
  const computed = new Map<string, ComputedTrait>();
  const scores = new Map<string, ScoreDefinition>();
  const underWay: string[] = [];

  const scope: Scope = {
    report,
    zone: settings?.file.timezone ?? 'UTC',
    ...(settings?.file.keepHistory !== undefined && { keepHistory: millisecondsOf(settings.file.keepHistory) }),
    ...(plan !== undefined && { plan }),
    audiences: new Map([...catalog.audiences].map(([key, { file }]) => [key, kindOf(file.of)])),
    broken,
    stored,
    resolve,
    hidden: new Map(),
  };

  function resolve(name: string, of: SubjectKind, say: Say): Expression {
    const asStored: Expression = { kind: 'trait', path: name };
    const base = definitions.has(name) ? name : (name.split('.')[0] ?? name);
    const definition = definitions.get(base);
    if (isStored(name, of, stored) && definition === undefined) return asStored;
    if (definition !== undefined) {
      if (underWay.includes(base)) {
        const circle = [...underWay.slice(underWay.indexOf(base)), base];
        say(`The trait \`${base}\` is computed from itself: ${circle.join(' → ')}`, 'Take one of these references out');
        return asStored;
      }
      if (!computed.has(base)) compile(base, definition);
      const found = computed.get(name);
      if (found?.of === of) return found.expression;
    }
    // Without settings nothing is known of stored traits, and that was said already.
    if (settings !== undefined && !broken.has(`trait ${name}`) && !broken.has(`score ${base}`))
      sayUnknown(name, of, { stored, computed: namesOf(definitions), scores: new Set(catalog.scores.keys()) }, say);
    return asStored;
  }

  function compile(name: string, definition: Computed): void {
    const { source } = definition;
    const given = { scope, source, of: kindOf(definition.file.of) };
    const add = (key: string, expression: Expression) => computed.set(key, { key, of: given.of, expression });
    underWay.push(name);
    if (definition.kind === 'trait') add(name, compileTrait(definition.file, given));
    else {
      const { file } = definition;
      const expression = compileScore(file, given);
      const bands = compileBands(file, given);
      add(name, expression);
      for (const [part, value] of Object.entries(compileScoreParts(file, expression, bands, given)))
        add(`${name}.${part}`, value);
      const { description, outOf } = file;
      scores.set(name, {
        key: name,
        of: given.of,
        ...(description !== undefined && { description }),
        expression,
        bands,
        ...(outOf !== undefined && { outOf }),
      });
    }
    underWay.pop();
  }

  for (const [name, definition] of definitions) {
    const { kind, source } = definition;
    const of = kindOf(definition.file.of);
    if (kind === 'score' && catalog.traits.has(name))
      report(source, ['score'], `The name \`${name}\` is that of a trait, too`, 'Give one of them another name');
    if (Object.hasOwn(stored[of], name))
      report(source, [kind], `The trait \`${name}\` is both stored and computed`, 'Give one of them another name');
    if (!computed.has(name)) compile(name, definition);
  }
  return { scope, computed, scores, names: templateNames() };

  function templateNames(): Names {
    const computedOf = (kind: SubjectKind) =>
      [...computed.values()].filter(({ of }) => of === kind).map(({ key }) => key);
    const person = new Set([...Object.keys(stored.person), ...computedOf('person')]);
    for (const one of broken) if (/^(trait|score) /.test(one)) person.add(one.replace(/^\S+ /, ''));
    return {
      person,
      account: new Set(Object.keys(stored.account)),
      computedOfAccounts: new Set(computedOf('account')),
      complete: settings !== undefined,
    };
  }
}

function namesOf(definitions: ReadonlyMap<string, Computed>): ReadonlyMap<string, SubjectKind> {
  const names = new Map<string, SubjectKind>();
  for (const [name, { kind, file }] of definitions) {
    names.set(name, kindOf(file.of));
    if (kind === 'score' && file.bands !== undefined) names.set(`${name}.${SCORE_PARTS[0]}`, kindOf(file.of));
  }
  return names;
}
