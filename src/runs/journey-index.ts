/**
 * Which journeys an event or an audience change can enter, and which running ones it can end or wake.
 * @module
 */

import type { Condition } from '../core/condition.ts';
import { byPriority } from '../core/entry.ts';
import { type Interest, interestOf } from '../core/interest.ts';
import { stepOf } from '../core/interpret.ts';
import type { Journey, Step, StepId } from '../core/journey.ts';
import { reachableFrom } from '../core/reachable.ts';

export interface PublishedJourney {
  readonly hash: string;
  readonly journey: Journey;
}

export interface JourneyIndex {
  readonly all: readonly PublishedJourney[];
  enteredByEvent(name: string, byEngine: boolean): readonly PublishedJourney[];
  /** By people who come to be in the audience, or who cease to. */
  enteredByAudience(key: string, entered: boolean): readonly PublishedJourney[];
}

export function indexJourneys(journeys: Iterable<PublishedJourney>): JourneyIndex {
  const all = [...journeys].sort((a, b) => byPriority(a.journey, b.journey));
  return {
    all,
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
  return interestOf(...conditionsOf(journey, (step) => (step.kind === 'wait-until' ? [step.condition] : [])));
}

/** What the steps from this one on may ask about; and what is watched, where time alone could change its answer. */
export function interestFrom(journey: Journey, from: StepId | null): Interest {
  const asked = [...reachableFrom(journey, from)].flatMap((id) => askedBy(stepOf(journey, id)));
  const watched = conditionsOf(journey, () => []);
  return interestOf(...asked, ...(interestOf(...watched).timed ? watched : []));
}

function askedBy(step: Step): readonly Condition[] {
  if (step.kind === 'wait-until') return [step.condition];
  return step.kind === 'branch' ? step.branches.map((branch) => branch.if) : [];
}

function conditionsOf(journey: Journey, ofStep: (step: Step) => readonly Condition[]): Condition[] {
  const { goal, exit, steps } = journey;
  return [
    ...(goal === null ? [] : [goal]),
    ...(exit.when === null ? [] : [exit.when]),
    ...Object.values(steps).flatMap(ofStep),
  ];
}
