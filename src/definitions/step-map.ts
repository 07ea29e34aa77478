/**
 * Where people under way go when their journey changes, as it is written in a file of its own:
 *
 * ```yaml
 * journey: first-project
 * steps:
 *   wait-1d: wait-3d
 *   email-old-tips: out
 *   end: stay
 * others: same
 * ```
 *
 * A step of before leads to a step of the new version; to `end`, past its last step; to `stay`, on the version that people
 * are on; or `out` of the journey.
 * @module
 */
import { z } from 'zod';
import type { Journey, StepId } from '../core/journey.ts';
import { type Destination, destinationOf, type StepMap } from '../core/migration.ts';
import { didYouMean } from './problems.ts';
import { key, text } from './schema-values.ts';
import { checkAgainst } from './shape.ts';
import { parseYaml, problemAt, type Source } from './source.ts';
import type { Problem } from './workspace-types.ts';

/** People at one step of a version that they are on. */
export interface Stander {
  readonly journey: Journey;
  readonly step: StepId | null;
  readonly people: number;
}

export interface StepMapSurroundings {
  readonly journey: string;
  /** Every version of it that somebody is on, or was. */
  readonly before: readonly Journey[];
  /** Null: the journey is not in the workspace any more. */
  readonly after: Journey | null;
  readonly standing: readonly Stander[];
}

const END = 'end';
const KEEP = ['stay', 'out'] as const;

const stepMapFile = z.strictObject({
  journey: key,
  steps: z.record(z.string(), text).default({}),
  others: z
    .enum(['same', ...KEEP], { error: 'must be `same`, `stay` or `out`' })
    .default('same')
    .describe('Where people go whose step is not named.'),
});

/**
 * @param file its name, for messages
 * @returns the map, or everything that is wrong with it: people who would be stranded among that
 */
export function parseStepMap(
  file: string,
  written: string,
  given: StepMapSurroundings,
): { readonly map: StepMap } | { readonly problems: readonly Problem[] } {
  const { sources, problems } = parseYaml(file, written);
  const [source, another] = sources;
  if (problems.length > 0) return { problems };
  if (source === undefined)
    return {
      problems: [problemAt(file, { line: 1, column: 1 }, 'The file is empty', 'A map has a `journey` and `steps`')],
    };
  if (another !== undefined)
    return {
      problems: [problemAt(file, another.placeOf([]), 'A file holds one map', 'Put the other into one of its own')],
    };
  const checked = checkAgainst(stepMapFile, source);
  if (!('file' in checked)) return { problems: checked };

  const { steps, others } = checked.file;
  const wrong = [...wrongJourney(checked.file.journey, source, given), ...wrongSteps(steps, source, given)];
  if (wrong.length > 0) return { problems: wrong };
  const { [END]: end, ...named } = Object.fromEntries(
    Object.entries(steps).map(([step, target]) => [step, destination(target)]),
  );
  const map: StepMap = { steps: named, others, ...(end !== undefined && { end }) };
  const stranded = strandedBy(map, given).map(({ message, fix }) =>
    problemAt(file, source.placeOfKey(['steps']), message, fix),
  );
  return stranded.length > 0 ? { problems: stranded } : { map };
}

/** People of whom the map does not say where they go. */
export function strandedBy(
  map: StepMap,
  { standing, after }: Pick<StepMapSurroundings, 'standing' | 'after'>,
): { readonly message: string; readonly fix: string }[] {
  const bySteps = new Map<string, number>();
  for (const { journey, step, people } of standing) {
    if (step === null || destinationOf(step, journey, after, map) !== null) continue;
    const kind = after?.steps[step]?.kind;
    const why = kind === undefined ? 'which the new version does not have' : `which is of another kind now (${kind})`;
    const said = `at \`${step}\`, ${why}, and the map does not say where they go`;
    bySteps.set(said, (bySteps.get(said) ?? 0) + people);
  }
  return [...bySteps].map(([said, people]) => ({
    message: `${people === 1 ? '1 person stands' : `${people} people stand`} ${said}`,
    fix: 'Name a step of the new version, `end`, `stay` or `out` for them, or say `others: stay`',
  }));
}

function isAmbiguous(word: string, before: readonly Journey[], after: Journey | null): boolean {
  if (word === END) return [...before, after].some((version) => version?.steps[END] !== undefined);
  return (word === 'stay' || word === 'out') && after?.steps[word] !== undefined;
}

function destination(target: string): Destination {
  if (target === 'stay' || target === 'out') return target;
  return { to: target === END ? null : target };
}

function wrongJourney(named: string, source: Source, { journey }: StepMapSurroundings): Problem[] {
  if (named === journey) return [];
  const fix = `Write \`journey: ${journey}\`, or migrate \`${named}\``;
  return [
    problemAt(source.file, source.placeOf(['journey']), `The map is for \`${named}\`, not for \`${journey}\``, fix),
  ];
}

function wrongSteps(
  steps: Readonly<Record<string, string>>,
  source: Source,
  { before, after, journey }: StepMapSurroundings,
): Problem[] {
  const known = new Set([END, ...before.flatMap((version) => Object.keys(version.steps))]);
  const targets = new Set([...KEEP, ...(after === null ? [] : [END, ...Object.keys(after.steps)])]);
  return Object.entries(steps).flatMap(([step, target]) => {
    const problems: Problem[] = [];
    if (!known.has(step)) {
      const fix = didYouMean(step, known) ?? `There were: ${[...known].join(', ')}`;
      problems.push(
        problemAt(
          source.file,
          source.placeOfKey(['steps', step]),
          `No version of \`${journey}\` has a step \`${step}\``,
          fix,
        ),
      );
    }
    const ambiguous = [target, ...(step === END ? [step] : [])].find((word) => isAmbiguous(word, before, after));
    if (ambiguous !== undefined) {
      const message = `\`${ambiguous}\` is a word of the map, and a step is called so, too`;
      problems.push(problemAt(source.file, source.placeOfKey(['steps', step]), message, 'Give that step another id'));
    }
    if (!targets.has(target)) {
      const message =
        after === null
          ? `\`${journey}\` is not in the workspace any more, so nobody can go to \`${target}\``
          : `The new version has no step \`${target}\``;
      const fix =
        after === null ? 'Say `stay` or `out`' : (didYouMean(target, targets) ?? `It has: ${[...targets].join(', ')}`);
      problems.push(problemAt(source.file, source.placeOf(['steps', step]), message, fix));
    }
    return problems;
  });
}
