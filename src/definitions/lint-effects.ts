/**
 * What steps put into the outside: the Liquid of webhooks, the names and types of traits.
 * @module
 */
import type { Json } from '../core/condition.ts';
import { instantOf } from '../core/test-value.ts';
import type { Catalog, Report } from './catalog.ts';
import { textProblems } from './compile-templates.ts';
import type { Names } from './liquid.ts';
import { didYouMean } from './problems.ts';
import type { Path, Source } from './source.ts';
import type { PlacedStep } from './step-ids.ts';
import type { Problem, SubjectKind, TraitType } from './workspace-types.ts';

export function lintEffects(
  placed: readonly PlacedStep[],
  source: Source,
  catalog: Catalog,
  names: Names,
  report: Report,
  of: SubjectKind,
): readonly Problem[] {
  return placed.flatMap(({ step, path }) => {
    if ('set-trait' in step) lintTraits(step['set-trait'], [...path, 'set-trait'], source, catalog, report, of);
    if (!('webhook' in step)) return [];
    const texts = textsIn(step.webhook as Json, [...path, 'webhook']);
    return texts.flatMap(({ text, at }) => textProblems({ source }, at, text, names));
  });
}

function lintTraits(
  traits: Readonly<Record<string, Json>>,
  path: Path,
  source: Source,
  { settings, traits: computed, scores, broken }: Catalog,
  report: Report,
  of: SubjectKind,
): void {
  const declared = of === 'person' ? 'traits' : 'accountTraits';
  const stored = settings?.file[declared] ?? {};
  for (const [name, value] of Object.entries(traits)) {
    const type = stored[name];
    if (computed.has(name) || scores.has(name) || broken.has(`trait ${name}`) || broken.has(`score ${name}`)) {
      report(source, [...path, name], `The trait \`${name}\` is computed and cannot be set`, 'Set one of another name');
    } else if (type === undefined) {
      const fix = didYouMean(name, Object.keys(stored)) ?? `Declare it under \`${declared}\` in the settings`;
      if (settings !== undefined) report(source, [...path, name], `There is no trait \`${name}\` to set`, fix);
    } else if (value !== null && !isOfType(value, type)) {
      report(source, [...path, name], `The trait \`${name}\` is a ${type}, and ${JSON.stringify(value)} is none`);
    }
  }
}

function isOfType(value: Json, type: TraitType): boolean {
  switch (type) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
    case 'date':
      return instantOf(value) !== undefined;
    case 'list':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && !Array.isArray(value);
  }
}

function textsIn(value: Json, at: Path): readonly { text: string; at: Path }[] {
  if (typeof value === 'string') return [{ text: value, at }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => textsIn(part, [...at, key]));
}
