/**
 * Asking before something is done: at a terminal only.
 * @module
 */
import { createInterface } from 'node:readline/promises';

/** Does somebody look on, and can answer? */
export function canBeAsked(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** @param question with its question mark */
export async function agreed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`\n${question} [y/N] `).finally(() => terminal.close());
  return /^y(es)?$/i.test(answer.trim());
}
