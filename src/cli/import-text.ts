/**
 * What commands that read files take and say.
 * @module
 */
import { InvalidArgumentError } from 'commander';
import type { ImportSummary } from '../import/import-file.ts';

/** @param what what the rows are, where that is more than the summary says */
export function describeImport(
  { file, stored, rejected, reasons, ...more }: ImportSummary,
  dryRun: boolean,
  what: string = more.what,
): string {
  const thousands = (count: number) => count.toLocaleString('en-US');
  const rows = (count: number) => `${thousands(count)} row${count === 1 ? '' : 's'}`;
  const did = dryRun ? 'would be imported' : more.wasDone ? 'had been imported before; nothing was done' : 'imported';
  const resumed = more.resumedAfter === null || more.wasDone ? [] : [`Taken up again after line ${more.resumedAfter}.`];
  const where = more.rejects === null ? '' : `: see ${more.rejects}`;
  return [
    ...resumed,
    `${rows(stored)} of ${what} from ${file} ${did}.`,
    ...(rejected === 0 ? [] : [`${rows(rejected)} rejected${where}`]),
    ...Object.entries(reasons)
      .sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => `  ${thousands(count)}  ${reason}`),
  ].join('\n');
}

/** `--map COLUMN=FIELD`, any number of times. */
export function mapped(text: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be COLUMN=FIELD, such as plan=traits.plan:string.');
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
}
