/**
 * Steps that act on a person or the outside: whether they may, for whom, and what becomes of the run.
 * @module
 */
import { type Asked, admit, fallsBack, meaningOf } from './admission.ts';
import type { ActionStep } from './journey.ts';
import { BEFORE_MILESTONE, milestoneOf } from './milestone.ts';
import { receiverIn, stakeholdersAt, type Turn, turnAt } from './receivers.ts';
import { sayRefusal } from './refusal-text.ts';
import type { Cursor, Hold } from './run.ts';
import { offerIn } from './standing-at.ts';
import { type Leaving, type Ready, said, type Walk } from './walk.ts';

/** Does the step at which the run stands, or holds it there. @returns where the run stands then */
export function act(step: ActionStep, here: Ready, walk: Walk): Cursor | Leaving {
  return beforeMilestone(step, here, walk) ?? takeTurn(step, here, walk);
}

/** Null: nothing has to be reached before it, or it has been. */
function beforeMilestone(step: ActionStep, { at, visit }: Ready, walk: Walk): Cursor | Leaving | null {
  const { journey, log, deadline, isMature } = walk;
  walk.isMature = false;
  const milestone = milestoneOf(step, journey);
  if (milestone === null || isMature || walk.holds(milestone.reached, at)) return null;
  if (milestone.before === 'leave') return { leaves: BEFORE_MILESTONE };
  const hold: Hold = { reason: 'milestone' };
  log.push({ ...said(step, at, visit), did: 'held', until: deadline, hold });
  return { phase: 'waiting', step: step.id, at, until: deadline, visit, hold };
}

/** What the step does for whoever's turn it is: of an account, one after the other. */
function takeTurn(step: ActionStep, here: Ready, walk: Walk): Cursor | Leaving {
  const { journey, given, now, log, deadline, ledgers } = walk;
  const { at, visit } = here;
  const turn = turnAt(step, here.to, given.account, at);
  if (turn.held !== undefined) {
    const until = Math.min(turn.held.until, deadline);
    return { phase: 'waiting', step: step.id, at, until, visit, hold: turn.held.hold, to: turn.rest };
  }
  const { to, rest } = turn;
  const about = { ...said(step, at, visit), ...receiverIn(to) };
  const made = 'offering' in step ? walk.offers.offered.findLast((one) => one.step !== null) : undefined;
  const offer = made && offerIn(journey, made.offer);
  const asked: Asked = { ...given, facts: turn.facts ?? given.facts, ledger: ledgers.of(turn), offer };
  const { held } = walk;
  walk.held = null;
  const fallback = held !== null || to?.asked || turn.refusal ? null : fallsBack(step, journey, asked);
  if (fallback !== null) log.push({ ...about, ...fallback });
  const over = to === undefined ? held : null;
  const admission = turn.refusal ? meaningOf(turn.refusal, step) : admit(step, journey, asked, over, now);
  if (admission.answer === 'hold') {
    const { hold } = admission;
    const until = Math.min(admission.until, deadline);
    log.push({ ...about, did: 'held', until, hold });
    return to === undefined
      ? { phase: 'waiting', step: step.id, at, until, visit, hold }
      : { phase: 'ready', step: step.id, at, visit, to: [...rest, { ...to, held: { until, hold } }] };
  }
  const refusal = admission.answer === 'act' ? null : admission.refusal;
  walk.acts.push({
    ...{ step, visit, at, refusal },
    ...(to && { to }),
    ...stakeholdersAt(step, given.account, at),
    ...(made && { offer: made }),
  });
  if (refusal !== null) {
    log.push({ ...about, did: 'refused', refusal });
    if (admission.answer === 'leave') return { leaves: sayRefusal(refusal) };
  } else if (step.kind === 'email' || step.kind === 'webhook') {
    return { phase: 'delivering', step: step.id, at, visit, ...(to && { to: [to, ...rest] }) };
  } else {
    log.push({ ...about, did: 'acted' });
    count(step, turn, walk);
  }
  return rest.length > 0
    ? { phase: 'ready', step: step.id, at, visit, to: rest }
    : { phase: 'ready', step: step.next, at, visit: visit + 1 };
}

/** What went out at once counts against caps from now on. What is delivered counts once it is reserved. */
function count(step: Exclude<ActionStep, { kind: 'email' | 'webhook' }>, turn: Turn, walk: Walk): void {
  if (step.kind === 'set-trait') return;
  const { category } = step.template;
  walk.ledgers.add(turn, { channel: step.kind, category, journey: walk.journey.key, at: walk.now });
}
