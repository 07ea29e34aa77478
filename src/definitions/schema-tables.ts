/**
 * Tables of keys for the pages made from the schemas.
 * @module
 */
import { z } from 'zod';
import { clockTime } from './schema-pressure.ts';
import {
  duration,
  isForm,
  key,
  link,
  percent,
  quoted,
  rate,
  sender,
  timezone,
  traitName,
  webAddress,
  window,
} from './schema-values.ts';
import { moment } from './schema-wait.ts';

/** What is used here of JSON Schema. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
}
export type Definitions = NonNullable<JsonSchema['$defs']>;

interface Row {
  readonly key: string;
  readonly required: boolean;
  readonly value: string;
  readonly says: string;
}

/** Words for types that are explained once, or have a section of their own. */
const LINKED: Readonly<Record<string, string>> = {
  condition: '#conditions',
  step: '#steps',
  tests: '#tests',
  plannedCall: '#planned-calls',
  pattern: '#events-meant',
  counted: '#events-counted',
  measured: '#events-counted',
  related: '#related-profiles',
};
const VALUES = [duration, window, clockTime, moment, percent, rate, key, traitName, timezone, sender, webAddress, link];
/** What is said of a value wherever nothing else is. */
export const USUAL: ReadonlyMap<string, string> = new Map(
  VALUES.map((value) => {
    const { title = '', description = '' } = z.toJSONSchema(value, { io: 'input' });
    return [title, description];
  }),
);
const JSON_TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
};

export function section(heading: string, body: string): string {
  return `${heading}\n\n${body}\n`;
}

/** A union: what all forms have, then each form by the key that tells it; forms that look alike stand together. */
export function forms(union: JsonSchema, defs: Definitions): string {
  const options = union.anyOf ?? [];
  const common = Object.keys(options[0]?.properties ?? {}).filter((name) =>
    options.every((option) => option.properties?.[name] !== undefined),
  );
  const isCommon = (path: string) => common.includes(path.split(/[.[]/)[0] ?? path);
  const groups = new Map<string, { names: string[]; rows: readonly Row[] }>();
  for (const option of options) {
    const told = Object.keys(option.properties ?? {}).find((name) => isForm(name) && !common.includes(name)) ?? '';
    const rows = rowsOf(option, defs).filter(({ key: path }) => !isCommon(path) && !isTest(path, option, defs));
    const alike = JSON.stringify(rows).replaceAll(`"${told}`, '"');
    const names = [...(groups.get(alike)?.names ?? []), told];
    groups.set(alike, { names, rows: groups.get(alike)?.rows ?? rows });
  }
  const all = [...groups.values()];
  const simple = [
    ...rowsOf(options[0] ?? {}, defs).filter((row) => isCommon(row.key)),
    ...all.flatMap(({ rows }) => (rows.length === 1 ? rows.map((row) => ({ ...row, required: false })) : [])),
  ];
  const others = all
    .filter(({ rows }) => rows.length > 1)
    .map(({ names, rows }) => {
      const alike = names.length === 1 ? '' : `, shown for ${code(names[0] ?? '')}`;
      return `With ${quoted(names)}${alike}:\n\n${keyTable(rows)}`;
    });
  return [keyTable(simple), ...others].join('\n\n');
}

function isTest(path: string, option: JsonSchema, defs: Definitions): boolean {
  const [name = ''] = path.split('.');
  return option.properties?.trait !== undefined && defs.tests?.properties?.[name] !== undefined;
}

/** The keys of an object, those of objects within by their path. */
export function rowsOf(object: JsonSchema, defs: Definitions, path = ''): Row[] {
  return Object.entries(object.properties ?? {}).flatMap(([name, property]) => {
    const row = {
      key: `${path}${name}`,
      required: object.required?.includes(name) === true,
      value: saidOf(property, defs),
      says: property.description === USUAL.get(property.title ?? '') ? '' : (property.description ?? ''),
    };
    return [row, ...innerRows(property, defs, row.key)];
  });
}

function innerRows(schema: JsonSchema, defs: Definitions, path: string): Row[] {
  if (schema.properties !== undefined) return rowsOf(schema, defs, `${path}.`);
  if (schema.items !== undefined) return innerRows(schema.items, defs, `${path}[]`);
  if (typeof schema.additionalProperties === 'object')
    return innerRows(schema.additionalProperties, defs, `${path}.<name>`);
  const rows = (schema.anyOf ?? [])
    .flatMap((option) => innerRows(option, defs, path))
    .map((row) => ({ ...row, required: false }));
  return rows.filter((row, index) => rows.findIndex(({ key: earlier }) => earlier === row.key) === index);
}

function saidOf(schema: JsonSchema, defs: Definitions): string {
  const { $ref, title, type, items, properties, additionalProperties } = schema;
  const id = $ref?.replace('#/$defs/', '');
  if (id !== undefined) {
    const heading = LINKED[id];
    if (heading !== undefined) return `[${id}](${heading})`;
    const meant = defs[id] ?? {};
    // Only JSON itself is made of itself and has no section.
    return JSON.stringify(meant).includes(`"${$ref}"`) ? 'any value' : saidOf(meant, defs);
  }
  if (title !== undefined) return `[${title}](#values)`;
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map((one) => saidOf(one, defs)))].join(' or ');
  if (items !== undefined) return `list of ${saidOf(items, defs)}`;
  if (properties !== undefined) return 'keys';
  if (typeof additionalProperties === 'object') return `names, each with ${saidOf(additionalProperties, defs)}`;
  return [type ?? []]
    .flat()
    .map((one) => JSON_TYPES[one] ?? one)
    .join(', ');
}

export function keyTable(rows: readonly Row[]): string {
  const cells = rows.map(({ key: name, required, value, says }) => [
    required ? `**${code(name)}**` : code(name),
    value,
    says,
  ]);
  return table(['key', 'value', 'meaning'], cells);
}

export function table(head: readonly string[], cells: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}
