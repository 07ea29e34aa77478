/**
 * What a run would meet if it were let go now: its moves are decided, and nothing is stored.
 * @module
 */
import { endingOf } from '../core/ending.ts';
import { LATENESS_FORGIVEN } from '../core/interpret.ts';
import type { Channel, StepId } from '../core/journey.ts';
import type { Ledger, Refusal } from '../core/pressure.ts';
import type { Outcome } from '../core/run.ts';
import type { Clock, Instant } from '../core/time.ts';
import { decideMove } from './move.ts';
import type { RunState } from './run-state.ts';

const NOTHING_SENT: Ledger = { sent: [], suppressed: new Set() };

/** A message that is wanted at once. */
export interface WantedMessage {
  readonly step: StepId;
  readonly channel: Channel;
  readonly template: string | null;
  /** Null: it goes out. */
  readonly refusal: Refusal | null;
}

export interface Encounter {
  /** In order. What a channel would make of them is not known: they count as taken. */
  readonly messages: readonly WantedMessage[];
  readonly comesTo:
    | { readonly kind: 'waits'; readonly step: StepId | null; readonly until: Instant }
    | { readonly kind: 'ends'; readonly outcome: Outcome };
}

/** @param start with everything that its goal and exit look at */
export function encounterOf(start: RunState, { speed }: Pick<Clock, 'speed'>, now: Instant): Encounter {
  const { journey } = start.version;
  const ending = endingOf(journey, start.facts, start.enteredAt, now);
  if (ending !== null) return { messages: [], comesTo: { kind: 'ends', outcome: ending.outcome } };

  const messages: WantedMessage[] = [];
  // What counts against each of an account's people is not looked up: they count as free.
  const { people } = start;
  let state = people === undefined ? start : { ...start, account: { people, ledgerOf: () => NOTHING_SENT } };
  for (;;) {
    const isOut = state.cursor.phase === 'delivering';
    const { next, carried, after } = decideMove(
      state,
      isOut ? { refusal: null } : null,
      LATENESS_FORGIVEN * speed,
      now,
    );
    const wanted = carried.messages as readonly WantedMessage[];
    messages.push(...wanted);
    if (next.kind === 'wait')
      return { messages, comesTo: { kind: 'waits', step: after.cursor.step, until: next.until } };
    if (next.kind === 'end') return { messages, comesTo: { kind: 'ends', outcome: next.outcome } };
    const sent = carried.messages.filter(({ channel, refusal }) => refusal === null && channel !== 'webhook');
    state = {
      ...{ ...state, cursor: after.cursor, wokenAt: after.wokenAt },
      ledger: {
        ...state.ledger,
        sent: [
          ...state.ledger.sent,
          ...sent.map(({ channel, category }) => ({
            channel: channel as Channel,
            category: category ?? '',
            journey: journey.key,
            at: now,
          })),
        ],
      },
    };
  }
}
