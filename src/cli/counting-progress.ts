/**
 * How far a count has come, at a terminal.
 * @module
 */
import { createLogUpdate } from 'log-update';
import { thousands } from '../demo/columns.ts';

/** Shows nothing where nobody looks: in a pipe or a file. */
export function countingProgress(
  output: NodeJS.WriteStream,
  what: string,
): { show(done: number, of: number): void; done(): void } {
  if (output.isTTY !== true) return { show: () => {}, done: () => {} };
  const update = createLogUpdate(output);
  return {
    show: (done, of) => update(`${what}: ${thousands(done)} of ${thousands(of)}`),
    done: () => update.clear(),
  };
}
