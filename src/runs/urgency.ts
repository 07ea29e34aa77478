/**
 * Which of many runs Temporal takes first: five levels, of which its servers know the third as the usual one.
 * @module
 */

/** From 1, the most urgent, to 5; what workflows do for a run has its level. */
export type Urgency = 1 | 2 | 3 | 4 | 5;

export const USUAL: Urgency = 3;

/** @param priority the journey's; 50 unless it says otherwise */
export function urgencyOf(priority: number): Urgency {
  if (priority >= 80) return 1;
  if (priority >= 60) return 2;
  if (priority >= 40) return USUAL;
  return priority >= 20 ? 4 : 5;
}
