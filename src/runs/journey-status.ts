/**
 * How a journey stands, by its definition in force and by what was done to it by hand.
 * @module
 */
import type { JourneyVersion } from '../definitions/workspace-types.ts';
import type { Control } from './journey-controls.ts';

export const JOURNEY_STATUSES = ['draft', 'published', 'paused', 'stopped', 'archived'] as const;
export type JourneyStatus = (typeof JOURNEY_STATUSES)[number];

/** A journey that is not in the workspace any more is archived: nobody enters, and people in it finish. */
export function journeyStatus(version: JourneyVersion | undefined, control: Control | undefined): JourneyStatus {
  if (control !== undefined && control.state !== 'published') return control.state;
  return version === undefined ? 'archived' : (version.policy?.status ?? 'published');
}

/** Lists leave out what is archived, once nobody is in it any more. */
export function isPutAway(version: JourneyVersion | undefined, active: number): boolean {
  return active === 0 && (version === undefined || version.policy?.status === 'archived');
}
