import { sleep } from '@temporalio/workflow';

/** How long two weeks took, in the workflow's own time. */
export async function twoWeeks(): Promise<number> {
  const before = Date.now();
  await sleep('14 days');
  return Date.now() - before;
}
