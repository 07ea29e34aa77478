/**
 * Which column is what: by its name, or as `--map` says.
 * @module
 */
import { didYouMean } from '../definitions/problems.ts';
import type { TraitType } from '../definitions/workspace-types.ts';
import { UnusableFileError } from './source-file.ts';
import { TYPES } from './typed-text.ts';

export const IMPORTS = ['people', 'accounts', 'events'] as const;
/** `entries` are requests to enter a journey. */
export type What = (typeof IMPORTS)[number] | 'entries';

/** Where a column's values go: to a key of the call, into its traits or properties, or nowhere. */
export type Field =
  | { readonly to: 'call'; readonly key: string }
  | { readonly to: 'values'; readonly path: readonly string[]; readonly type?: TraitType }
  | { readonly to: 'nowhere' };

export interface Naming {
  readonly what: What;
  /** Column to field, as `--map` has it. */
  readonly maps: ReadonlyMap<string, string>;
  /** Types of traits that the workspace declares. */
  readonly declared: Readonly<Record<string, TraitType>>;
}

const NAMED: Readonly<Record<What, readonly string[]>> = {
  people: ['userId', 'anonymousId', 'timestamp', 'messageId'],
  accounts: ['groupId', 'userId', 'anonymousId', 'timestamp', 'messageId'],
  events: ['userId', 'anonymousId', 'event', 'timestamp', 'messageId'],
  entries: ['userId', 'messageId'],
};
const NEEDED: Readonly<Record<What, readonly (readonly string[])[]>> = {
  people: [['userId', 'anonymousId']],
  accounts: [['groupId']],
  events: [['userId', 'anonymousId'], ['event'], ['timestamp']],
  entries: [['userId']],
};
const LEFT_OUT = '-';

/** `traits` or `properties`. */
export function containerOf(what: What): 'traits' | 'properties' {
  return what === 'events' || what === 'entries' ? 'properties' : 'traits';
}

/**
 * The field of a column. `userId` and the like are told whatever their case, also as `user_id`; any other column is a
 * trait or a property of that name, with `:type` behind it or without.
 * @throws {UnusableFileError} where `--map` or a header says what cannot be
 */
export function fieldOf(column: string, naming: Naming): Field {
  const mapped = naming.maps.get(column);
  if (mapped !== undefined) return readField(mapped, `--map ${column}=${mapped}`, naming, true);
  return readField(column, `The column \`${column}\``, naming, false);
}

/** @throws {UnusableFileError} where something that every row needs has no column, or `--map` names a column that is not there */
export function fieldsOf(columns: readonly string[], naming: Naming): ReadonlyMap<string, Field> {
  for (const column of naming.maps.keys()) {
    if (columns.includes(column)) continue;
    const fix = didYouMean(column, columns) ?? `There are: ${columns.join(', ')}.`;
    throw new UnusableFileError(`--map names the column \`${column}\`, which is not in the file. ${fix}`);
  }
  const fields = new Map(columns.map((column) => [column, fieldOf(column, naming)]));
  const keys = [...fields.values()].flatMap((field) => (field.to === 'call' ? [field.key] : []));
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined)
    throw new UnusableFileError(`Two columns are \`${twice}\`. Leave one out with --map COLUMN=-.`);
  for (const alternatives of NEEDED[naming.what]) {
    if (alternatives.some((key) => keys.includes(key))) continue;
    const wanted = alternatives.map((key) => `\`${key}\``).join(' or ');
    throw new UnusableFileError(
      `No column is ${wanted}, which ${naming.what} need. There are: ${columns.join(', ')}. Say which with --map COLUMN=${alternatives[0]}.`,
    );
  }
  return fields;
}

/** @param isAsked by `--map`, which names fields in full */
function readField(written: string, where: string, { what, declared }: Naming, isAsked: boolean): Field {
  if (written === '' || (isAsked && written === LEFT_OUT)) return { to: 'nowhere' };
  const plain = bare(written);
  const key = NAMED[what].find((name) => bare(name) === plain);
  if (key !== undefined) return { to: 'call', key };

  const prefix = `${containerOf(what)}.`;
  const isPrefixed = written.startsWith(prefix);
  const name = isPrefixed ? written.slice(prefix.length) : written;
  const [, path = name, said] = /^(.*):([a-z]+)$/.exec(name) ?? [];
  const type = TYPES.find((known) => known === said);
  if (isAsked && !isPrefixed) {
    const fields = [...NAMED[what], `${prefix}NAME`, `${prefix}NAME:TYPE`, LEFT_OUT];
    throw new UnusableFileError(`${where}: there is no field \`${written}\`. A field is one of ${fields.join(', ')}.`);
  }
  if (isPrefixed && said !== undefined && type === undefined) {
    throw new UnusableFileError(`${where}: there is no type \`${said}\`. A type is one of ${TYPES.join(', ')}.`);
  }
  const keys = (type === undefined ? name : path).split('.');
  if (keys.some((one) => one.trim() === '' || one === '__proto__')) {
    throw new UnusableFileError(`${where} cannot be the name of a value. Name it with --map.`);
  }
  const known = type ?? (keys.length === 1 ? declared[keys[0] ?? ''] : undefined);
  return { to: 'values', path: keys, ...(known === undefined ? {} : { type: known }) };
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, '');
}
