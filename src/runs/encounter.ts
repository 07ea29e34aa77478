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
import type { Queryable } from '../store/database.ts';
import { lookForPeople } from './account-people.ts';
import { decideMove } from './move.ts';
import { type RunState, readLedger } from './run-state.ts';
import type { NewMessage } from './save-move.ts';
import { factsOfRun } from './watch.ts';

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
export async function encounterOf(
  tx: Queryable,
  start: RunState,
  { speed }: Pick<Clock, 'speed'>,
  now: Instant,
): Promise<Encounter> {
  const { journey } = start.version;
  const ending = endingOf(journey, factsOfRun(start.facts, start), start.enteredAt, now);
  if (ending !== null) return { messages: [], comesTo: { kind: 'ends', outcome: ending.outcome } };

  const messages: NewMessage[] = [];
  const told = () => messages.map((message) => message as WantedMessage);
  let state = start;
  for (;;) {
    const isOut = state.cursor.phase === 'delivering' ? { refusal: null } : null;
    const here = state;
    const { next, carried, after } = await lookForPeople(
      here.people,
      async (person) => withThese(await readLedger(tx, person, here, now), person, messages, journey.key, now),
      (account) => decideMove({ ...here, account }, isOut, LATENESS_FORGIVEN * speed, now),
    );
    messages.push(...carried.messages);
    if (next.kind === 'wait')
      return { messages: told(), comesTo: { kind: 'waits', step: after.cursor.step, until: next.until } };
    if (next.kind === 'end') return { messages: told(), comesTo: { kind: 'ends', outcome: next.outcome } };
    const ledger = withThese(start.ledger, start.profileId, messages, journey.key, now);
    state = { ...state, cursor: after.cursor, wokenAt: after.wokenAt, ledger };
  }
}

/** What somebody got, with what is wanted now. */
function withThese(
  ledger: Ledger,
  person: number,
  messages: readonly NewMessage[],
  journey: string,
  now: Instant,
): Ledger {
  const sent = messages.filter(
    ({ profile_id: receiver, channel, refusal }) => receiver === person && refusal === null && channel !== 'webhook',
  );
  return {
    ...ledger,
    sent: [
      ...ledger.sent,
      ...sent.map(({ channel, category }) => ({
        ...{ channel: channel as Channel, category: category ?? '' },
        ...{ journey, at: now },
      })),
    ],
  };
}
