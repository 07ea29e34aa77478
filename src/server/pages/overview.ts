/**
 * What the start page tells, read in one go.
 * @module
 */
import { DateTime } from 'luxon';
import { readAudienceSizes } from '../../audiences/read-members.ts';
import { describe } from '../../core/describe.ts';
import type { Channel, Journey } from '../../core/journey.ts';
import type { Clock, Instant } from '../../core/time.ts';
import { currentPublication } from '../../definitions/publish.ts';
import type { Workspace } from '../../definitions/workspace-types.ts';
import { type ChannelActivity, channelActivity, hasEvents } from '../../measurement/activity.ts';
import { backlog } from '../../measurement/backlog.ts';
import { type Conversion, conversionByHoldout } from '../../measurement/conversion.ts';
import { type JourneyOutcomes, journeyOutcomes } from '../../measurement/journey-outcomes.ts';
import { type Refusals, refusals } from '../../measurement/messages.ts';
import { type Control, readControls } from '../../runs/journey-controls.ts';
import { isPutAway, type JourneyStatus, journeyStatus } from '../../runs/journey-status.ts';
import type { Database } from '../../store/database.ts';
import { listPlannedEvents, type PlannedEvent } from '../routes/tracking-plan.ts';

export interface JourneyOverview {
  readonly key: string;
  readonly status: JourneyStatus;
  /** Who paused or stopped it, while it is. */
  readonly control: Pick<Control, 'since' | 'by' | 'reason'> | undefined;
  /** Archived, and nobody is in it any more: it counts, and is not listed. */
  readonly putAway: boolean;
  /** Undefined where it is not in the workspace any more and only finishes its runs. */
  readonly rule: { readonly entry: string; readonly goal: string | null } | undefined;
  /** Undefined until somebody enters. */
  readonly outcomes: JourneyOutcomes | undefined;
  readonly conversion: Conversion | undefined;
}

export interface Overview {
  readonly at: Instant;
  readonly timezone: string;
  /** The workspace's name; null before the first publication. */
  readonly workspace: string | null;
  readonly journeys: readonly JourneyOverview[];
  readonly audiences: readonly { readonly key: string; readonly description: string; readonly size: number }[];
  /** Channels that journeys use or have used; `recently` is today, in the workspace's time zone. */
  readonly channels: readonly ChannelActivity[];
  readonly refusals: readonly Refusals[];
  /** Calls and reports that are stored and not worked off yet. */
  readonly waiting: number;
  /** Of the tracking plan, and what was checked by one. */
  readonly planned: readonly PlannedEvent[];
  readonly hasEvents: boolean;
  /** An event by which somebody enters a journey, to try the engine with. */
  readonly firstEvent: string;
}

const UNPUBLISHED_ZONE = 'Etc/UTC';
const ANY_EVENT = 'Order Completed';

export async function readOverview(db: Database, clock: Clock): Promise<Overview> {
  const publication = await currentPublication(db);
  const workspace = publication?.workspace;
  const timezone = workspace?.settings.timezone ?? UNPUBLISHED_ZONE;
  const at = clock.now();
  const today = DateTime.fromMillis(at, { zone: timezone }).startOf('day').toMillis();
  const [outcomes, conversions, controls, sizes, active, refused, queues, planned, anyEvent] = await Promise.all([
    journeyOutcomes(db),
    conversionByHoldout(db),
    readControls(db),
    readAudienceSizes(db),
    channelActivity(db, today),
    refusals(db),
    backlog(db),
    listPlannedEvents(db),
    hasEvents(db),
  ]);
  return {
    at,
    timezone,
    workspace: workspace?.settings.name ?? null,
    journeys: journeysOf(workspace, outcomes, conversions, controls),
    audiences: audiencesOf(workspace, sizes),
    channels: channelsOf(workspace, active),
    refusals: refused,
    waiting: queues.calls + queues.reports,
    planned,
    hasEvents: anyEvent,
    firstEvent: firstEventOf(workspace),
  };
}

function audiencesOf(workspace: Workspace | undefined, sizes: ReadonlyMap<string, number>): Overview['audiences'] {
  const published = workspace?.audiences ?? {};
  return [...new Set([...Object.keys(published), ...sizes.keys()])]
    .filter((key) => published[key]?.hidden !== true)
    .sort()
    .map((key) => ({ key, description: published[key]?.description ?? '', size: sizes.get(key) ?? 0 }));
}

function journeysOf(
  workspace: Workspace | undefined,
  outcomes: readonly JourneyOutcomes[],
  conversions: readonly Conversion[],
  controls: ReadonlyMap<string, Control>,
): JourneyOverview[] {
  const published = workspace?.journeys ?? {};
  const keys = new Set([...Object.keys(published), ...outcomes.map(({ journey }) => journey)]);
  return [...keys].sort().map((key) => {
    const version = published[key];
    const journey = version?.journey;
    const control = controls.get(key);
    const ofKey = outcomes.find((one) => one.journey === key);
    return {
      key,
      status: journeyStatus(version, control),
      control: control?.state === 'published' ? undefined : control,
      putAway: isPutAway(version, ofKey?.outcomes.active ?? 0),
      rule: journey && { entry: entryOf(journey), goal: goalOf(journey) },
      outcomes: ofKey,
      conversion: conversions.find((one) => one.journey === key),
    };
  });
}

function entryOf({ enter }: Journey): string {
  if (enter.by === 'event') return enter.events.names.join(' or ');
  if (enter.by === 'request') return 'whoever is asked in';
  if (enter.by === 'schedule') return `whoever is in ${enter.audience}, by the clock`;
  return `whoever ${enter.by === 'leaving' ? 'leaves' : 'enters'} ${enter.audience}`;
}

function goalOf({ goal }: Journey): string | null {
  return goal && describe(goal).replaceAll(' since entry', '');
}

function channelsOf(workspace: Workspace | undefined, active: readonly ChannelActivity[]): ChannelActivity[] {
  const kinds = Object.values(workspace?.journeys ?? {}).flatMap(({ journey }) =>
    Object.values(journey.steps).map(({ kind }) => kind),
  );
  return CHANNELS.flatMap((channel) => {
    const used = active.find((one) => one.channel === channel);
    if (used !== undefined) return [used];
    return kinds.includes(channel) ? [{ channel, recently: 0, sent: 0, notSent: 0, lastSentAt: null }] : [];
  });
}

const CHANNELS: readonly Channel[] = ['email', 'in-app', 'sales-task', 'webhook'];

function firstEventOf(workspace: Workspace | undefined): string {
  const entries = Object.values(workspace?.journeys ?? {}).map(({ journey }) => journey.enter);
  const names = entries.flatMap((enter) => (enter.by === 'event' ? enter.events.names : []));
  return names.find((name) => name !== '*') ?? ANY_EVENT;
}
