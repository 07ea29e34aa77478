/**
 * All definitions of a workspace by kind and name, so that others can refer to them.
 * @module
 */
import { didYouMean } from './problems.ts';
import type { Kind } from './schema.ts';
import type { Definition, DefinitionOf } from './shape.ts';
import { type Path, problemAt, type Source } from './source.ts';
import type { Problem } from './workspace-types.ts';

export interface Catalog {
  readonly settings: DefinitionOf<'settings'> | undefined;
  readonly audiences: ReadonlyMap<string, DefinitionOf<'audience'>>;
  readonly journeys: ReadonlyMap<string, DefinitionOf<'journey'>>;
  readonly emails: ReadonlyMap<string, DefinitionOf<'email'>>;
  readonly inApps: ReadonlyMap<string, DefinitionOf<'in-app'>>;
  readonly salesTasks: ReadonlyMap<string, DefinitionOf<'sales-task'>>;
  /** Computed traits. */
  readonly traits: ReadonlyMap<string, DefinitionOf<'trait'>>;
  readonly scores: ReadonlyMap<string, DefinitionOf<'score'>>;
  /** Tracking plans. */
  readonly plans: ReadonlyMap<string, DefinitionOf<'plan'>>;
  readonly syncs: ReadonlyMap<string, DefinitionOf<'sync'>>;
  readonly tags: ReadonlyMap<string, DefinitionOf<'tags'>>;
  readonly enrichments: ReadonlyMap<string, DefinitionOf<'enrichment'>>;
  readonly roles: ReadonlyMap<string, DefinitionOf<'role'>>;
  readonly offers: ReadonlyMap<string, DefinitionOf<'offer'>>;
  /** `audience vips`: defined, in a file that cannot be read. Who refers to them is not told that they are missing. */
  readonly broken: ReadonlySet<string>;
}

/** Whoever checks something says here what is wrong with it. */
export type Report = (source: Source, path: Path, message: string, fix?: string, within?: Within) => void;

/** A part of the text at the path. */
export interface Within {
  readonly text: string;
  readonly index: number;
}

export function reportTo(problems: Problem[]): Report {
  return (source, path, message, fix, within) => {
    const place = within === undefined ? source.placeOf(path) : source.placeWithin(path, within.text, within.index);
    problems.push(problemAt(source.file, place, message, fix));
  };
}

export function catalogOf(
  definitions: readonly Definition[],
  broken: ReadonlySet<string>,
  problems: Problem[],
): Catalog {
  const report = reportTo(problems);
  const ofKind = <K extends Kind>(kind: K): ReadonlyMap<string, DefinitionOf<K>> => {
    const byKey = new Map<string, DefinitionOf<K>>();
    for (const definition of definitions) {
      if (!isOf(definition, kind)) continue;
      const { source } = definition;
      const key = keyOf(definition);
      const earlier = byKey.get(key)?.source;
      if (earlier === undefined) byKey.set(key, definition);
      else report(source, [kind], `The ${WHAT[kind]} \`${key}\` is defined twice`, `It is in ${earlier.file} too`);
    }
    return byKey;
  };
  const settings = definitions.filter((definition) => isOf(definition, 'settings'));
  for (const { source } of settings.slice(1))
    report(source, ['settings'], 'The workspace has settings twice', `They are in ${settings[0]?.source.file} too`);
  if (settings[0] === undefined && ![...broken].some((one) => one.startsWith('settings '))) {
    const fix = 'Add `settings.yaml` with `settings: <name>`, `timezone` and `sender`';
    problems.push(problemAt('settings.yaml', { line: 1, column: 1 }, 'The workspace has no settings', fix));
  }
  return {
    settings: settings[0],
    audiences: ofKind('audience'),
    journeys: ofKind('journey'),
    emails: ofKind('email'),
    inApps: ofKind('in-app'),
    salesTasks: ofKind('sales-task'),
    traits: ofKind('trait'),
    scores: ofKind('score'),
    syncs: ofKind('sync'),
    tags: ofKind('tags'),
    enrichments: ofKind('enrichment'),
    roles: ofKind('role'),
    offers: ofKind('offer'),
    plans: ofKind('plan'),
    broken,
  };
}

/** Every definition that a text seems to hold, for {@link Catalog.broken}. */
export function definedIn(text: string): readonly string[] {
  return [...text.matchAll(/^(\S+):[ \t]*["']?([^\s"'#]+)/gm)].map(([, kind, key]) => `${kind} ${key}`);
}

/** Says so where there is no such definition. */
export function checkReference(
  { broken }: Pick<Catalog, 'broken'>,
  among: ReadonlyMap<string, unknown>,
  kind: Exclude<Kind, 'settings'>,
  key: string,
  say: (message: string, fix?: string) => void,
): void {
  if (among.has(key) || broken.has(`${kind} ${key}`)) return;
  const known = [...among.keys()];
  say(
    `There is no ${WHAT[kind]} \`${key}\``,
    didYouMean(key, known) ?? (known.length === 0 ? undefined : listed(known)),
  );
}

const WHAT: Readonly<Record<Kind, string>> = {
  settings: 'settings',
  audience: 'audience',
  journey: 'journey',
  email: 'email template',
  'in-app': 'in-app template',
  'sales-task': 'sales task template',
  trait: 'trait',
  score: 'score',
  sync: 'sync',
  plan: 'tracking plan',
  tags: 'table of tags',
  enrichment: 'enrichment',
  role: 'role',
  offer: 'offer',
};
const MANY = 6;

function listed(keys: readonly string[]): string {
  const shown = keys.slice(0, MANY).map((key) => `\`${key}\``);
  return `There is ${shown.join(', ')}${keys.length > MANY ? ' and more' : ''}`;
}

/** Every kind has its name under its own key. */
function keyOf({ kind, file }: Definition): string {
  return String(Object.entries(file).find(([key]) => key === kind)?.[1]);
}

function isOf<K extends Kind>(definition: Definition, kind: K): definition is Definition & DefinitionOf<K> {
  return definition.kind === kind;
}
