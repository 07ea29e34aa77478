/**
 * One persona through one journey in virtual time, offline: the engine's own evaluator, entry rules and interpreter,
 * with a queue of instants in the place of Postgres, Temporal and the channels.
 * @module
 */
import { type TagTable, withTags } from '../core/tags.ts';
import type { Instant } from '../core/time.ts';
import { didYouMean } from '../definitions/problems.ts';
import type { Workspace } from '../definitions/workspace-types.ts';
import type { Moment, Persona } from './persona.ts';
import type { Simulation } from './simulation.ts';
import { type Happening, VirtualLife } from './virtual-life.ts';

export interface SimulationInput {
  /** Only what a simulation needs of it. */
  readonly workspace: Pick<Workspace, 'audiences' | 'journeys' | 'tags'> & {
    readonly settings: Pick<Workspace['settings'], 'caps'>;
  };
  readonly journey: string;
  readonly persona: Persona;
  /** In place of the persona's own. */
  readonly start?: Instant;
  /** Whether the person is held out. Default: as their user id falls. */
  readonly heldOut?: boolean;
}

/**
 * Lets the persona live from their first event to a year after their last one, and every run to its end. Other journeys
 * of the workspace do not run, so their messages do not count against caps.
 *
 * @throws {Error} where the workspace has no such journey, or the journey would go on for ever within one instant
 */
export function simulate({
  workspace,
  journey: key,
  persona,
  start = persona.start,
  heldOut,
}: SimulationInput): Simulation {
  const version = workspace.journeys[key];
  if (version === undefined) {
    const advice =
      didYouMean(key, Object.keys(workspace.journeys)) ??
      `It has ${Object.keys(workspace.journeys).join(', ') || 'none'}.`;
    throw new Error(`The workspace has no journey \`${key}\`. ${advice}`);
  }
  const life = new VirtualLife({
    person: persona.userId,
    traits: persona.traits,
    happenings: happeningsOf(persona, start, workspace.tags),
    audiences: ofPeople(workspace),
    journey: version.journey,
    caps: workspace.settings.caps,
    heldOut,
  });
  life.live();
  return {
    journey: key,
    version: version.hash,
    userId: persona.userId,
    start,
    runs: life.runs,
    refused: life.refused,
    audiences: life.audienceChanges,
  };
}

/** A persona has no account, and what is asked of accounts holds of none. */
function ofPeople({ audiences }: Pick<Workspace, 'audiences'>): Workspace['audiences'] {
  const people = Object.values(audiences).filter(({ of, hidden }) => of !== 'account' && hidden !== true);
  return Object.fromEntries(people.map((audience) => [audience.key, audience]));
}

/** In order of time; the start is a happening too, since conditions may hold of the traits alone. */
function happeningsOf({ events }: Persona, start: Instant, tags: readonly TagTable[] = []): Happening[] {
  const instantOf = (moment: Moment) => ('instant' in moment ? moment.instant : start + moment.after);
  const happenings = events.map((occasion): Happening => {
    const at = instantOf(occasion.at);
    if ('identify' in occasion) return { at, traits: occasion.identify };
    const { event: name, byEngine } = occasion;
    const properties = withTags(tags, name, occasion.properties);
    return { at, event: { name, at, properties, ...(byEngine === true && { byEngine }) } };
  });
  return [{ at: start }, ...happenings].sort((a, b) => a.at - b.at);
}
