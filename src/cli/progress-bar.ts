/**
 * How far something has come.
 * @module
 */
const WIDTH = 30;

/** @param share from 0 to 1 */
export function progressBar(share: number): string {
  const done = Math.min(1, share);
  const filled = Math.round(done * WIDTH);
  return `${'━'.repeat(filled)}${'─'.repeat(WIDTH - filled)} ${Math.floor(done * 100)}%`;
}
