import { patched, sleep } from '@temporalio/workflow';
import { journeyRun as asItIs } from '../../../workflows/journey-run.ts';

/** A change that old runs take: they go on without the timer that new ones begin with. */
export async function journeyRun(...args: Parameters<typeof asItIs>): Promise<string> {
  if (patched('a-timer-first')) await sleep('1 second');
  return asItIs(...args);
}
