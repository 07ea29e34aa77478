/**
 * The first value milestone: the workspace's, or the journey's own.
 * @module
 */
import type { Milestone } from '../core/milestone.ts';
import type { Catalog } from './catalog.ts';
import { type ConditionSurroundings, compileCondition } from './compile-condition.ts';
import type { JourneyFile } from './schema-journey.ts';
import { sayAt } from './scope.ts';

/** Undefined where the journey knows none. That of the workspace is of people. */
export function compileMilestone(
  { milestone: own, beforeMilestone }: JourneyFile,
  { settings }: Catalog,
  given: ConditionSurroundings,
): Milestone | undefined {
  const common = given.of === 'person' ? settings?.file.milestone : undefined;
  if (own === undefined && common === undefined && beforeMilestone !== undefined) {
    const fix = 'Add `milestone` here or in the settings';
    sayAt(given, ['beforeMilestone'])('There is no milestone that this could be before', fix);
  }
  if (own !== undefined && beforeMilestone === 'act')
    sayAt(given, ['beforeMilestone'])('The milestone of this journey means nothing to it', 'Keep one of the two');
  const reached =
    own !== undefined
      ? compileCondition(own, ['milestone'], given)
      : common !== undefined && settings !== undefined
        ? compileCondition(common, ['milestone'], { ...given, source: settings.source, inRun: false })
        : undefined;
  if (reached === undefined || beforeMilestone === 'act') return undefined;
  return { reached, before: beforeMilestone ?? 'hold' };
}
