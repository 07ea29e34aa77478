/**
 * The tracking plan on the way of an event: what violates it is counted, and passed on or kept aside as the plan says.
 * The tracking API has answered 200 by then; no client ever loses an event to the plan.
 * @module
 */
import type { Instant } from '../core/time.ts';
import type { TrackingPlan } from '../definitions/workspace-types.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import type { Queryable } from '../store/database.ts';
import { type Checked, checkEvent, type Violation } from './check.ts';
import { countChecked } from './counts.ts';
import { holdEvents } from './held-events.ts';

interface Waiting {
  readonly event: IncomingEvent;
}

export interface Guarded<W extends Waiting> {
  /** What may be applied. */
  readonly passing: readonly W[];
  /** Counts, and keeps aside what has to be, of the events that this transaction is done with. */
  settle(db: Queryable, done: readonly W[], place: Place): Promise<void>;
}

export interface Place {
  /** One that the transaction has leased. */
  readonly lane: number;
  /** The one whose plan was held against the events. */
  readonly publicationId: number;
  readonly now: Instant;
}

/** Checks events before they are applied; without a plan everything passes at no cost. */
export function guardedBy<W extends Waiting>(plan: TrackingPlan | undefined, waiting: readonly W[]): Guarded<W> {
  if (plan === undefined) return { passing: waiting, settle: async () => undefined };
  const checked = new Map(waiting.map((one) => [one, checkEvent(plan, one.event)]));
  return {
    passing: waiting.filter((one) => checked.get(one)?.rule !== 'hold'),
    settle: async (db, done, { lane, publicationId, now }) => {
      const settled = done.flatMap((one) => {
        const found = checked.get(one);
        const isOwn = one.event.profileId !== undefined || one.event.enters !== undefined;
        return found === undefined || isOwn ? [] : [{ event: one.event, ...found }];
      });
      await countChecked(db, lane, settled);
      const held = settled.filter(({ rule }) => rule === 'hold');
      await holdEvents(
        db,
        held.map(({ event, violations }) => {
          return {
            event,
            reason: `it violates the tracking plan: ${violations.map(inWords).join('; ')}`,
            counted: true,
            violations,
            publicationId,
          };
        }),
        now,
      );
    },
  };
}

/** An event with what was found of it. */
export type CheckedEvent = Checked & Waiting;

function inWords({ field, kind, expected, got }: Violation): string {
  switch (kind) {
    case 'missing':
      return `${field} is missing (${expected})`;
    case 'unplanned':
      return `the plan has no event ${got}`;
    case 'undeclared':
      return `${field} is not in the plan (${got})`;
    case 'type':
    case 'value':
      return `${field} must be ${expected}, not ${got}`;
  }
}
