/**
 * Is a definition of the right shape? What the schemas find becomes what an author reads.
 * @module
 */
import type { z } from 'zod';
import { didYouMean, nearest } from './problems.ts';
import { KIND_NAMES, KINDS, type Kind } from './schema.ts';
import { isForm, quoted } from './schema-values.ts';
import { type Path, problemAt, type Source } from './source.ts';
import type { Problem } from './workspace-types.ts';

type Issue = z.core.$ZodIssue;
export type FileOf<K extends Kind> = z.infer<(typeof KINDS)[K]>;

/** A definition of the right shape, and where it stands. */
export interface DefinitionOf<K extends Kind> {
  readonly kind: K;
  readonly source: Source;
  readonly file: FileOf<K>;
}
export type Definition = { [K in Kind]: DefinitionOf<K> }[Kind];

const TYPES: Readonly<Record<string, string>> = { object: 'a map of keys', record: 'a map of keys', array: 'a list' };

/** The kind by its top-level key. */
export function checkShape(source: Source): Definition | readonly Problem[] {
  const { file, value } = source;
  const kind = isObject(value) ? KIND_NAMES.find((name) => Object.hasOwn(value, name)) : undefined;
  if (kind === undefined) {
    const written = isObject(value) ? Object.keys(value) : [];
    const near = written.find((key) => nearest(key, KIND_NAMES) !== undefined);
    const place = near === undefined ? source.placeOf([]) : source.placeOfKey([near]);
    const fix = near === undefined ? undefined : didYouMean(near, KIND_NAMES);
    return [problemAt(file, place, `A definition has one of ${quoted(KIND_NAMES)} at top level; this has none`, fix)];
  }
  if (kind === 'email')
    return [
      problemAt(file, source.placeOfKey([kind]), 'An email is a template of its own', 'Put it into an `.mjml` file'),
    ];
  return checkKind(source, kind);
}

/** The front matter of an email. */
export function checkEmail(source: Source): Definition | readonly Problem[] {
  return checkKind(source, 'email');
}

function checkKind(source: Source, kind: Kind): Definition | readonly Problem[] {
  const checked = checkAgainst<FileOf<Kind>>(KINDS[kind], source);
  return 'file' in checked ? ({ kind, source, file: checked.file } as Definition) : checked;
}

/** A file that is no definition, by its own schema. */
export function checkAgainst<File>(
  schema: z.ZodType<File>,
  source: Source,
): { readonly file: File } | readonly Problem[] {
  const result = schema.safeParse(source.value, {
    // The message of an unknown key is the list of known ones; `problemsOf` writes the sentence.
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return knownKeys(issue.inst).join(' ');
      return issue.code === 'invalid_type' ? `must be ${TYPES[issue.expected] ?? issue.expected}` : undefined;
    },
  });
  return result.success ? { file: result.data } : problemsOfAll(result.error.issues, [], source);
}

/** What an unknown key has left undone elsewhere in the same map is not said as well. */
function problemsOfAll(issues: readonly Issue[], above: Path, source: Source): readonly Problem[] {
  const misspelt = new Set(issues.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => path.join('.')));
  return issues
    .filter(({ code, path }) => code !== 'custom' || !misspelt.has(path.join('.')))
    .flatMap((issue) => problemsOf(issue, above, source));
}

function knownKeys(schema: unknown): readonly string[] {
  return Object.keys((schema as z.core.$ZodObject)._zod.def.shape);
}

function problemsOf(issue: Issue, above: Path, source: Source): readonly Problem[] {
  const path = [...above, ...issue.path];
  if (!isWritten(path, source)) {
    const name = String(path.at(-1));
    return [problemAt(source.file, source.placeOf(path.slice(0, -1)), `\`${name}\` is missing${inside(path)}`)];
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const known = issue.message.split(' ');
        const fix = didYouMean(key, known) ?? `Known here: ${known.join(', ')}`;
        return problemAt(
          source.file,
          source.placeOfKey([...path, key]),
          `Unknown key \`${key}\`${inside([...path, key])}`,
          fix,
        );
      });
    case 'invalid_union':
      return problemsOfUnion(issue, path, source);
    case 'invalid_key':
      return [said(path, source, issue.issues[0]?.message ?? issue.message, 'key')];
    default:
      return [said(path, source, issue.message, 'value', didYouMean(String(valueAt(path, source)), namesOf(issue)))];
  }
}

