/**
 * Traits by name, stored and computed; a computed one is compiled to the expression that stands for it.
 * @module
 */
import type { Aggregate, Expression } from '../core/condition.ts';
import type { Catalog, Report } from './catalog.ts';
import { compileFilter } from './compile-condition.ts';
import type { Names } from './liquid.ts';
import { didYouMean } from './problems.ts';
import { AGGREGATES, type TraitFile } from './schema.ts';
import type { Path, Source } from './source.ts';
import type { TraitType } from './workspace-types.ts';

export interface Traits {
  /** The value that this name stands for; a problem is reported where there is none. */
  resolve(name: string, source: Source, path: Path): Expression;
  readonly computed: ReadonlyMap<string, Expression>;
  /** Names that templates can use after `person.` and `account.`. */
  readonly names: Names;
}

export function compileTraits({ settings, traits, broken }: Catalog, report: Report): Traits {
  const stored = settings?.file.traits ?? {};
  const ofAccounts = settings?.file.accountTraits ?? {};
  const computed = new Map<string, Expression>();
  const underWay: string[] = [];

  const resolve = (name: string, source: Source, path: Path): Expression => {
    const definition = traits.get(name);
    const asStored: Expression = { kind: 'trait', path: name };
    if (definition === undefined) {
      // Without settings nothing is known of stored traits, and that was said already.
      if (settings !== undefined && !broken.has(`trait ${name}`) && !isStored(name, stored, ofAccounts)) {
        const known = [
          ...Object.keys(stored),
          ...Object.keys(ofAccounts).map((one) => `account.${one}`),
          ...traits.keys(),
        ];
        const fix = didYouMean(name, known) ?? 'Declare it under `traits` in the settings';
        report(source, path, `There is no trait \`${name}\``, fix);
      }
      return asStored;
    }
    const done = computed.get(name);
    if (done !== undefined) return done;
    if (underWay.includes(name)) {
      const circle = [...underWay.slice(underWay.indexOf(name)), name];
      report(source, path, `The trait \`${name}\` is computed from itself: ${circle.join(' → ')}`);
      return asStored;
    }
    underWay.push(name);
    const expression = expressionOf(definition.file, (part, at) => resolve(part, definition.source, at));
    underWay.pop();
    computed.set(name, expression);
    return expression;
  };

  for (const [name, { source }] of traits) {
    if (Object.hasOwn(stored, name))
      report(source, ['trait'], `The trait \`${name}\` is both stored and computed`, 'Give one of them another name');
    resolve(name, source, ['trait']);
  }
  const person = new Set([...Object.keys(stored), ...traits.keys()]);
  for (const one of broken) if (one.startsWith('trait ')) person.add(one.slice('trait '.length));
  const account = new Set(Object.keys(ofAccounts));
  return { resolve, computed, names: { person, account, complete: settings !== undefined } };
}

type Stored = Readonly<Record<string, TraitType>>;

/** A name as it stands, or one that leads into an object. */
function isStored(name: string, stored: Stored, ofAccounts: Stored): boolean {
  if (Object.hasOwn(stored, name)) return true;
  const [first = '', ...rest] = name.split('.');
  if (rest.length === 0) return false;
  if (first === 'account' && !Object.hasOwn(stored, first)) return isStored(rest.join('.'), ofAccounts, {});
  return Object.hasOwn(stored, first) && stored[first] === 'object';
}

function expressionOf(file: TraitFile, resolve: (name: string, path: Path) => Expression): Expression {
  if ('ratio' in file)
    return {
      kind: 'arithmetic',
      op: '/',
      left: resolve(file.ratio.of, ['ratio', 'of']),
      right: resolve(file.ratio.to, ['ratio', 'to']),
    };
  if ('daysSince' in file) return { kind: 'daysSince', of: resolve(file.daysSince, ['daysSince']) };
  if ('count' in file) return { kind: 'aggregate', fn: 'count', events: compileFilter(file.count) };
  const forms: { readonly [fn in Aggregate]?: Measured } = file;
  for (const fn of AGGREGATES) {
    const measured = forms[fn];
    if (measured !== undefined)
      return { kind: 'aggregate', fn, events: compileFilter(measured), property: measured.property };
  }
  throw new Error(`The computed trait ${file.trait} has no form that the schema knows`);
}

type Measured = Extract<TraitFile, { sum: unknown }>['sum'];
