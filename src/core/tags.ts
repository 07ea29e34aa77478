/**
 * What a text is about: features found by their keywords, as whole words whatever their case, and the tiers that have them.
 * @module
 */
import type { Json, JsonObject } from './condition.ts';
import { readPath } from './matching.ts';

export interface TaggedFeature {
  readonly feature: string;
  readonly tier?: string;
  readonly keywords: readonly string[];
}

export interface TagTable {
  readonly key: string;
  /** Names of the events whose texts are looked at. */
  readonly events: readonly string[];
  /** Properties that hold the texts; dots lead into nested objects. */
  readonly text: readonly string[];
  /** Properties that get the names of the features and of their tiers, in the order of the table, each once. */
  readonly into: { readonly features: string; readonly tiers: string };
  readonly table: readonly TaggedFeature[];
}

/** Writing that does not put spaces between words: there a keyword is found wherever it stands. */
const UNSPACED = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}`;
const WORD = String.raw`[[\p{L}\p{N}\p{M}_]--[${UNSPACED}]]`;
const STARTS_WITH_WORD = new RegExp(`^${WORD}`, 'v');
const ENDS_WITH_WORD = new RegExp(`${WORD}$`, 'v');

type Matchers = readonly (readonly [TaggedFeature, RegExp])[];
const compiled = new WeakMap<TagTable, Matchers>();

/** The properties of such an event with its tags; as they were, where no table is about it. Lists are empty where nothing is found. */
export function withTags(tables: readonly TagTable[], name: string, properties: JsonObject): JsonObject {
  const about = tables.filter(({ events }) => events.includes(name));
  if (about.length === 0) return properties;
  return { ...properties, ...Object.fromEntries(about.flatMap((table) => tagsOf(table, properties))) };
}

/** Two keywords that are this alike find the same. */
export function keywordForm(keyword: string): string {
  return keyword.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}

function tagsOf(table: TagTable, properties: JsonObject): [string, Json][] {
  const text = table.text
    .flatMap((path) => textsIn(readPath(properties, path)))
    .join('\n\n')
    .normalize('NFKC');
  const found = matchersOf(table).flatMap(([feature, matcher]) => (matcher.test(text) ? [feature] : []));
  const tiers = found.flatMap(({ tier }) => tier ?? []);
  return [
    [table.into.features, [...new Set(found.map(({ feature }) => feature))]],
    [table.into.tiers, [...new Set(tiers)]],
  ];
}

function textsIn(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.flatMap(textsIn) : [];
}

function matchersOf(table: TagTable): Matchers {
  const known = compiled.get(table);
  if (known !== undefined) return known;
  const matchers = table.table.map((feature) => {
    const pattern = feature.keywords.map(patternOf).join('|');
    return [feature, new RegExp(pattern, 'iv')] as const;
  });
  compiled.set(table, matchers);
  return matchers;
}

/** Any white space stands between the words of a keyword, and no letter or digit beside it. */
function patternOf(keyword: string): string {
  const bare = keyword.normalize('NFKC').trim();
  const words = bare.split(/\s+/).map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/\-&~!#%,:;<=>@`"']/g, escaped));
  const before = STARTS_WITH_WORD.test(bare) ? `(?<!${WORD})` : '';
  const after = ENDS_WITH_WORD.test(bare) ? `(?!${WORD})` : '';
  return `${before}${words.join(String.raw`\s+`)}${after}`;
}

function escaped(letter: string): string {
  return `\\u{${letter.codePointAt(0)?.toString(16)}}`;
}
