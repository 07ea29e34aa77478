import { sleep } from '@temporalio/workflow';
import { journeyRun as asItIs } from '../../../workflows/journey-run.ts';

/** A change that old runs cannot take: a timer where they have none. */
export async function journeyRun(...args: Parameters<typeof asItIs>): Promise<string> {
  await sleep('1 second');
  return asItIs(...args);
}
