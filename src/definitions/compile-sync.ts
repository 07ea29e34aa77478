/**
 * Syncs: what goes to which address when somebody enters or leaves an audience.
 * @module
 */
import { DAY, HOUR, MINUTE, SECOND } from '../core/time.ts';
import { type Catalog, checkReference, type Report } from './catalog.ts';
import { textProblems } from './compile-templates.ts';
import type { Traits } from './compile-traits.ts';
import { names, personTraitsIn } from './liquid.ts';
import type { AuthoredField, SyncFile } from './schema-sync.ts';
import { millisecondsOf } from './schema-values.ts';
import { sayAt } from './scope.ts';
import type { DefinitionOf } from './shape.ts';
import type { Path, Source } from './source.ts';
import type { SyncDefinition, SyncField, SyncFields, SyncRate } from './sync-types.ts';
import type { Problem } from './workspace-types.ts';

const GIVEN_UP_AFTER = 3 * DAY;
const UNITS = { second: SECOND, minute: MINUTE, hour: HOUR } as const;
/** There in journeys only. */
const FOREIGN = ['event', 'journey'];

interface Given {
  readonly catalog: Catalog;
  readonly traits: Traits;
  readonly report: Report;
  readonly problems: Problem[];
}

/** @returns by key; what is wrong is reported, or added to `problems` */
export function compileSyncs(given: Given): Record<string, SyncDefinition> {
  const { catalog, report } = given;
  const byTarget = new Map<string, string>();
  const compiled = [...catalog.syncs].map(([key, definition]) => {
    const { file, source } = definition;
    checkReference(catalog, catalog.audiences, 'audience', file.audience, (...said) =>
      report(source, ['audience'], ...said),
    );
    if (given.traits.scope.audiences.get(file.audience) === 'account') {
      const message = `The audience \`${file.audience}\` is of accounts, and a sync tells of people`;
      report(source, ['audience'], message, 'Make an audience of their people: `account: { audience: … }`');
    }
    const target = `${file.audience} ${new URL(file.url).href}`;
    const other = byTarget.get(target);
    if (other === undefined) byTarget.set(target, key);
    else {
      const message = `The sync \`${other}\` already tells this address of \`${file.audience}\``;
      report(source, ['url'], message, 'One sync can set all fields; put them together');
    }
    return [key, compileSync(key, definition, given)] as const;
  });
  return Object.fromEntries(compiled);
}

function compileSync(key: string, { file, source }: DefinitionOf<'sync'>, given: Given): SyncDefinition {
  const { scope, computed } = given.traits;
  const fieldsOf = (side: 'onEntry' | 'onExit'): SyncFields | null => {
    const authored = file[side];
    if (authored === undefined) return null;
    return Object.fromEntries(
      Object.entries(authored).map(([name, field]) => [name, compileField(field, [side, name], source, given)]),
    );
  };
  const onEntry = fieldsOf('onEntry');
  const onExit = fieldsOf('onExit');
  const named = new Set([onEntry, onExit].flatMap(textsOf).flatMap(personTraitsIn));
  return {
    key,
    audience: file.audience,
    url: file.url,
    headers: file.headers ?? {},
    onEntry,
    onExit,
    traits: Object.fromEntries(
      (file.traits ?? []).map((name, index) => [
        name,
        scope.resolve(name, 'person', sayAt({ scope, source }, ['traits', index])),
      ]),
    ),
    computed: Object.fromEntries(
      [...computed.values()]
        .filter(({ key: name, of }) => of === 'person' && named.has(name))
        .map(({ key: name, expression }) => [name, expression]),
    ),
    includeExisting: file.includeExisting ?? false,
    rate: rateOf(file.rate),
    retryFor: file.retryFor === undefined ? GIVEN_UP_AFTER : millisecondsOf(file.retryFor),
  };
}

function compileField(
  field: AuthoredField,
  path: Path,
  source: Source,
  { traits: { scope, names: known }, report, problems }: Given,
): SyncField {
  if (typeof field === 'object' && field !== null)
    return { kind: 'value', of: scope.resolve(field.trait, 'person', sayAt({ scope, source }, [...path, 'trait'])) };
  if (typeof field !== 'string' || !/\{\{|\{%/.test(field)) return { kind: 'constant', value: field };
  problems.push(...textProblems({ source }, path, field, known));
  for (const root of FOREIGN) {
    if (names(field, root)) report(source, path, `A sync has no \`${root}\``, 'There is `person` and `account`');
  }
  return { kind: 'text', template: field };
}

function textsOf(fields: SyncFields | null): readonly string[] {
  return Object.values(fields ?? {}).flatMap((field) => (field.kind === 'text' ? [field.template] : []));
}

function rateOf(rate: SyncFile['rate']): SyncRate | null {
  if (rate === undefined) return null;
  const [calls, , unit] = rate.split(' ');
  return { calls: Number(calls), within: UNITS[unit as keyof typeof UNITS] };
}
