/**
 * What a finished workflow cost, read from its history.
 * @module
 */
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
