/**
 * Invented people for simulations: who they are and what they do when, written as YAML or JSON.
 *
 * ```yaml
 * userId: ada
 * start: 2026-03-02T09:00:00Z
 * traits: { plan: free, email: ada@example.com }
 * events:
 *   - { event: Export Completed, at: -3 days, properties: { format: csv } }
 *   - { event: Upgrade Page Viewed, at: 30m }
 *   - { identify: { plan: pro }, at: 2026-03-05T12:00:00Z }
 *   - { unsubscribe: newsletter, at: 9 days }
 *   - { group: acme, traits: { seats: 12 }, at: 10 days }
 * accounts: { acme: { plan: team, seats: 10 } }
 * colleagues:
 *   - { userId: bob, accounts: { acme: {} }, events: [{ event: Signed In, at: 1 day }] }
 * ```
 *
 * Several in one file are separated by `---`.
 * @module
 */
import ms, { type StringValue } from 'ms';
import { z } from 'zod';
import type { JsonObject } from '../core/condition.ts';
import { instantOf } from '../core/test-value.ts';
import { DAY, type Instant, type Milliseconds } from '../core/time.ts';
import { didYouMean } from '../definitions/problems.ts';
import { type Path, parseYaml, problemAt, type Source } from '../definitions/source.ts';
import type { Problem } from '../definitions/workspace-types.ts';

/** An instant, or a time after the persona's start; before it where negative. */
export type Moment = { readonly instant: Instant } | { readonly after: Milliseconds };

export type Occasion =
  | {
      readonly event: string;
      readonly at: Moment;
      readonly properties: JsonObject;
      /** True for what the engine itself would report, such as `Email Opened`; `*` leaves those out. */
      readonly byEngine?: boolean;
    }
  | { readonly identify: JsonObject; readonly at: Moment }
  /** Joins the account, or says what it is now. */
  | { readonly group: string; readonly traits: JsonObject; readonly at: Moment };

/** Somebody in a persona's account. */
export interface Colleague {
  readonly userId: string;
  /** What is known of them from the first instant on. */
  readonly traits: JsonObject;
  /** What is known of the accounts that they belong to from the start on. */
  readonly accounts?: Readonly<Record<string, JsonObject>>;
  /** In any order. */
  readonly events: readonly Occasion[];
}

export interface Persona extends Colleague {
  readonly start: Instant;
  /** People who share an account with them. */
  readonly colleagues?: readonly Colleague[];
}

/** The start of a persona that names none: a Monday, 9:00 UTC. */
export const DEFAULT_START: Instant = Date.UTC(2026, 0, 5, 9);

const FARTHEST: Milliseconds = 100 * 365 * DAY;
const MOMENT = 'must be an ISO time such as `2026-03-05T12:00:00Z`, or a time after the start such as `1h` or `2 days`';
const START = 'must be an ISO time such as `2026-03-05T12:00:00Z`';

const start = z.string({ error: saysUnlessMissing(START) }).transform((text, context) => {
  const instant = instantOf(text);
  if (instant === undefined) context.addIssue(START);
  return instant ?? z.NEVER;
});

const moment = z.string({ error: saysUnlessMissing(MOMENT) }).transform((text, context): Moment => {
  const instant = instantOf(text);
  if (instant !== undefined) return { instant };
  const after = /^-?\d+(\.\d+)?\s?[a-z]+$/i.test(text) ? ms(text as StringValue) : undefined;
  if (after === undefined || Math.abs(after) > FARTHEST) context.addIssue(MOMENT);
  return { after: Math.round(after ?? 0) };
});

const object = z.record(z.string(), z.json(), { error: saysUnlessMissing('must be a map of keys') });
const text = z.string({ error: saysUnlessMissing('must be text') }).min(1, { error: 'must not be empty' });
const OCCASIONS = {
  event: z.strictObject({
    event: text,
    at: moment,
    properties: object.default({}),
    byEngine: z.boolean({ error: 'must be true or false' }).optional(),
  }),
  identify: z.strictObject({ identify: object, at: moment }),
  /** The category, or `all`. */
  unsubscribe: z.strictObject({ unsubscribe: text, at: moment }),
  group: z.strictObject({ group: text, traits: object.default({}), at: moment }),
};
const KINDS = ['event', 'identify', 'unsubscribe', 'group'] as const;

/** Each of them is read by itself, since what it may hold depends on what it is. */
const list = z
  .array(z.looseObject({}, { error: 'must be a map of keys' }), { error: saysUnlessMissing('must be a list') })
  .default([]);