function namesOf(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'custom' ? ((issue.params?.names as readonly string[] | undefined) ?? []) : [];
}

/** Of the forms a thing may have, the one that was meant is told by the keys that are there, or else by the basic type. */
function problemsOfUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  source: Source,
): readonly Problem[] {
  const value = valueAt(path, source);
  const formsOf = (option: readonly Issue[]) =>
    option.flatMap(({ path: [name, ...rest] }) =>
      isForm(name) && rest.length === 0 && !has(value, name) ? [String(name)] : [],
    );
  const forms = [...new Set(issue.errors.flatMap(formsOf))];
  const ofRightType = issue.errors.filter((option) => !option.some((one) => one.path.length === 0 && isTypeIssue(one)));
  const meant = ofRightType.filter((option) => formsOf(option).length === 0);

  const written = isObject(value) ? Object.keys(value).filter((key) => isForm(key) && !isGiven(key, issue)) : [];

  if (!isObject(value) || (forms.length === 0 && written.length < 2)) {
    const [only] = ofRightType;
    if (only === undefined || ofRightType.length > 1) return [said(path, source, issue.message)];
    return problemsOfAll(only, path, source);
  }
  const [best, another] = meant;
  if (best !== undefined && another === undefined) return problemsOfAll(best, path, source);
  if (best !== undefined)
    return [said(path, source, `${issue.message}; this has ${quoted(written)}`, 'value', 'Keep one of them')];
  const near = Object.keys(value).find((key) => nearest(key, forms) !== undefined);
  const place = near === undefined ? source.placeOf(path) : source.placeOfKey([...path, near]);
  const fix = near === undefined ? undefined : didYouMean(near, forms);
  return [problemAt(source.file, place, `${issue.message}; this has none of them`, fix)];
}

/** A key that every form has is no sign of one. */
function isGiven(key: string, { errors }: Extract<Issue, { code: 'invalid_union' }>): boolean {
  return !errors.some((option) =>
    option.some((one) => one.code === 'unrecognized_keys' && one.path.length === 0 && one.keys.includes(key)),
  );
}

function said(path: Path, source: Source, message: string, where: 'key' | 'value' = 'value', fix?: string): Problem {
  const place = where === 'key' ? source.placeOfKey(path) : source.placeOf(path);
  if (!/^(must|needs|has|can|comes) /.test(message)) return problemAt(source.file, place, capitalised(message), fix);
  const name = path.findLast((step) => typeof step === 'string') ?? 'The file';
  const shown = where === 'value' ? valueAt(path, source) : undefined;
  const written =
    isObject(shown) || Array.isArray(shown) || shown === undefined ? '' : `, not ${JSON.stringify(shown)}`;
  return problemAt(
    source.file,
    place,
    `\`${String(name)}\` ${message}${message.startsWith('must') ? written : ''}`,
    fix,
  );
}

function inside(path: Path): string {
  const parent = path.slice(0, -1).findLast((step) => typeof step === 'string');
  return parent === undefined ? '' : ` in \`${String(parent)}\``;
}

function isTypeIssue({ code }: Issue): boolean {
  return code === 'invalid_type' || code === 'invalid_value' || code === 'invalid_union';
}

function isWritten(path: Path, source: Source): boolean {
  return path.length === 0 || has(valueAt(path.slice(0, -1), source), path.at(-1));
}

function valueAt(path: Path, { value }: Source): unknown {
  let here: unknown = value;
  for (const step of path) here = has(here, step) ? (here as Record<PropertyKey, unknown>)[step] : undefined;
  return here;
}

function has(value: unknown, key: PropertyKey | undefined): boolean {
  return key !== undefined && typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
