/**
 * The reference journey without a product around it: what the same steps cost on Temporal alone.
 *
 * The wait of an hour is the start delay, as it is for the product; then comes one message, and up to 14 days for the
 * conversion. Nothing is looked up, decided or recorded.
 * @module
 */
import { condition, defineSignal, proxyActivities, setHandler, sleep, workflowInfo } from '@temporalio/workflow';

export interface BareActivities {
  send(person: string): Promise<void>;
}

export const convert = defineSignal('convert');

export async function bareJourney(person: string): Promise<string> {
  let converted = false;
  setHandler(convert, () => {
    converted = true;
  });
  await email().send(person);
  return (await condition(() => converted, '14 days')) ? 'converted' : 'timed-out';
}

/** One message at an instant, and nothing else. */
export async function bareMessage(person: string, at: number): Promise<void> {
  await sleep(at - Date.now());
  await email().send(person);
}

function email() {
  return proxyActivities<BareActivities>({
    taskQueue: `${workflowInfo().taskQueue}-email`,
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: '15 seconds',
  });
}
