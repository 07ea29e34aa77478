/**
 * Broadcasts: the people of an audience enter a journey at a time of the wall clock, each by their own clock.
 *
 * A broadcast goes from instant to instant at which it is that time somewhere. In each pass whoever had no turn yet, and
 * whose instant has come, has one, in batches of a transaction each: the audience is asked as of the person's turn, and the
 * turn is recorded with what comes of it. So nobody has two, whatever dies, and whoever moves to another zone meanwhile
 * has one all the same.
 * @module
 */
import { factsOf } from '../audiences/membership.ts';
import {
  instantIn,
  instantsOf,
  isOccurrence,
  type LocalTime,
  localTimeAt,
  occurrenceAfter,
  type Schedule,
  scheduleOf,
  zoneFor,
} from '../core/schedule.ts';
import { type Clock, DAY, type Instant } from '../core/time.ts';
import {
  type Broadcast,
  forgetPlanned,
  isAnythingDue,
  lastOccurrences,
  leaseBroadcast,
  moveBroadcast,
  nextBroadcast,
  noteTurns,
  type Planned,
  peopleWaiting,
  planBroadcast,
  zonesWaiting,
} from '../runs/broadcast-rows.ts';
import { withPlaces } from '../runs/entry-places.ts';
import type { PublishedJourney } from '../runs/journey-index.ts';
import type { Queryable } from '../store/database.ts';
import { type Applying, applyDue, bringUpToDate } from './apply.ts';
import type { Catalog } from './catalog.ts';
import { oldestWaiting } from './clock-tick.ts';
import { enterJourneys } from './entries.ts';
import type { Processing } from './process-lane.ts';
import { loadProfiles, type Profile, saveProfiles } from './profile.ts';

/** People in one transaction, at most. */
const BATCH = 200;
/** A broadcast that could not begin, or go on, for so long of real time is given up. */
const TOO_LATE = DAY;

/**
 * Plans what is to come, and lets the next batch of what is due up to `upTo` enter. Instants after the oldest event still
 * in the inbox wait for it, so that a backlog never makes a membership wrong.
 * @returns whether there may be more to do at once
 */
export async function broadcast(upTo: Instant, processing: Processing): Promise<boolean> {
  const { db, catalogs, clock } = processing;
  const catalog = await catalogs.current(db);
  if (catalog === null || catalog.journeys.scheduled.length === 0) return false;
  const planned = await plan(db, catalog, processing);
  const { live } = await oldestWaiting(db);
  const horizon = Math.min(upTo, live ?? upTo);
  const worked = await withPlaces(db, async (tx, places) => {
    const due = await leaseBroadcast(tx, horizon);
    const current = await catalogs.current(tx);
    if (due === undefined || current === null || !(await areMembersKnown(tx, current, due.passAt))) return false;
    await work(tx, due, horizon, { catalog: current, versions: catalogs.versions, places }, clock);
    return true;
  });
  return planned || worked;
}

/** Has everybody been looked at who may be in an audience by then: by the newest publication, and by time alone? */
async function areMembersKnown(tx: Queryable, { filledTo, publicationId }: Catalog, at: Instant): Promise<boolean> {
  return filledTo === publicationId && !(await isAnythingDue(tx, at));
}

/** When there is something to do next; null where no journey has a schedule. */
export async function nextBroadcastOf({ db, catalogs }: Processing): Promise<Instant | null> {
  return (catalogs.known?.journeys.scheduled ?? []).length === 0 ? null : nextBroadcast(db);
}

/** Sees to it that the next time of every schedule is known before it comes. */
async function plan(db: Queryable, catalog: Catalog, { clock }: Processing): Promise<boolean> {
  const known = await lastOccurrences(db);
  const now = clock.now();
  let planned = false;
  for (const { journey } of catalog.journeys.scheduled) {
    const schedule = scheduleOf(journey);
    const last = known.get(journey.key);
    if (schedule === undefined) continue;
    if (last?.isAhead) {
      // Of a schedule that is not in force any more.
      if (!isOccurrence(schedule, last.occurrence)) planned = await forgetPlanned(db, journey.key);
      continue;
    }
    const next = nextOf(journey.key, schedule, last?.occurrence, catalog.publishedAt, clock);
    if (next === null) continue;
    await planBroadcast(db, next, now);
    planned = true;
  }
  return planned;
}

/** @param last the one before it, if there was any */
function nextOf(
  journey: string,
  schedule: Schedule,
  last: LocalTime | undefined,
  publishedAt: Instant,
  clock: Clock,
): Planned | null {
  // A first one is looked for from the day before on, since somewhere it is another day than here.
  const dayBefore = localTimeAt(publishedAt - DAY, schedule.zone);
  const isFirst = last === undefined || last < dayBefore;
  const occurrence = occurrenceAfter(schedule, isFirst ? dayBefore : last);
  if (occurrence === null) return null;
  // Whose time was over when the journey was published does not enter.
  const since = isFirst ? publishedAt : 0;
  const instants = instantsOf(schedule, occurrence).filter((at) => at > since);
  const latest = instants.at(-1) ?? publishedAt;
  const isMissed = instants.length === 0 || isTooLate(latest, clock);
  return { journey, occurrence, status: isMissed ? 'missed' : 'planned', passAt: instants[0] ?? latest, since };
}

