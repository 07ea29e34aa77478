/**
 * Whether a person enters a journey now, and the run that makes.
 * @module
 */
import { type DeliveryAhead, deliveryAhead } from '../core/ahead.ts';
import type { JsonObject } from '../core/condition.ts';
import { entryRefusal, rampRefusal, sideOf } from '../core/entry.ts';
import type { Facts } from '../core/facts.ts';
import { open } from '../core/interpret.ts';
import type { Cursor, LogEntry, Outcome } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import type { PublishedJourney } from './journey-index.ts';

/** A run in memory, while one event or one instant is applied to its person. Changed in place. */
export interface Run {
  readonly id: string;
  readonly journey: string;
  readonly version: string;
  readonly person: string;
  readonly visit: number;
  readonly heldOut: boolean;
  /** Held out of every journey. Absent: not. */
  readonly heldOutEverywhere?: boolean;
  readonly enteredAt: Instant;
  readonly entry: JsonObject;
  status: 'active' | Outcome;
  endedAt: Instant | null;
  endReason: string | null;
  cursor: Cursor;
  wokenAt: Instant | null;
  dueAt: Instant | null;
}

export interface EntryAsked {
  readonly profileId: number;
  /** What chance is drawn for. */
  readonly person: string;
  /** The person's last run of this journey. */
  readonly last: Run | undefined;
  readonly facts: Facts;
  readonly at: Instant;
  /** What brought the person here; templates see its `properties` as `event`. */
  readonly entry: JsonObject;
  /** A provider's rate is kept, so that only messages which were admitted may take a place in its queue. */
  readonly keepsRate?: boolean;
}

/** The run, its first log entries and what certainly comes first; or why there is none. */
export function enter(
  { hash, journey }: PublishedJourney,
  asked: EntryAsked,
): { run: Run; log: readonly LogEntry[]; first: DeliveryAhead | null } | { refused: string } {
  const { last, at, person, profileId } = asked;
  const refused = entryRefusal(journey, last, asked.facts, at) ?? rampRefusal(journey, last, person);
  if (refused !== null) return { refused };

  const visit = last === undefined ? 0 : last.visit + 1;
  const { cursor, log } = open(journey, at);
  const side = sideOf(journey, person, last);
  return {
    log,
    first: side.heldOut || asked.keepsRate === true ? null : deliveryAhead(journey, cursor, at),
    run: {
      id: `${journey.key}/${profileId}/${visit}`,
      journey: journey.key,
      version: hash,
      person,
      visit,
      ...side,
      enteredAt: at,
      entry: asked.entry,
      status: 'active',
      endedAt: null,
      endReason: null,
      cursor,
      wokenAt: null,
      dueAt: null,
    },
  };
}
