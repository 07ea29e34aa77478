/**
 * One persona through the journeys of a workspace in virtual time, offline.
 * @module
 */
import { zoneOf } from '../core/calendar.ts';
import { withoutWinner } from '../core/experiment.ts';
import { DAY, type Instant } from '../core/time.ts';
import { didYouMean } from '../definitions/problems.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import type { Persona } from './persona.ts';
import { callsOf, occasionIn, peopleOf } from './persona-calls.ts';
import type { Simulation } from './simulation.ts';
import { VirtualLife } from './virtual-life.ts';
import { asPublished, type LivedWorkspace, virtualWorld } from './virtual-world.ts';

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
  /** Variants of the journey's experiments, as if they had won. */
  readonly winners?: ReadonlyMap<string, string>;
}

/** How long after the last event time alone may still start runs. */
const AFTERLIFE = 365 * DAY;

/**
 * Lets the persona live from their first event to a year after their last one, and every run to its end.
 * @throws {Error} where the workspace has no such journey, or a journey would go on for ever within one instant
 */
export function simulate(input: SimulationInput): Simulation {
  const { journey: key, persona, start = persona.start, winners = new Map() } = input;
  const workspace = workspaceFor(input);
  const people = peopleOf(persona);
  const calls = callsOf(persona, start, workspace.tags);
  const life = new VirtualLife({
    world: virtualWorld(workspace, { rendersEmails: true, winners: new Map([[key, winners]]) }),
    people,
    calls,
    personOf: ({ userId }) => people.find((one) => one.userId === userId)?.id ?? 0,
    afterlife: AFTERLIFE,
  }).live();
  const own = life.of();
  const ofAccounts = [...life.ofAccounts].map(([account, { runs, refused }]) => ({
    runs: runs.map((run) => ({ ...run, account })),
    refused,
  }));
  const runs = [own, ...ofAccounts].flatMap((one) => one.runs);
  const refused = [own, ...ofAccounts].flatMap((one) => one.refused);
  const { audiences } = workspace;
  const { hash = '', journey = { steps: {} } } = workspace.journeys[key] ?? {};
  return {
    journey: key,
    version: hash,
    byChanceAlone: withoutWinner(journey, winners),
    userId: persona.userId,
    start,
    zone: zoneOf(persona.traits, workspace.settings.timezone),
    occasions: calls.flatMap((call) => occasionOf(call, persona)),
    runs: runs.filter(({ journey }) => journey === key),
    refused: refused.filter(({ journey }) => journey === key),
    others: runs.filter(({ journey }) => journey !== key),
    audiences: own.audienceChanges.filter(({ audience }) => audiences[audience]?.hidden !== true),
  };
}

function occasionOf(call: IncomingEvent, { userId }: Persona): Simulation['occasions'] {
  const what = occasionIn(call);
  return what === null ? [] : [{ at: Date.parse(call.occurredAt), who: call.userId ?? userId, what }];
}

function workspaceFor({ workspace, journey: key, heldOut, only = false }: SimulationInput): LivedWorkspace {
  const version = workspace.journeys[key];
  if (version === undefined) {
    const keys = Object.keys(workspace.journeys);
    const advice = didYouMean(key, keys) ?? `It has ${keys.join(', ') || 'none'}.`;
    throw new Error(`The workspace has no journey \`${key}\`. ${advice}`);
  }
  const side = heldOut === undefined ? {} : { holdout: Number(heldOut), holdoutEverywhere: undefined };
  const journey = { ...version.journey, ...side };
  const journeys = only
    ? { [key]: { ...version, journey } }
    : { ...workspace.journeys, [key]: { ...version, journey } };
  return asPublished({ ...workspace, journeys }, key);
}
