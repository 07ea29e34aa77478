/**
 * What would come of it if somebody qualified for a journey now: all of it happens, to a copy that nobody keeps.
 * @module
 */
import { addEvent, reevaluate } from '../audiences/membership.ts';
import type { JsonObject } from '../core/condition.ts';
import type { Touch } from '../core/interest.ts';
import type { Instant } from '../core/time.ts';
import type { Run } from '../runs/enter.ts';
import type { JourneyIndex } from '../runs/journey-index.ts';
import { noRunChanges } from '../runs/run-rows.ts';
import { type Applying, applyDue, follow } from './apply.ts';
import { audiencesFor, journeysFor } from './catalog.ts';
import { type Entry as Qualifying, qualifiedByAudience, qualifiedByEvent } from './entries.ts';
import type { Profile } from './profile.ts';

export type Supposed =
  /** After runs of other journeys have ended, for this reason; null: none had to. */
  | { readonly answer: 'enters'; readonly run: Run; readonly reason: string | null }
  /** For the end of another run of its group. */
  | { readonly answer: 'waits' | 'refused'; readonly reason: string };

/**
 * The event happens, or the person comes to be in the audience, or ceases to, and whatever follows from that does.
 * @param profile stays as it is
 */
export function suppose(profile: Profile, qualifying: Qualifying, at: Instant, applying: Applying): Supposed {
  const one: Profile = { ...structuredClone(profile), changes: [], runChanges: noRunChanges() };
  applyDue(one, at, applying, 'upTo');
  for (const earlier of [one.runChanges.entered, one.runChanges.ended, one.runChanges.refused]) earlier.splice(0);
  const { journey } = qualifying.published;
  const { touch, beside } = happen(one, qualifying, at, journeysFor(applying.catalog, one));
  const audiences = audiencesFor(applying.catalog, one);
  const dependent = 'audience' in journey.enter ? audiences.dependentsOf(journey.enter.audience) : [];
  const changes = reevaluate(audiences, one, [...audiences.touchedBy(touch), ...dependent], at, 'event');
  const others = beside.filter(({ published }) => published.journey.key !== journey.key);
  follow(one, changes, touch, at, applying, 'everybody', [qualifying, ...others]);
  return outcomeIn(one, journey.key, at);
}

/** @returns what may be touched by it, and what else the person qualifies for by it */
function happen(
  one: Profile,
  { published: { journey }, entry }: Qualifying,
  at: Instant,
  journeys: JourneyIndex,
): { readonly touch: Touch; readonly beside: readonly Qualifying[] } {
  const { enter } = journey;
  switch (enter.by) {
    case 'audience':
    case 'leaving':
    case 'schedule': {
      const { audience } = enter;
      const member = enter.by !== 'leaving';
      one.memberships.set(audience, { member, since: at, dueAt: null });
      const changed = enter.by !== 'schedule';
      return { touch: {}, beside: changed ? qualifiedByAudience({ audience, entered: member }, journeys) : [] };
    }
    case 'event': {
      const [name = ''] = enter.events.names;
      // Any event at all: which, nobody knows.
      if (name === '*') return { touch: {}, beside: [] };
      const event = { name, at, messageId: '', properties: (entry.properties ?? {}) as JsonObject };
      addEvent(one, event);
      return { touch: { event: { name, byEngine: false } }, beside: qualifiedByEvent(event, journeys) };
    }
    case 'request':
      return { touch: {}, beside: [] };
  }
}

function outcomeIn(
  { runChanges: { entered, refused, ended }, waiting = [] }: Profile,
  journey: string,
  at: Instant,
): Supposed {
  const run = entered.find((one) => one.run.journey === journey)?.run;
  if (run !== undefined) {
    const evicted = ended.find(({ run: { endReason } }) => endReason?.startsWith(`\`${journey}\` of the group`));
    return { answer: 'enters', run, reason: evicted?.run.endReason ?? null };
  }
  const reason = refused.find((one) => one.journey === journey)?.reason ?? 'nothing would come of it';
  const waits = waiting.some((one) => one.journey === journey && one.since === at);
  return { answer: waits ? 'waits' : 'refused', reason };
}
