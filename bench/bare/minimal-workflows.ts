/**
 * The journeys of `bench/workspace-cost` written by hand: the least that each costs on Temporal. They look nothing up,
 * decide nothing and record nothing.
 * @module
 */
import { condition, defineSignal, proxyActivities, proxyLocalActivities, setHandler } from '@temporalio/workflow';

export interface MinimalActivities {
  send(): Promise<void>;
  createTask(): Promise<void>;
}

export const view = defineSignal('view');
export const convert = defineSignal('convert');

/** Milliseconds that stand for a day. */
export type Day = number;

const { send } = proxyActivities<MinimalActivities>({ startToCloseTimeout: '1 minute' });
const { createTask } = proxyLocalActivities<MinimalActivities>({ startToCloseTimeout: '1 minute' });

/** Emails on day 0, 2 and 5. */
export async function nurture(day: Day): Promise<string> {
  const converted = conversion();
  await send();
  if (await converted.within(2 * day)) return 'converted';
  await send();
  if (await converted.within(3 * day)) return 'converted';
  await send();
  return (await converted.within(9 * day)) ? 'converted' : 'timed-out';
}

/** An email once something was viewed, or after three days. */
export async function waitFor(day: Day): Promise<string> {
  let viewed = false;
  setHandler(view, () => {
    viewed = true;
  });
  const converted = conversion();
  await condition(() => viewed || converted.yet(), 3 * day);
  if (converted.yet()) return 'converted';
  await send();
  return (await converted.within(14 * day)) ? 'converted' : 'timed-out';
}

/** After the start delay one of two emails, or none for whoever is held out. */
export async function experiment(day: Day, side: 'treated' | 'held out'): Promise<string> {
  const converted = conversion();
  if (side === 'treated') await send();
  return (await converted.within(14 * day)) ? 'converted' : 'timed-out';
}

/** A task for sales, at once. */
export async function salesTask(day: Day): Promise<string> {
  const converted = conversion();
  await createTask();
  return (await converted.within(14 * day)) ? 'converted' : 'timed-out';
}

function conversion() {
  let converted = false;
  setHandler(convert, () => {
    converted = true;
  });
  return { yet: () => converted, within: (milliseconds: number) => condition(() => converted, milliseconds) };
}
