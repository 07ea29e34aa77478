/**
 * Which journeys an event or an audience change can enter, and which running ones it can end or wake.
 * @module
 */

import type { Condition, Expression } from '../core/condition.ts';
import { byPriority } from '../core/entry.ts';
import { mayWait } from '../core/groups.ts';
import { type Interest, interestOf, interestOfExpressions, joinInterests } from '../core/interest.ts';
import type { Journey, Step, StepId } from '../core/journey.ts';
import { milestoneOf } from '../core/milestone.ts';
import { standsAt } from '../core/move-by-hand.ts';
import type { Offer } from '../core/offer.ts';
import { followersOf, reachableFrom } from '../core/reachable.ts';
import { rolesOf } from '../core/receivers.ts';
import type { Cursor } from '../core/run.ts';
import { stepOf } from '../core/standing-at.ts';

export interface PublishedJourney {
  readonly hash: string;
  readonly journey: Journey;
}

export interface JourneyIndex {
  readonly all: readonly PublishedJourney[];
  /** Can an entry into any of them have to wait for the end of another run? */
  readonly mayWait: boolean;
  get(key: string): PublishedJourney | undefined;
  /** Those that are entered by the clock on the wall. */
  readonly scheduled: readonly PublishedJourney[];
  enteredByEvent(name: string, byEngine: boolean): readonly PublishedJourney[];
  /** By people who come to be in the audience, or who cease to. */
  enteredByAudience(key: string, entered: boolean): readonly PublishedJourney[];
}

export function indexJourneys(journeys: Iterable<PublishedJourney>): JourneyIndex {
  const all = [...journeys].sort((a, b) => byPriority(a.journey, b.journey));
  const byKey = new Map(all.map((published) => [published.journey.key, published]));
  return {
    all,
    mayWait: all.some(({ journey }) => mayWait(journey.group)),
    get: (key) => byKey.get(key),
    scheduled: all.filter(({ journey: { enter } }) => enter.by === 'schedule'),
    enteredByEvent: (name, byEngine) =>
      all.filter(
        ({ journey: { enter } }) =>
          enter.by === 'event' &&
          (enter.events.names.includes(name) || (!byEngine && enter.events.names.includes('*'))),
      ),
    enteredByAudience: (key, entered) =>
      all.filter(({ journey: { enter } }) => enter.by === (entered ? 'audience' : 'leaving') && enter.audience === key),
  };
}

/** What can end or wake a run of this journey: its goal, its exit and the conditions it may wait for. */
export function watchInterest(journey: Journey): Interest {
  const awaited = conditionsOf(journey, (step) => (step.kind === 'wait-until' ? [step.condition] : []));
  return interestOf(...awaited, ...milestoneAmong(journey, Object.keys(journey.steps)));
}

/** What the steps from this one on may ask about; and what is watched, where time alone could change its answer. */
export function interestFrom(journey: Journey, from: StepId | null): Interest {
  const ahead = [...reachableFrom(journey, from)];
  const asked = [...ahead.flatMap((id) => askedBy(stepOf(journey, id))), ...milestoneAmong(journey, ahead)];
  const watched = conditionsOf(journey, () => []);
  return interestOf(...asked, ...(interestOf(...watched).timed ? watched : []));
}

/** Can a run that stands here come to a message for people of its account before it next waits for time to pass? */
export function reachesPeople(journey: Journey, cursor: Cursor): boolean {
  const seen = new Set<StepId>();
  const visit = (id: StepId | null): boolean => {
    if (id === null || seen.has(id)) return false;
    seen.add(id);
    const step = stepOf(journey, id);
    if (rolesOf(step).length > 0) return true;
    return step.kind !== 'wait' && followersOf(step).some(visit);
  };
  if (cursor.step === null) return false;
  // The wait may be over, and a message on its way out.
  return (
    visit(cursor.step) ||
    visit(standsAt(cursor)) ||
    (cursor.phase !== 'ready' && followersOf(stepOf(journey, cursor.step)).some(visit))
  );
}

/** What is asked about people of an account: by roles, and by templates of whoever gets a message. */
export function interestInPeople(journey: Journey): Interest {
  const roles = Object.values(journey.steps).flatMap(rolesOf);
  return joinInterests([
    interestOf(...roles.flatMap(({ that }) => that ?? [])),
    interestOfExpressions([
      ...roles.flatMap(({ order }) => order?.value ?? []),
      ...Object.values(journey.computed ?? {}),
    ]),
  ]);
}

/** The milestone that one of these steps has to wait for. */
function milestoneAmong(journey: Journey, steps: readonly StepId[]): readonly Condition[] {
  for (const id of steps) {
    const step = stepOf(journey, id);
    const milestone = 'template' in step ? milestoneOf(step, journey) : null;
    if (milestone !== null) return [milestone.reached];
  }
  return [];
}

function askedBy(step: Step): readonly Condition[] {
  if (step.kind === 'wait-until') return [step.condition];
  if (step.kind === 'wait' && step.for === undefined && step.until.by === 'hour') return [looksAt(step.until.of)];
  if (step.kind === 'offer') return step.offers.flatMap(askedByOffer);
  if (step.kind === 'repeat') return step.while === null ? [] : [step.while];
  return step.kind === 'branch' ? step.branches.map((branch) => branch.if) : [];
}

/** Its eligibility, and a condition that looks at everything its expected value is made of. */
export function askedByOffer({ eligible, value, propensity }: Offer): readonly Condition[] {
  const reckoned = [value, propensity].map(looksAt);
  return eligible === null ? reckoned : [eligible, ...reckoned];
}

function looksAt(of: Expression): Condition {
  return { kind: 'value', of, test: { op: 'exists', value: true } };
}

function conditionsOf(journey: Journey, ofStep: (step: Step) => readonly Condition[]): Condition[] {
  const { goal, exit, steps } = journey;
  return [
    ...(goal === null ? [] : [goal]),
    ...(exit.when === null ? [] : [exit.when]),
    ...Object.values(steps).flatMap(ofStep),
  ];
}
