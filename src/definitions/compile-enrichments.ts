/**
 * Enrichments: compiled, each with a hidden audience of those that are to be asked about.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { DAY, SECOND } from '../core/time.ts';
import type { Catalog, Report } from './catalog.ts';
import { compileCondition } from './compile-condition.ts';
import { textProblems } from './compile-templates.ts';
import type { Traits } from './compile-traits.ts';
import type { EnrichmentDefinition } from './enrichment-types.ts';
import { names, traitsIn } from './liquid.ts';
import { didYouMean } from './problems.ts';
import { millisecondsOf } from './schema-values.ts';
import { kindOf } from './scope.ts';
import type { DefinitionOf } from './shape.ts';
import type { Path } from './source.ts';
import type { Problem, SubjectKind } from './workspace-types.ts';

interface Given {
  readonly catalog: Catalog;
  readonly traits: Traits;
  readonly report: Report;
  readonly problems: Problem[];
}

const REFRESH = 30 * DAY;
const TIMEOUT = 10 * SECOND;
const ATTEMPTS = 5;
const SECRET = /\{\{-?\s*secret\.[A-Za-z]\w*\s*-?\}\}/g;
const FIXED_HOST = /^https?:\/\/[^/?#{}\s]+([/?#]|$)/;

/** What is wrong is reported, or added to `problems`; the audiences go to the scope's hidden ones. */
export function compileEnrichments(given: Given): readonly EnrichmentDefinition[] {
  return [...given.catalog.enrichments].map(([key, definition]) => compileEnrichment(key, definition, given));
}

function compileEnrichment(key: string, definition: DefinitionOf<'enrichment'>, given: Given): EnrichmentDefinition {
  const { file, source } = definition;
  const { traits, report } = given;
  const { scope } = traits;
  const of = kindOf(file.of);
  const headers = file.headers ?? {};
  checkTexts(definition, of, given);
  for (const name of Object.keys(file.fields)) checkField(name, of, definition, given);

  const own = traitsIn(bare(file.url), of).filter((name) => name !== 'id');
  const accounts = of === 'person' ? traitsIn(bare(file.url), 'account').filter((name) => name !== 'id') : [];
  for (const name of own) {
    if (!traits.computed.has(name)) continue;
    const fix = 'Name stored traits in addresses';
    report(source, ['url'], `The trait \`${name}\` is computed, and an address cannot name it`, fix);
  }
  const asked: Condition[] = [...own, ...accounts.map((name) => `account.${name}`)].map((path) => ({
    kind: 'value',
    of: { kind: 'trait', path },
    test: { op: 'exists', value: true },
  }));
  const surroundings = { scope, source, of, inRun: false, sinceEntry: false };
  const when = file.when === undefined ? [] : [compileCondition(file.when, ['when'], surroundings)];
  const audience = `enrichment/${key}`;
  scope.hidden.set(audience, { key: audience, of, condition: { kind: 'all', of: [...when, ...asked] } });
  return {
    ...{ key, of, audience, url: file.url, headers },
    named: [...own, ...(of === 'person' && names(bare(file.url), 'account') ? ['account'] : [])],
    fields: Object.fromEntries(Object.entries(file.fields).map(([name, path]) => [name, path.replace(/^\$\./, '')])),
    refresh: file.refresh === undefined ? REFRESH : millisecondsOf(file.refresh),
    timeout: file.timeout === undefined ? TIMEOUT : millisecondsOf(file.timeout),
    attempts: file.attempts ?? ATTEMPTS,
    notFound: file.notFound ?? 'keep',
  };
}

function checkTexts({ file, source }: DefinitionOf<'enrichment'>, of: SubjectKind, given: Given): void {
  const { report, problems, traits } = given;
  if (!FIXED_HOST.test(file.url)) {
    report(source, ['url'], 'The host of the address is not fixed', 'Let Liquid stand in the path or after `?` only');
  }
  const texts: [Path, string][] = [
    [['url'], file.url],
    ...Object.entries(file.headers ?? {}).map(([name, text]): [Path, string] => [['headers', name], text]),
  ];
  for (const [path, text] of texts) {
    // Blanks as long as the secret keep what is wrong with the rest in its place.
    const masked = text.replaceAll(SECRET, (secret) => ' '.repeat(secret.length));
    problems.push(...textProblems({ source }, path, masked, traits.names));
    const foreign = of === 'account' ? ['event', 'journey', 'person'] : ['event', 'journey'];
    const there = of === 'account' ? '`account` and `secret`' : '`person`, `account` and `secret`';
    for (const root of foreign) {
      if (names(masked, root)) report(source, path, `An enrichment has no \`${root}\` here`, `There is ${there}`);
    }
  }
}

function checkField(
  name: string,
  of: SubjectKind,
  { source }: DefinitionOf<'enrichment'>,
  { catalog: { settings, broken }, traits, report }: Given,
): void {
  const path = ['fields', name];
  const [stored, where] =
    of === 'account'
      ? [settings?.file.accountTraits ?? {}, '`accountTraits`']
      : [settings?.file.traits ?? {}, '`traits`'];
  if (traits.computed.has(name) || broken.has(`trait ${name}`)) {
    report(source, path, `The trait \`${name}\` is computed and cannot be set`, 'Set one of another name');
  } else if (settings !== undefined && !Object.hasOwn(stored, name)) {
    const fix = didYouMean(name, Object.keys(stored)) ?? `Declare it under ${where} in the settings`;
    report(source, path, `There is no trait \`${name}\` to set`, fix);
  }
}

function bare(text: string): string {
  return text.replaceAll(SECRET, '');
}