const person = {
  userId: text,
  traits: object.default({}),
  accounts: z.record(z.string(), object, { error: saysUnlessMissing('must be a map of keys') }).optional(),
  events: list,
};
const isMap = {
  error: ({ code }: { code: string }) => (code === 'invalid_type' ? 'must be a map of keys' : undefined),
};

/** The one source of the persona file's shape. */
export const personaFile = z.strictObject(
  { ...person, start: start.default(DEFAULT_START), colleagues: list.optional() },
  isMap,
);
const colleagueFile = z.strictObject(person, isMap);

/**
 * @param file its name, for messages
 * @param text YAML or JSON
 * @returns the personas in it, or everything that is wrong with the file
 */
export function parsePersonas(
  file: string,
  text: string,
): { readonly personas: readonly Persona[] } | { readonly problems: readonly Problem[] } {
  const { sources, problems: broken } = parseYaml(file, text);
  if (broken.length > 0) return { problems: broken };
  if (sources.length === 0) {
    const fix = 'A persona has a `userId` and `events`';
    return { problems: [problemAt(file, { line: 1, column: 1 }, 'The file is empty', fix)] };
  }
  const problems: Problem[] = [];
  const personas = sources.flatMap((source) => personaIn(source, problems));
  return problems.length > 0 ? { problems } : { personas };
}

function personaIn(source: Source, problems: Problem[]): Persona[] {
  const parsed = personaFile.safeParse(source.value);
  if (!parsed.success) problems.push(...problemsOf(parsed.error, [], source, Object.keys(personaFile.shape)));
  const events = occasionsIn(source.value, [], source, problems);
  const colleagues = listIn(source.value, 'colleagues').flatMap((written, index) =>
    colleagueIn(written, ['colleagues', index], source, problems),
  );
  if (!parsed.success) return [];
  const { colleagues: _, ...persona } = parsed.data;
  return [{ ...persona, events, ...(colleagues.length > 0 && { colleagues }) }];
}

function colleagueIn(written: unknown, path: Path, source: Source, problems: Problem[]): Colleague[] {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return [];
  const parsed = colleagueFile.safeParse(written);
  if (!parsed.success) problems.push(...problemsOf(parsed.error, path, source, Object.keys(colleagueFile.shape)));
  const events = occasionsIn(written, path, source, problems);
  return parsed.success ? [{ ...parsed.data, events }] : [];
}

function occasionsIn(written: unknown, path: Path, source: Source, problems: Problem[]): Occasion[] {
  return listIn(written, 'events').flatMap((one, index) =>
    parseOccasion(one, [...path, 'events', index], source, problems),
  );
}

function parseOccasion(written: unknown, path: Path, source: Source, problems: Problem[]): Occasion[] {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return [];
  const kinds = KINDS.filter((kind) => Object.hasOwn(written, kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const fix = kind === undefined ? didYouMean(Object.keys(written)[0] ?? '', KINDS) : 'Make it several';
    const message = 'Each of `events` has one of `event`, `identify`, `unsubscribe` and `group`';
    problems.push(problemAt(source.file, source.placeOf(path), message, fix));
    return [];
  }
  const schema = OCCASIONS[kind];
  const parsed = schema.safeParse(written);
  if (parsed.success) return ['unsubscribe' in parsed.data ? unsubscribed(parsed.data) : parsed.data];
  problems.push(...problemsOf(parsed.error, path, source, Object.keys(schema.shape)));
  return [];
}

/** As the engine reports it when somebody follows the link. */
function unsubscribed({ unsubscribe, at }: z.infer<typeof OCCASIONS.unsubscribe>): Occasion {
  return { event: 'Unsubscribed', at, properties: { unsubscribed_from: unsubscribe }, byEngine: true };
}

function problemsOf(error: z.ZodError, above: Path, source: Source, known: readonly string[]): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = [...above, ...issue.path];
    const key = path.findLast((step) => typeof step === 'string');
    const field = key === undefined ? 'The file' : `\`${String(key)}\``;
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) =>
        problemAt(
          source.file,
          source.placeOfKey([...path, key]),
          `Unknown key \`${key}\``,
          didYouMean(key, known) ?? `Known here: ${known.join(', ')}`,
        ),
      );
    return [problemAt(source.file, source.placeOf(path), `${field} ${issue.message}`)];
  });
}

const MISSING = 'is missing';

function saysUnlessMissing(message: string) {
  return ({ input }: { input?: unknown }) => (input === undefined ? MISSING : message);
}

function listIn(written: unknown, key: 'events' | 'colleagues'): readonly unknown[] {
  const list = typeof written === 'object' && written !== null ? (written as Record<string, unknown>)[key] : [];
  return Array.isArray(list) ? list : [];
}
