/**
 * The step logic, once: the `advance` activity runs it for real, the simulator and the backtest in virtual time.
 *
 * Times are the run's own: a wait that ends on time ends at the instant it was meant to, so that steps keep their rhythm
 * however long the machine took to get there, and conditions are asked about at that instant. Only when a step comes
 * later than {@link LATENESS_FORGIVEN} does the run count from the moment it really is.
 * @module
 */
import { admit, fallsBack, meaningOf } from './admission.ts';
import type { Condition } from './condition.ts';
import { deadlineOf, OUT_OF_TIME } from './ending.ts';
import { evaluate } from './evaluate.ts';
import { assign, type Known } from './experiment.ts';
import type { Facts } from './facts.ts';
import type { ActionStep, Journey, Step, StepId, StepKind } from './journey.ts';
import { BEFORE_MILESTONE, milestoneOf } from './milestone.ts';
import { onceOut } from './move-by-hand.ts';
import { NO_OFFERS, type Offered, type OfferLedger, type Picked, pickOffer, withPick } from './offer.ts';
import type { HeldUntilNow } from './pausing.ts';
import type { Ledger, Refusal, WorkspaceRules } from './pressure.ts';
import { type AccountAsked, Ledgers, receiverIn, stakeholdersAt, turnAt } from './receivers.ts';
import { sayRefusal } from './refusal-text.ts';
import { inRounds, nextRound, withRound } from './repeat.ts';
import type { Chosen } from './roles.ts';
import type { Cursor, Hold, LogEntry, Outcome, Waiting } from './run.ts';
import { wayFor } from './split.ts';
import { awaited, offerIn, stepOf } from './standing-at.ts';
import { type Instant, MINUTE, type Milliseconds } from './time.ts';
import { dateMoved, endOfWait } from './wait.ts';

/** In real time; callers with a fast clock multiply it by the clock's speed. */
export const LATENESS_FORGIVEN: Milliseconds = MINUTE;

/** A message, task, call or trait change that a step asked for, admitted or refused. */
export interface Act {
  readonly step: ActionStep;
  readonly visit: number;
  readonly at: Instant;
  readonly refusal: Refusal | null;
  /** Who of the account gets it. Absent: it is for whom the run is about. */
  readonly to?: Chosen;
  /** People of the account whom a sales task names. */
  readonly stakeholders?: readonly Chosen[];
  /** What the run offers, where the step's texts name it. */
  readonly offer?: Offered;
}

/** An offer that a step has picked. */
export interface Grant extends Picked {
  readonly visit: number;
}

export type Next =
  /** Sit until then; woken earlier if `condition` comes true. */
  | { readonly kind: 'wait'; readonly until: Instant; readonly condition: Condition | null }
  /** Hand the reserved message of this step to its channel, then call {@link delivered}. */
  | { readonly kind: 'deliver'; readonly step: ActionStep; readonly visit: number; readonly to?: Chosen }
  | { readonly kind: 'end'; readonly outcome: Outcome; readonly reason: string };

export interface Given {
  /** The run's. */
  readonly id: string;
  readonly facts: Facts;
  readonly enteredAt: Instant;
  /** What chance is drawn for: the person's user id where there is one. */
  readonly person: string;
  readonly heldOut: boolean;
  /** What experiments know of the person. Absent: nothing. */
  readonly experiments?: Known;
  readonly ledger: Ledger;
  /** Absent: nothing was offered to the person, and there is any number of everything. */
  readonly offers?: OfferLedger;
  readonly workspace: WorkspaceRules;
  /** Of an account's run that can come to a message: who is in the account. */
  readonly account?: AccountAsked;
  /** When the awaited condition came true, if that is what woke the run; taken at its word. */
  readonly wokenAt?: Instant;
  /** The run was held by a pause of its journey, and goes on now from where it stood. */
  readonly heldUntilNow?: HeldUntilNow;
  /** {@link LATENESS_FORGIVEN} in product time. */
  readonly latenessForgiven: Milliseconds;
}

export interface Move {
  readonly cursor: Cursor;
  readonly log: readonly LogEntry[];
  readonly acts: readonly Act[];
  readonly grants: readonly Grant[];
  readonly next: Next;
}

