/**
 * One persona through the journeys of a workspace in virtual time, offline.
 * @module
 */
import { zoneOf } from '../core/calendar.ts';
import { withTags } from '../core/tags.ts';
import { DAY, type Instant } from '../core/time.ts';
import { didYouMean } from '../definitions/problems.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import type { Moment, Occasion, Persona } from './persona.ts';
import type { Simulation } from './simulation.ts';
import { VirtualLife } from './virtual-life.ts';
import { type LivedWorkspace, virtualWorld } from './virtual-world.ts';

export interface SimulationInput {
  readonly workspace: LivedWorkspace;
  /** The one to be looked at. */
  readonly journey: string;
  readonly persona: Persona;
  /** In place of the persona's own. */
  readonly start?: Instant;
  /** Whether the person is held out from it. Default: as their user id falls. */
  readonly heldOut?: boolean;
  /** No other journey of the workspace runs beside it. */
  readonly only?: boolean;
}

/** How long after the last event time alone may still start runs. */
const AFTERLIFE = 365 * DAY;

/**
 * Lets the persona live from their first event to a year after their last one, and every run to its end.
 * @throws {Error} where the workspace has no such journey, or a journey would go on for ever within one instant
 */
export function simulate(input: SimulationInput): Simulation {
  const { journey: key, persona, start = persona.start } = input;
  const workspace = workspaceFor(input);
  const calls = callsOf(persona, start, workspace.tags);
  const life = new VirtualLife({
    world: virtualWorld(workspace, { rendersEmails: true }),
    userId: persona.userId,
    traits: persona.traits,
    calls,
    afterlife: AFTERLIFE,
  }).live();
  const { audiences } = workspace;
  return {
    journey: key,
    version: workspace.journeys[key]?.hash ?? '',
    userId: persona.userId,
    start,
    zone: zoneOf(persona.traits, workspace.settings.timezone),
    occasions: calls.flatMap(occasionIn),
    runs: life.runs.filter(({ journey }) => journey === key),
    refused: life.refused.filter(({ journey }) => journey === key),
    others: life.runs.filter(({ journey }) => journey !== key),
    audiences: life.audienceChanges.filter(({ audience }) => audiences[audience]?.hidden !== true),
  };
}

function occasionIn({ type, name, traits = {}, profileId, occurredAt }: IncomingEvent) {
  const at = Date.parse(occurredAt);
  if (type !== 'identify')
    return [{ at, what: profileId === undefined || name === 'Unsubscribed' ? name : `${name} (by the engine)` }];
  const said = Object.entries(traits).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return said.length === 0 ? [] : [{ at, what: `is told to have ${said.join(', ')}` }];
}

function workspaceFor({ workspace, journey: key, heldOut, only = false }: SimulationInput): LivedWorkspace {
  const version = workspace.journeys[key];
  if (version === undefined) {
    const keys = Object.keys(workspace.journeys);
    const advice = didYouMean(key, keys) ?? `It has ${keys.join(', ') || 'none'}.`;
    throw new Error(`The workspace has no journey \`${key}\`. ${advice}`);
  }
  if (version.journey.of === 'account')
    throw new Error(`The journey \`${key}\` is about accounts, and a persona is one person`);
  const side = heldOut === undefined ? {} : { holdout: Number(heldOut), holdoutEverywhere: undefined };
  const chosen = { [key]: { ...version, journey: { ...version.journey, ...side } } };
  return { ...workspace, journeys: only ? chosen : { ...workspace.journeys, ...chosen } };
}

/**
 * What the persona does, as calls in order of time. The start is told of too, since conditions may hold of the traits alone.
 */
export function callsOf(
  { events, userId, traits }: Persona,
  start: Instant,
  tags?: LivedWorkspace['tags'],
): IncomingEvent[] {
  const instantOf = (moment: Moment) => ('instant' in moment ? moment.instant : start + moment.after);
  const calls = events.map((occasion, index) => callOf(occasion, userId, instantOf(occasion.at), index + 1, tags));
  const begins = callOf({ identify: traits, at: { instant: start } }, userId, start, 0, tags);
  return [begins, ...calls].sort((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt));
}

function callOf(
  occasion: Occasion,
  userId: string,
  at: Instant,
  number: number,
  tags: LivedWorkspace['tags'] = [],
): IncomingEvent {
  const occurredAt = new Date(at).toISOString();
  const base = { messageId: `${userId}:${number}`, userId, context: {}, occurredAt, receivedAt: occurredAt };
  if ('identify' in occasion)
    return { ...base, type: 'identify', name: 'identify', traits: occasion.identify, properties: {} };
  const { event: name, byEngine, properties } = occasion;
  const reported = byEngine === true ? { profileId: 1 } : {};
  return { ...base, ...reported, type: 'track', name, properties: withTags(tags, name, properties) };
}
