/**
 * Does a Liquid text parse, and does it use only what is there when it is rendered?
 * @module
 */
import { Liquid, type LiquidError, Variable, type Variables } from 'liquidjs';
import { FILTERS } from '../channels/liquid.ts';
import { didYouMean } from './problems.ts';
import type { Place } from './source.ts';

/** What templates may name, beside properties of the entry event, of which any is allowed. */
export interface Names {
  /** Stored and computed traits of people. */
  readonly person: ReadonlySet<string>;
  readonly account: ReadonlySet<string>;
  /** Computed traits of accounts, which only texts of their journeys can name. */
  readonly computedOfAccounts: ReadonlySet<string>;
  /** Is there a list of `stakeholders`? In sales tasks only. */
  readonly stakeholders?: true;
  /** False where the settings cannot be read: any trait may then be one. */
  readonly complete: boolean;
}

/** What templates can name of the offer that a step has picked. */
export const OFFER_PARTS = ['key', 'title', 'text', 'incentive', 'link', 'category', 'value', 'propensity'] as const;

export interface Fault {
  readonly message: string;
  readonly fix?: string;
  /** Within the text. */
  readonly place: Place;
}

const liquid = new Liquid({ strictFilters: true, templates: {} });
for (const name of Object.keys(liquid.filters)) if (!FILTERS.has(name)) liquid.unregisterFilter(name);
/** Tags that would read other files. */
for (const name of ['include', 'render', 'layout', 'block']) delete liquid.tags[name];

/**
 * @param canUnsubscribe whether `unsubscribeUrl` is there: in emails only
 * @returns what is wrong, at its place in the text
 */
export function faultsOf(text: string, names: Names, canUnsubscribe: boolean): readonly Fault[] {
  const globals = globalsOf(text);
  if ('message' in globals) return [globals as Fault];
  const found = Object.values(globals.variables).flat();
  return found.flatMap((variable) => {
    const fault = faultOf(variable, names, canUnsubscribe);
    return fault === undefined
      ? []
      : [{ ...fault, place: { line: variable.location.row, column: variable.location.col } }];
  });
}

/** Does the text name this variable? False where it does not parse. */
export function names(text: string, variable: string): boolean {
  const globals = globalsOf(text);
  return 'variables' in globals && Object.hasOwn(globals.variables, variable);
}

/** Does the text name this part of the offer? */
export function namesOfferPart(text: string, part: (typeof OFFER_PARTS)[number]): boolean {
  const globals = globalsOf(text);
  return 'variables' in globals && (globals.variables.offer ?? []).some(({ segments: [, name] }) => name === part);
}

/** The traits of the person that a text names; none where it does not parse. */
export function personTraitsIn(text: string): readonly string[] {
  return traitsIn(text, 'person');
}

/** Likewise of the person or of the account. */
export function traitsIn(text: string, of: 'person' | 'account'): readonly string[] {
  const globals = globalsOf(text);
  if (!('variables' in globals)) return [];
  return (globals.variables[of] ?? []).flatMap(({ segments: [, name] }) => (typeof name === 'string' ? [name] : []));
}

/** The tags and outputs of a text, in its order. */
export function tagsOf(text: string): readonly { readonly tag: string; readonly index: number }[] {
  return [...text.matchAll(/\{\{.*?\}\}|\{%.*?%\}/gs)].map((match) => ({ tag: match[0], index: match.index }));
}

function globalsOf(text: string): { readonly variables: Variables } | Fault {
  try {
    return { variables: liquid.analyzeSync(liquid.parse(text)).globals };
  } catch (cause) {
    const { message, token } = cause as LiquidError & { token?: { getPosition(): [number, number] } };
    const [line = 1, column = 1] = token?.getPosition() ?? [];
    return { place: { line, column }, ...explained(message.replace(/, line:\d+, col:\d+$/, '')) };
  }
}

