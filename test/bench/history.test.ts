import { expect, test } from 'vitest';
import { billedActions } from '../../bench/harness/history.ts';

const started = { workflowExecutionStartedEventAttributes: {} };
const task = [
  { workflowTaskScheduledEventAttributes: {} },
  { workflowTaskStartedEventAttributes: {} },
  { workflowTaskCompletedEventAttributes: {} },
];
const localActivity = { markerRecordedEventAttributes: { markerName: 'core_local_activity' } };
const activity = (attempt: number) => [
  { activityTaskScheduledEventAttributes: {} },
  { activityTaskStartedEventAttributes: { attempt } },
  { activityTaskCompletedEventAttributes: {} },
];
const timer = { timerStartedEventAttributes: {} };
const signal = { workflowExecutionSignaledEventAttributes: {} };
const completed = { workflowExecutionCompletedEventAttributes: {} };

test('start, local activity, activity, timer and signal are one action each', () => {
  const history = [started, ...task, localActivity, ...activity(1), ...task, timer, signal, ...task, completed];
  expect(billedActions(history)).toBe(5);
});

test('local activities of one task are one action, of two tasks two', () => {
  expect(billedActions([started, ...task, localActivity, localActivity, completed])).toBe(2);
  expect(billedActions([started, ...task, localActivity, ...task, localActivity, completed])).toBe(3);
});

test('each retry of an activity is an action', () => {
  expect(billedActions([started, ...task, ...activity(3), completed])).toBe(4);
});

test('a patch marker is an action', () => {
  const patch = { markerRecordedEventAttributes: { markerName: 'core_patch' } };
  expect(billedActions([started, ...task, patch, completed])).toBe(2);
});
