/**
 * How a backtest comes along, at a terminal.
 * @module
 */
import { createLogUpdate } from 'log-update';
import { progressBar } from './progress-bar.ts';

export type BacktestPhase = 'reading what happened' | 'living through it';

const EVERY = 100;

/** Shows nothing where nobody looks: in a pipe or a file. */
export function backtestProgress(output: NodeJS.WriteStream): {
  show(phase: BacktestPhase, share: number): void;
  done(): void;
} {
  if (output.isTTY !== true) return { show: () => {}, done: () => {} };
  const update = createLogUpdate(output);
  let next = 0;
  return {
    show: (phase, share) => {
      const now = performance.now();
      if (now < next) return;
      next = now + EVERY;
      update(`${progressBar(share)}  ${phase}`);
    },
    done: () => update.clear(),
  };
}
