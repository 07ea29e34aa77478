/**
 * One run: one person going once through one version of a journey.
 *
 * The workflow knows the run's id and its definition's hash, never the definition. `advance` decides everything up to
 * the next wait or outside effect; `deliver` carries one effect out and moves on from it; what is left here is to wait.
 * Where an effect certainly comes next, `advanceToDelivery` does both, which costs one event less.
 * A new kind of step needs nothing new here, so old runs replay.
 * @module
 */
import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { JourneyActivities } from '../activities/journey-activities.ts';
import type { Instruction, RunStart } from '../src/runs/instruction.ts';

/** The condition that the run waits for has come true. */
export const wake = defineSignal('wake');
/** The run has ended by its goal or an exit, and is recorded so. */
export const end = defineSignal<[outcome: string]>('end');

const { advance } = proxyLocalActivities<Pick<JourneyActivities, 'advance'>>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200ms', maximumInterval: '10 seconds' },
});

/** @returns how the run ended: `converted`, `exited`, `timed-out`, `completed` or `merged` */
export async function journeyRun({ first, ...ref }: RunStart): Promise<string> {
  let woken = false;
  let ended: string | undefined;
  setHandler(wake, () => {
    woken = true;
  });
  setHandler(end, (outcome) => {
    ended = outcome;
  });

  let next: Instruction | undefined;
  let ahead = first;
  for (;;) {
    // A message that is reserved already still has to be settled: its channel will see that the run has ended.
    if (ended !== undefined && next?.kind !== 'deliver') return ended;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof journeyRun>(ref);
    if (next === undefined) {
      woken = false;
      next =
        ahead === undefined
          ? await advance(ref)
          : await channel(ahead.channel).advanceToDelivery.executeWithOptions({ summary: ahead.summary }, [
              ref,
              ahead.channel,
            ]);
    }
    switch (next.kind) {
      case 'end':
        return next.outcome;
      case 'deliver':
        next = await channel(next.channel).deliver.executeWithOptions({ summary: next.summary }, [ref, next.message]);
        break;
      case 'wait': {
        const { milliseconds, summary, then } = next;
        const happened = await condition(() => woken || ended !== undefined, milliseconds, { summary });
        ahead = happened ? undefined : then;
        next = undefined;
      }
    }
  }
}

/** Each channel has a task queue of its own, so that a provider's rate limit is the queue's. */
function channel(name: 'email' | 'webhook') {
  return proxyActivities<Pick<JourneyActivities, 'deliver' | 'advanceToDelivery'>>({
    taskQueue: `${workflowInfo().taskQueue}-${name}`,
    startToCloseTimeout: '2 minutes',
    // An attempt that was lost with its worker, or on the way to one, is made again after this time.
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  });
}
