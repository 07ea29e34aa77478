/**
 * What a finished workflow cost, read from its history.
 * @module
 */
import type { WorkflowHandle } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils';

type HistoryEvent = NonNullable<History['events']>[number];

/**
 * The actions that the cloud would bill: the start, each timer, signal, update, search attribute upsert, patch marker and
 * continue-as-new, each activity with every retry, and all local activities of one workflow task together.
 */
export function billedActions(events: readonly HistoryEvent[]): number {
  let actions = 0;
  let isTaskBilled = false;
  for (const event of events) {
    if (event.workflowTaskCompletedEventAttributes) isTaskBilled = false;
    const marker = event.markerRecordedEventAttributes?.markerName;
    if (marker === 'core_local_activity' && !isTaskBilled) {
      isTaskBilled = true;
      actions += 1;
    }
    if (marker === 'core_patch') actions += 1;
    if (isBilledAlone(event)) actions += 1;
    actions += Math.max(0, (event.activityTaskStartedEventAttributes?.attempt ?? 1) - 1);
  }
  return actions;
}

function isBilledAlone(event: HistoryEvent): boolean {
  return Boolean(
    event.workflowExecutionStartedEventAttributes ??
      event.timerStartedEventAttributes ??
      event.activityTaskScheduledEventAttributes ??
      event.workflowExecutionSignaledEventAttributes ??
      event.workflowExecutionUpdateAcceptedEventAttributes ??
      event.upsertWorkflowSearchAttributesEventAttributes ??
      event.startChildWorkflowExecutionInitiatedEventAttributes ??
      event.signalExternalWorkflowExecutionInitiatedEventAttributes,
  );
}

export interface RunCost {
  readonly events: number;
  readonly actions: number;
  readonly bytes: number;
}

/** What a workflow that has ended cost. */
export async function costOf(handle: WorkflowHandle): Promise<RunCost> {
  const { events } = await handle.fetchHistory();
  const { historySize = Number.NaN } = await handle.describe();
  return { events: events?.length ?? 0, actions: billedActions(events ?? []), bytes: historySize };
}

/**
 * Does the workflow sit in a wait, so that the last thing that happened is that a timer was started?
 * @param number which wait of its life that is, from 1
 */
export function waitsForTime(events: readonly HistoryEvent[] | null | undefined, number: number): boolean {
  const started = events?.filter((event) => event.timerStartedEventAttributes) ?? [];
  return started.length === number && events?.at(-1) === started.at(-1);
}
