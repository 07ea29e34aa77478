/**
 * What authors are told about their files.
 * @module
 */
import { distance } from 'fastest-levenshtein';
import type { Problem } from './workspace-types.ts';

/** `file:line:col  message. fix` */
export function formatProblem({ file, line, column, message, fix }: Problem): string {
  const advice = fix === undefined ? '' : ` ${fix.endsWith('?') || fix.endsWith('.') ? fix : `${fix}.`}`;
  return `${file}:${line}:${column}  ${message}.${advice}`;
}

/** By file and place; what is said twice of one place is said once. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const byText = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  return [...byText.values()].sort(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}

/** `did you mean x?`, where one of the names is close enough to be meant. */
export function didYouMean(written: string, names: Iterable<string>): string | undefined {
  const near = nearest(written, names);
  return near === undefined ? undefined : `Did you mean \`${near}\`?`;
}

/** The name that was most likely meant: at most a third of its letters differ, or it differs in case only. */
export function nearest(written: string, names: Iterable<string>): string | undefined {
  let best: { name: string; away: number } | undefined;
  for (const name of names) {
    const away = distance(written.toLowerCase(), name.toLowerCase());
    const allowed = Math.ceil(Math.max(name.length, written.length) / 3);
    if (away <= allowed && away < Math.min(name.length, best?.away ?? Number.POSITIVE_INFINITY)) best = { name, away };
  }
  return best?.name;
}
