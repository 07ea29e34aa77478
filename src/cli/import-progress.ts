/**
 * How an import comes along, at a terminal.
 * @module
 */
import { createLogUpdate } from 'log-update';
import type { ImportProgress } from '../import/import-file.ts';
import { progressBar } from './progress-bar.ts';

const EVERY = 100;

/** Shows nothing where nobody looks: in a pipe or a file. */
export function importProgress(output: NodeJS.WriteStream): { show(progress: ImportProgress): void; done(): void } {
  if (output.isTTY !== true) return { show: () => {}, done: () => {} };
  const update = createLogUpdate(output);
  let began: { readonly at: number; readonly rows: number } | undefined;
  let next = 0;
  return {
    show: (progress) => {
      const now = performance.now();
      const rows = progress.stored + progress.rejected;
      if (progress.phase === 'importing') began ??= { at: now, rows };
      if (now < next) return;
      next = now + EVERY;
      const seconds = began === undefined ? 0 : (now - began.at) / 1_000;
      update(progressLine(progress, seconds === 0 ? 0 : (rows - (began?.rows ?? rows)) / seconds));
    },
    done: () => update.clear(),
  };
}

export function progressLine({ phase, stored, rejected, share }: ImportProgress, perSecond: number): string {
  const bar = progressBar(share);
  if (phase === 'recognising') return `${bar}  reading the file`;
  const count = (rows: number) => Math.round(rows).toLocaleString('en-US');
  const bad = rejected === 0 ? '' : `, ${count(rejected)} rejected`;
  return `${bar}  ${count(stored + rejected)} rows, ${count(perSecond)} per second${bad}`;
}
