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
  | { readonly identify: JsonObject; readonly at: Moment };

export interface Persona {
  readonly userId: string;
  /** What is known of them from the first instant on. */
  readonly traits: JsonObject;
  readonly start: Instant;
  /** In any order. */
  readonly events: readonly Occasion[];
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
};
const KINDS = ['event', 'identify', 'unsubscribe'] as const;

/** The one source of the persona file's shape. */
export const personaFile = z.strictObject(
  {
    userId: text,
    start: start.default(DEFAULT_START),
    traits: object.default({}),
    events: z
      .array(z.looseObject({}, { error: 'must be a map of keys' }), { error: saysUnlessMissing('must be a list') })
      .default([]),
  },
  { error: ({ code }) => (code === 'invalid_type' ? 'must be a map of keys' : undefined) },
);

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
  const events = eventsOf(source.value).flatMap((written, index) =>
    parseOccasion(written, ['events', index], source, problems),
  );
  return parsed.success ? [{ ...parsed.data, events }] : [];
}

function parseOccasion(written: unknown, path: Path, source: Source, problems: Problem[]): Occasion[] {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return [];
  const kinds = KINDS.filter((kind) => Object.hasOwn(written, kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const fix = kind === undefined ? didYouMean(Object.keys(written)[0] ?? '', KINDS) : 'Make it several';
    const message = 'Each of `events` has one of `event`, `identify` and `unsubscribe`';
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

function eventsOf(value: unknown): readonly unknown[] {
  const events = typeof value === 'object' && value !== null && 'events' in value ? value.events : [];
  return Array.isArray(events) ? events : [];
}