/** A run's first position. A first wait is already begun, so that the workflow can start with that delay. */
export function open(journey: Journey, enteredAt: Instant): { cursor: Cursor; log: readonly LogEntry[] } {
  const first = journey.first === null ? undefined : journey.steps[journey.first];
  if (first?.kind !== 'wait' || first.for === undefined)
    return { cursor: { phase: 'ready', step: journey.first, at: enteredAt, visit: 0 }, log: [] };
  const until = Math.min(enteredAt + first.for, deadlineOf(journey, enteredAt));
  return {
    cursor: { phase: 'waiting', step: first.id, at: enteredAt, until, visit: 0 },
    log: [{ step: first.id, kind: 'wait', at: enteredAt, visit: 0, did: 'waiting', until }],
  };
}

/** Goes from `cursor` as far as it can at `now`: to the next wait, the next outside effect, or the end. */
export function interpret(journey: Journey, cursor: Cursor, given: Given, now: Instant): Move {
  const log: LogEntry[] = [];
  const acts: Act[] = [];
  const grants: Grant[] = [];
  let offers = given.offers ?? NO_OFFERS;
  const ledgers = new Ledgers(given.ledger, given.account);
  const assigned = new Map(given.experiments?.assigned);
  const deadline = deadlineOf(journey, given.enteredAt);
  const facts: Facts = { ...given.facts, enteredAt: given.enteredAt };
  const holds = (condition: Condition, at: Instant) => evaluate(condition, facts, at).holds;
  const onTime = (meant: Instant) => (now - meant <= given.latenessForgiven ? meant : now);

  let rounds = cursor.rounds;
  /** The hold that is just over. */
  let held: Waiting | null = null;
  /** Has what a message was held for just come true? */
  let isMature = false;
  let here: Cursor = cursor.phase === 'ready' ? { ...cursor, at: onTime(cursor.at) } : cursor;
  for (;;) {
    if (here.phase === 'delivering')
      return { cursor: inRounds(here, rounds), log, acts, grants, next: delivery(journey, here) };

    if (here.phase === 'waiting') {
      const step = here.step === null ? null : stepOf(journey, here.step);
      const condition = awaited(journey, here);
      const metAt = condition === null ? null : cameTrue(condition, here);
      if (metAt === null && now < here.until) {
        // What woke the run may have happened by a clock that is ahead of ours: it is then waited for.
        const woken = here === cursor && condition !== null ? (given.wokenAt ?? here.until) : here.until;
        const next: Next = { kind: 'wait', until: Math.min(woken, here.until), condition };
        return { cursor: inRounds(here, rounds), log, acts, grants, next };
      }
      const at = metAt ?? onTime(here.until);
      if (step === null || (metAt === null && here.until >= deadline)) return end('timed-out', OUT_OF_TIME, at);
      if (here.hold !== undefined) {
        held = here;
        here = { phase: 'ready', step: step.id, at, visit: here.visit, ...(here.to && { to: here.to }) };
        isMature = metAt !== null;
        continue;
      }
      const moved = dateMoved(step, facts.traits, given.workspace.timezone, here, now);
      if (moved !== null) {
        const until = Math.min(moved, deadline);
        log.push({ ...said(step, at, here.visit), did: 'waiting', until });
        here = { ...here, until };
        continue;
      }
      const why = metAt !== null ? 'condition' : condition === null ? 'time' : 'timeout';
      log.push({ ...said(step, at, here.visit), did: 'waited', why });
      const following = step.kind === 'wait-until' && metAt === null ? step.onTimeout : step.next;
      here = { phase: 'ready', step: following, at, visit: here.visit + 1 };
      continue;
    }

    if (here.at >= deadline) return end('timed-out', OUT_OF_TIME, here.at);
    if (here.step === null) {
      if (journey.goal === null) return end('completed', 'all steps are done', here.at);
      here = { phase: 'waiting', step: null, at: here.at, until: deadline, visit: here.visit };
      continue;
    }

    const step = stepOf(journey, here.step);
    const { at, visit } = here;
    switch (step.kind) {
      case 'wait':
      case 'wait-until': {
        if (step.kind === 'wait-until' && holds(step.condition, at)) {
          log.push({ ...said(step, at, visit), did: 'waited', why: 'condition' });
          here = { phase: 'ready', step: step.next, at, visit: visit + 1 };
          continue;
        }
        const { end: over, fallback } = endOfWait(step, facts, given.workspace.timezone, at);
        if (fallback !== undefined) log.push({ ...said(step, at, visit), ...fallback });
        if (over === null || over <= at) {
          log.push({ ...said(step, at, visit), did: 'waited', why: over === null ? 'no-date' : 'time' });
          here = { phase: 'ready', step: step.next, at, visit: visit + 1 };
          continue;
        }
        const until = Math.min(over, deadline);
        log.push({ ...said(step, at, visit), did: 'waiting', until });
        here = { phase: 'waiting', step: step.id, at, until, visit };
        continue;
      }
      case 'branch': {
        const index = step.branches.findIndex((branch) => holds(branch.if, at));
        const taken = step.branches[index];
        log.push({ ...said(step, at, visit), did: 'took', way: taken === undefined ? 'else' : `if ${index + 1}` });
        here = { phase: 'ready', step: taken === undefined ? step.otherwise : taken.then, at, visit: visit + 1 };
        continue;
      }
      case 'split': {
        const way = wayFor(journey, step, given.person);
        log.push({ ...said(step, at, visit), did: 'took', way: way.name });
        here = { phase: 'ready', step: way.then, at, visit: visit + 1 };
        continue;
      }
      case 'experiment': {
        const { name } = step;
        const { variant, by } = assign(journey.key, step, given.person, { ...given.experiments, assigned });
        assigned.set(name, variant.name);
        log.push({ ...said(step, at, visit), did: 'took', way: variant.name, experiment: { name, by } });
        here = { phase: 'ready', step: variant.then, at, visit: visit + 1 };
        continue;
      }
      case 'offer': {
        const { picked, candidates } = pickOffer(step, { facts, wishes: given.ledger, ledger: offers }, at);
        log.push({ ...said(step, at, visit), did: 'offered', offer: picked?.offer ?? null, candidates });
        if (picked !== null) {
          grants.push({ ...picked, visit });
          // People held out get nothing, so that they use nothing up.
          offers = withPick(offers, picked, !given.heldOut);
        }
        here = { phase: 'ready', step: picked === null ? step.none : step.next, at, visit: visit + 1 };
        continue;
      }
      case 'repeat': {
        const round = nextRound(step, rounds, (condition) => holds(condition, at));
        log.push({ ...said(step, at, visit), did: 'took', way: round === null ? 'on' : `round ${round}` });
        rounds = withRound(rounds, step.id, round);
        here = { phase: 'ready', step: round === null ? step.next : step.first, at, visit: visit + 1 };
        continue;
      }
      case 'exit':
        return end('exited', step.reason, at, step);
      case 'email':
      case 'in-app':
      case 'sales-task':
      case 'webhook':
      case 'set-trait': {
        const milestone = milestoneOf(step, journey);
        if (milestone !== null && !isMature && !holds(milestone.reached, at)) {
          if (milestone.before === 'leave') return end('exited', BEFORE_MILESTONE, at);
          const hold: Hold = { reason: 'milestone' };
          log.push({ ...said(step, at, visit), did: 'held', until: deadline, hold });
          here = { phase: 'waiting', step: step.id, at, until: deadline, visit, hold };
          continue;
        }
        isMature = false;
        const turn = turnAt(step, here.to, given.account, at);
        if (turn.held !== undefined) {
          const until = Math.min(turn.held.until, deadline);
          here = { phase: 'waiting', step: step.id, at, until, visit, hold: turn.held.hold, to: turn.rest };
          continue;
        }
        const { to, rest } = turn;
        const about = { ...said(step, at, visit), ...receiverIn(to) };
        const made = 'offering' in step ? offers.offered.findLast((one) => one.step !== null) : undefined;
        const offer = made && offerIn(journey, made.offer);
        const asked = { ...given, facts: turn.facts ?? given.facts, ledger: ledgers.of(turn), offer };
        const fallback = held !== null || to?.asked || turn.refusal ? null : fallsBack(step, journey, asked);
        if (fallback !== null) log.push({ ...about, ...fallback });
        const over = to === undefined ? held : null;
        held = null;
        const admission = turn.refusal ? meaningOf(turn.refusal, step) : admit(step, journey, asked, over, now);
        if (admission.answer === 'hold') {
          const { hold } = admission;
          const until = Math.min(admission.until, deadline);
          log.push({ ...about, did: 'held', until, hold });
          here =
            to === undefined
              ? { phase: 'waiting', step: step.id, at, until, visit, hold }
              : { phase: 'ready', step: step.id, at, visit, to: [...rest, { ...to, held: { until, hold } }] };
          continue;
        }
        const refusal = admission.answer === 'act' ? null : admission.refusal;
        acts.push({
          ...{ step, visit, at, refusal },
          ...(to && { to }),
          ...stakeholdersAt(step, given.account, at),
          ...(made && { offer: made }),
        });
        if (refusal !== null) {
          log.push({ ...about, did: 'refused', refusal });
          if (admission.answer === 'leave') return end('exited', sayRefusal(refusal), at);
        } else if (step.kind === 'email' || step.kind === 'webhook') {
          here = { phase: 'delivering', step: step.id, at, visit, ...(to && { to: [to, ...rest] }) };
          continue;
        } else {
          log.push({ ...about, did: 'acted' });
          if (step.kind !== 'set-trait') {
            const { category } = step.template;
            ledgers.add(turn, { channel: step.kind, category, journey: journey.key, at: now });
          }
        }
        here =
          rest.length > 0
            ? { phase: 'ready', step: step.id, at, visit, to: rest }
            : { phase: 'ready', step: step.next, at, visit: visit + 1 };
      }
    }
  }

  /** When the awaited condition came true, on the run's own time; null: not yet, or not before the wait was over. */
  function cameTrue(condition: Condition, wait: Waiting): Instant | null {
    // A wait that was over while the run was held was over in time.
    const wasHeld = wait === cursor && given.heldUntilNow !== undefined;
    const last = now < wait.until ? now : wasHeld ? wait.until : onTime(wait.until);
    const woken = wait === cursor ? given.wokenAt : undefined;
    if (woken !== undefined && woken <= last) return onTime(Math.max(woken, wait.at));
    return holds(condition, last) ? onTime(last) : null;
  }

  function end(outcome: Outcome, reason: string, at: Instant, step: Step | null = null): Move {
    const next: Next = { kind: 'end', outcome, reason };
    const visit = here.visit;
    log.push({ step: step?.id ?? null, kind: step?.kind ?? 'run', at, visit, did: 'ended', outcome, reason });
    return { cursor: { phase: 'ready', step: null, at, visit }, log, acts, grants, next };
  }
}