function explained(message: string): { message: string; fix?: string } {
  const filter = /^undefined filter: (.+)$/.exec(message)?.[1];
  if (filter !== undefined) return { message: `Liquid has no filter \`${filter}\``, fix: didYouMean(filter, FILTERS) };
  const tag = /^tag "(.+)" not found$/.exec(message)?.[1];
  if (tag !== undefined)
    return { message: `Liquid has no tag \`${tag}\``, fix: didYouMean(tag, Object.keys(liquid.tags)) };
  return { message: `The Liquid is broken: ${message}` };
}

function faultOf({ segments }: Variable, known: Names, canUnsubscribe: boolean): Omit<Fault, 'place'> | undefined {
  const [root, name, part] = segments;
  switch (root) {
    case 'person':
      return partFault(name, part, known) ?? traitFault('person', name, known, '`traits`');
    case 'account':
      return traitFault('account', name, known, '`accountTraits`');
    case 'event':
      return undefined;
    case 'journey':
      return name === 'key' ? undefined : { message: 'Of the journey only `journey.key` can be used' };
    case 'offer':
      return offerFault(name);
    case 'stakeholders':
      if (known.stakeholders) return undefined;
      return { message: '`stakeholders` are there in sales tasks only', fix: 'Leave them out' };
    case 'unsubscribeUrl':
      return canUnsubscribe ? undefined : { message: '`unsubscribeUrl` is there in emails only', fix: 'Leave it out' };
  }
  if (typeof root === 'string' && known.person.has(root))
    return { message: `Unknown variable \`${root}\``, fix: `Did you mean \`person.${root}\`?` };
  const roots = [
    'person',
    'account',
    'event',
    'journey',
    'offer',
    ...(canUnsubscribe ? ['unsubscribeUrl'] : []),
    ...(known.stakeholders ? ['stakeholders'] : []),
  ];
  const fix = didYouMean(String(root), roots) ?? `There is ${roots.map((one) => `\`${one}\``).join(', ')}`;
  return { message: `Unknown variable \`${String(root)}\``, fix };
}

function offerFault(name: Variable['segments'][number] | undefined): Omit<Fault, 'place'> | undefined {
  if (name === undefined)
    return { message: '`offer` has no value of its own', fix: 'Name a part, such as `offer.title`' };
  if (OFFER_PARTS.some((part) => part === name)) return undefined;
  const known = OFFER_PARTS.map((part) => `offer.${part}`);
  const fix = didYouMean(`offer.${String(name)}`, known) ?? `There is ${known.map((one) => `\`${one}\``).join(', ')}`;
  return { message: `An offer has no \`${String(name)}\``, fix };
}

/** A part of a score, such as `intent.band`, is a trait of its own. */
function partFault(name: unknown, part: unknown, { person }: Names): Omit<Fault, 'place'> | undefined {
  const whole = `${String(name)}.${String(part)}`;
  if (part === undefined || !person.has(whole)) return undefined;
  return { message: `\`${whole}\` is one name`, fix: `Write \`person["${whole}"]\`` };
}

function traitFault(
  of: 'person' | 'account',
  name: string | number | Variable | undefined,
  known: Names,
  declaredIn: string,
): Omit<Fault, 'place'> | undefined {
  const traits = known[of];
  const example = `such as \`${of}.${[...traits][0] ?? 'firstName'}\``;
  if (name === undefined) return { message: `\`${of}\` has no value of its own`, fix: `Name a trait, ${example}` };
  if (name instanceof Variable)
    return { message: `The trait of \`${of}\` is not named outright`, fix: `Name it, ${example}` };
  if (name === 'id' || traits.has(String(name)) || !known.complete) return undefined;
  if (known.computedOfAccounts.has(String(name))) {
    const fix = 'Take a stored trait of the account, or a trait of the person';
    return { message: `\`${String(name)}\` is computed of accounts, and only journeys of accounts can name it`, fix };
  }
  const near = didYouMean(String(name), [...traits, 'id']);
  const whose = of === 'person' ? 'People have' : 'Accounts have';
  const fix = near === undefined ? `Declare it under ${declaredIn} in the settings` : near.replace('`', `\`${of}.`);
  return { message: `${whose} no trait \`${String(name)}\``, fix };
}