async function work(tx: Queryable, due: Broadcast, horizon: Instant, applying: Applying, clock: Clock): Promise<void> {
  const published = applying.catalog.journeys.get(due.journey);
  const schedule = published && scheduleOf(published.journey);
  if (published === undefined || schedule === undefined || !isOccurrence(schedule, due.occurrence)) {
    await moveBroadcast(tx, { ...due, status: 'cancelled' });
    return;
  }
  const now = clock.now();
  const instants = instantsOf(schedule, due.occurrence);
  if (isTooLate(Math.max(instants.at(-1) ?? 0, due.turnAt), clock)) {
    await moveBroadcast(tx, { ...due, status: 'missed' });
    return;
  }
  const begun = due.zones === null && schedule.local ? { ...due, zones: await zonesDue(tx, due, schedule) } : due;
  const { pace } = schedule;
  const room = pace === undefined ? BATCH : Math.floor((horizon - Math.max(due.turnAt, due.passAt)) / pace) + 1;
  const limit = Math.min(BATCH, room);
  const ids = await peopleWaiting(tx, begun, schedule.audience, limit);
  const turns = ids.length === 0 ? begun : await letEnter(tx, begun, schedule, published, ids, applying, now);
  if (turns === null) return;
  const isOver = ids.length < limit;
  const next = isOver ? instants.find((at) => at > due.passAt) : undefined;
  await moveBroadcast(tx, {
    ...turns,
    ...(isOver
      ? { status: next === undefined ? 'done' : 'running', passAt: next ?? due.passAt, zones: null, afterId: 0 }
      : { status: 'running', afterId: ids.at(-1) ?? due.afterId }),
  });
}

/** @param last when it was last the broadcast's time somewhere, or somebody's turn by its rate */
function isTooLate(last: Instant, clock: Clock): boolean {
  return (clock.now() - last) / clock.speed > TOO_LATE;
}

/** Whose clocks have come to it by this pass. */
async function zonesDue(tx: Queryable, due: Broadcast, schedule: Schedule): Promise<string[]> {
  const zones = await zonesWaiting(tx, due, schedule.audience);
  return zones.filter((timezone) => {
    const at = instantIn(due.occurrence, zoneFor(schedule, { timezone }));
    return at <= due.passAt && at > due.since;
  });
}

/** One batch. Null: a newer publication has come meanwhile, by which somebody was looked at already. */
async function letEnter(
  tx: Queryable,
  due: Broadcast,
  schedule: Schedule,
  published: PublishedJourney,
  ids: readonly number[],
  applying: Applying,
  now: Instant,
): Promise<Broadcast | null> {
  const { catalog, versions } = applying;
  const profiles = await loadProfiles(tx, catalog, versions, ids, due.passAt);
  if ([...profiles.values()].some(({ filledTo }) => filledTo > catalog.publicationId)) return null;
  let { turnAt, entered, refused } = due;
  for (const profile of inOrder(profiles, ids)) {
    const own = instantIn(due.occurrence, zoneFor(schedule, profile.ownTraits));
    const turn = Math.max(turnAt, own);
    // Whose instant went by in an earlier pass has come to be there since, by moving or by joining the audience.
    const memberBy = own < due.passAt ? own : turn;
    const { runChanges } = profile;
    const before = [runChanges.entered.length, runChanges.refused.length] as const;
    takeTurn(profile, published, { occurrence: due.occurrence, turn, memberBy }, applying);
    refused += runChanges.refused.length - before[1];
    if (runChanges.entered.length === before[0]) continue;
    entered += 1;
    if (schedule.pace !== undefined) turnAt = turn + schedule.pace;
  }
  await saveProfiles(tx, catalog, profiles.values(), now);
  await noteTurns(tx, due.id, ids);
  return { ...due, turnAt, entered, refused };
}

function inOrder(profiles: ReadonlyMap<number, Profile>, ids: readonly number[]): Profile[] {
  return ids.flatMap((id) => profiles.get(id) ?? []);
}

/** Somebody's turn in a broadcast. */
export interface BroadcastTurn {
  readonly occurrence: LocalTime;
  readonly turn: Instant;
  /** Whoever joins the audience later than this does not enter. */
  readonly memberBy: Instant;
}

/** The person enters if it is in the audience, and was in time. */
export function takeTurn(
  profile: Profile,
  published: PublishedJourney,
  { occurrence, turn, memberBy }: BroadcastTurn,
  applying: Applying,
): void {
  bringUpToDate(profile, turn, applying);
  applyDue(profile, turn, applying, 'upTo');
  const schedule = scheduleOf(published.journey);
  if (schedule === undefined || !factsOf(profile).audiences.has(schedule.audience)) return;
  const { audience } = schedule;
  if ((profile.memberships.get(audience)?.since ?? memberBy) > memberBy) return;
  // Under another name the person may have had this turn.
  const had = profile.runs.get(published.journey.key)?.entry.occurrence;
  if (typeof had === 'string' && had >= occurrence) return;
  const at = Math.max(turn, profile.appliedAt);
  profile.appliedAt = at;
  enterJourneys(profile, [{ published, entry: { by: 'schedule', audience, occurrence } }], at, applying);
}
