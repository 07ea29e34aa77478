/**
 * Steps that steer a run, and do nothing to anybody: waits, branches, chance, offers and rounds.
 * @module
 */
import { assign } from './experiment.ts';
import type { ActionStep, Step, StepId } from './journey.ts';
import { pickOffer, withPick } from './offer.ts';
import { nextRound, withRound } from './repeat.ts';
import type { Cursor } from './run.ts';
import { wayFor } from './split.ts';
import { endOfWait } from './wait.ts';
import { type Ready, said, type Walk } from './walk.ts';

type SteeringStep = Exclude<Step, ActionStep | { kind: 'exit' }>;

/** Does the step at which the run stands. @returns where it stands then */
export function steer(step: SteeringStep, here: Ready, walk: Walk): Cursor {
  const { journey, given, log, holds } = walk;
  const { at, visit } = here;
  const about = said(step, at, visit);
  const goOn = (to: StepId | null): Cursor => ({ phase: 'ready', step: to, at, visit: visit + 1 });
  switch (step.kind) {
    case 'wait':
    case 'wait-until':
      return wait(step, here, walk);
    case 'branch': {
      const index = step.branches.findIndex((branch) => holds(branch.if, at));
      const taken = step.branches[index];
      log.push({ ...about, did: 'took', way: taken === undefined ? 'else' : `if ${index + 1}` });
      return goOn(taken === undefined ? step.otherwise : taken.then);
    }
    case 'split': {
      const way = wayFor(journey, step, given.person);
      log.push({ ...about, did: 'took', way: way.name });
      return goOn(way.then);
    }
    case 'experiment': {
      const { name } = step;
      const { assigned } = walk;
      const { variant, by } = assign(journey.key, step, given.person, { ...given.experiments, assigned });
      assigned.set(name, variant.name);
      log.push({ ...about, did: 'took', way: variant.name, experiment: { name, by } });
      return goOn(variant.then);
    }
    case 'offer': {
      const { facts, offers: ledger } = walk;
      const { picked, candidates } = pickOffer(step, { facts, wishes: given.ledger, ledger }, at);
      log.push({ ...about, did: 'offered', offer: picked?.offer ?? null, candidates });
      if (picked === null) return goOn(step.none);
      walk.grants.push({ ...picked, visit });
      // People held out get nothing, so that they use nothing up.
      walk.offers = withPick(walk.offers, picked, !given.heldOut);
      return goOn(step.next);
    }
    case 'repeat': {
      const round = nextRound(step, walk.rounds, (condition) => holds(condition, at));
      log.push({ ...about, did: 'took', way: round === null ? 'on' : `round ${round}` });
      walk.rounds = withRound(walk.rounds, step.id, round);
      return goOn(round === null ? step.next : step.first);
    }
  }
}

function wait(step: Extract<Step, { kind: 'wait' | 'wait-until' }>, { at, visit }: Ready, walk: Walk): Cursor {
  const { given, log, deadline } = walk;
  const about = said(step, at, visit);
  const over: Cursor = { phase: 'ready', step: step.next, at, visit: visit + 1 };
  if (step.kind === 'wait-until' && walk.holds(step.condition, at)) {
    log.push({ ...about, did: 'waited', why: 'condition' });
    return over;
  }
  const { end, fallback } = endOfWait(step, walk.facts, given.workspace.timezone, at);
  if (fallback !== undefined) log.push({ ...about, ...fallback });
  if (end === null || end <= at) {
    log.push({ ...about, did: 'waited', why: end === null ? 'no-date' : 'time' });
    return over;
  }
  const until = Math.min(end, deadline);
  log.push({ ...about, did: 'waiting', until });
  return { phase: 'waiting', step: step.id, at, until, visit };
}
