/**
 * What the tracking plan says of an event, and of one of its properties.
 * @module
 */
import type { PlannedCall, PlannedField, TrackingPlan } from './workspace-types.ts';

/** Undefined where no plan names the event. */
export function plannedCall(plan: TrackingPlan | undefined, event: string): PlannedCall | undefined {
  return plan !== undefined && Object.hasOwn(plan.events, event) ? plan.events[event] : undefined;
}

/** @param property the path as the plan has it */
export function plannedField(
  plan: TrackingPlan | undefined,
  event: string,
  property: string,
): PlannedField | undefined {
  const fields = plannedCall(plan, event)?.fields ?? {};
  return Object.hasOwn(fields, property) ? fields[property] : undefined;
}
