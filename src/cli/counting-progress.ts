/**
 * How far a count has come, at a terminal.
 * @module
 */
import { createLogUpdate } from 'log-update';
import { thousands } from '../demo/columns.ts';

/** Real milliseconds. */
const EVERY = 100;

/** Shows nothing where nobody looks: in a pipe or a file. */
export function countingProgress(
  output: NodeJS.WriteStream,
  what: string,
): { show(done: number, of: number): void; done(): void } {
  if (output.isTTY !== true) return { show: () => {}, done: () => {} };
  const update = createLogUpdate(output);
  let next = 0;
  return {
    show: (done, of) => {
      const now = performance.now();
      if (now < next) return;
      next = now + EVERY;
      update(`${what}: ${thousands(done)} of ${thousands(of)}`);
    },
    done: () => {
      update.clear();
      // Gives the cursor back.
      update.done();
    },
  };
}