/**
 * The position after the message of a `delivering` cursor is out, or was given up; and what to log about it.
 *
 * @param refusal why it was given up; null when it is out
 */
export function delivered(
  journey: Journey,
  cursor: Cursor,
  given: Pick<Given, 'latenessForgiven'>,
  now: Instant,
  refusal: Refusal | null = null,
): { cursor: Cursor; log: LogEntry } {
  if (cursor.phase !== 'delivering')
    throw new Error(`No message is on its way: the run is ${cursor.phase} at ${cursor.step}`);
  const step = stepOf(journey, cursor.step);
  const at = now - cursor.at <= given.latenessForgiven ? cursor.at : now;
  const [to, ...rest] = cursor.to ?? [];
  const about = { ...said(step, cursor.at, cursor.visit), ...receiverIn(to) };
  const next: Cursor =
    rest.length > 0
      ? { phase: 'ready', step: step.id, at, visit: cursor.visit, to: rest }
      : { phase: 'ready', step: step.next, at, visit: cursor.visit + 1 };
  return {
    cursor: cursor.movedTo === undefined ? inRounds(next, cursor.rounds) : onceOut(cursor, cursor.movedTo, now),
    log: refusal === null ? { ...about, did: 'acted' } : { ...about, did: 'refused', refusal },
  };
}

function delivery(journey: Journey, cursor: Extract<Cursor, { phase: 'delivering' }>): Next {
  const to = cursor.to?.[0];
  return { kind: 'deliver', step: stepOf(journey, cursor.step) as ActionStep, visit: cursor.visit, ...(to && { to }) };
}

function said(step: Step, at: Instant, visit: number): { step: StepId; kind: StepKind; at: Instant; visit: number } {
  return { step: step.id, kind: step.kind, at, visit };
}
