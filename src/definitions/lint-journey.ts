/**
 * What is written correctly and still cannot be meant: steps that nobody reaches, waits that outlast the journey, shares
 * that do not add up.
 * @module
 */
import type { Journey, Step, StepId } from '../core/journey.ts';
import type { Milliseconds } from '../core/time.ts';
import type { AuthoredRepeat, AuthoredStep, JourneyFile } from './schema-journey.ts';
import { durationText } from './schema-values.ts';
import type { Path } from './source.ts';
import { type InnerList, listsOf, placeIn } from './step-ids.ts';

type Say = (path: Path, message: string, fix?: string) => void;

/** @param placed the journey's steps in the order in which they are written */
export function lintJourney(
  file: JourneyFile,
  journey: Journey,
  placed: readonly { readonly id: StepId; readonly path: Path }[],
  say: Say,
): void {
  lintList({ list: file.steps, at: ['steps'] }, say);
  lintWaits(journey, placed, say);
}

function lintList(inner: InnerList, say: Say): void {
  const { list } = inner;
  const end = list.findIndex(alwaysEnds);
  if (end >= 0 && end < list.length - 1) {
    const how = 'exit' in (list[end] ?? {}) ? '`exit` stands before it' : 'every way of the step before it exits';
    say(placeIn(inner, end + 1), `This step is never reached: ${how}`, 'Take it out, or move the `exit`');
  }
  list.forEach((step, index) => {
    const place = placeIn(inner, index);
    if ('split' in step) lintShares(step.split, [...place, 'split'], say);
    if ('repeat' in step) lintRounds(step, place, say);
    for (const within of listsOf(step, place)) lintList(within, say);
  });
}

function alwaysEnds(step: AuthoredStep): boolean {
  if ('exit' in step) return true;
  if ('split' in step || 'experiment' in step) return listsOf(step, []).every(({ list }) => list.some(alwaysEnds));
  if (!('branch' in step) || !step.branch.some((way) => 'else' in way)) return false;
  return step.branch.every((way) => ('else' in way ? way.else : way.then).some(alwaysEnds));
}

/** Rounds that take no time are all done at one instant. */
function lintRounds({ repeat }: AuthoredRepeat, path: Path, say: Say): void {
  if (repeat.steps.some(alwaysWaits)) return;
  const message = 'All rounds would be done at once: there is a way through the steps of this `repeat` without a wait';
  say([...path, 'repeat'], message, 'Put a `wait` among its steps');
}

/** However a run goes through the step, it waits in it, or does not come out of it. */
function alwaysWaits(step: AuthoredStep): boolean {
  if ('wait' in step || 'exit' in step) return true;
  if ('branch' in step && !step.branch.some((way) => 'else' in way)) return false;
  if (!('branch' in step || 'split' in step || 'experiment' in step)) return false;
  return listsOf(step, []).every(({ list }) => list.some(alwaysWaits));
}

function lintShares(ways: Readonly<Record<string, { share: string }>>, path: Path, say: Say): void {
  const sum = Object.values(ways).reduce((total, way) => total + Number.parseFloat(way.share), 0);
  const percent = Number(sum.toFixed(4));
  if (percent !== 100) say(path, `The shares of the split come to ${percent}%`, 'Make them 100% together');
}

/** The longest way to each step that time allows, by waits that run their full time. Steps only lead to steps written later, but for the last of a round. */
function lintWaits(journey: Journey, placed: readonly { id: StepId; path: Path }[], say: Say): void {
  const { after } = journey.exit;
  const reachedAfter = new Map<StepId, Milliseconds>();
  if (journey.first !== null) reachedAfter.set(journey.first, 0);
  for (const { id, path } of placed) {
    const step = journey.steps[id];
    const before = reachedAfter.get(id);
    if (step === undefined || before === undefined) continue;
    for (const { to, passed } of waysOn(step)) {
      const total = before + passed;
      if (total > after || (total === after && to !== null)) {
        const waited = `The waits up to here come to ${durationText(total, 'long')}`;
        const message = `${waited}, and the journey ends after ${durationText(after, 'long')}`;
        say(path, message, 'Shorten the waits, or raise `after` in `exit`');
      } else if (to !== null) {
        reachedAfter.set(to, Math.max(total, reachedAfter.get(to) ?? 0));
      }
    }
  }
}

/** Where a step leads, and what time passes at it on that way. */
function waysOn(step: Step): readonly { to: StepId | null; passed: Milliseconds }[] {
  switch (step.kind) {
    case 'wait':
      return [{ to: step.next, passed: step.for ?? 0 }];
    case 'wait-until':
      return [
        { to: step.next, passed: 0 },
        { to: step.onTimeout, passed: step.timeout },
      ];
    case 'branch':
      return [...step.branches.map(({ then }) => then), step.otherwise].map((to) => ({ to, passed: 0 }));
    case 'split':
      return step.ways.map(({ then }) => ({ to: then, passed: 0 }));
    case 'experiment':
      return step.variants.map(({ then }) => ({ to: then, passed: 0 }));
    case 'offer':
      return [step.next, step.none].map((to) => ({ to, passed: 0 }));
    case 'repeat':
      return [step.first, step.next].map((to) => ({ to, passed: 0 }));
    case 'exit':
      return [];
    default:
      return [{ to: step.next, passed: 0 }];
  }
}
