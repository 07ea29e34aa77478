/**
 * Whether a person enters a journey now, and the run that makes.
 * @module
 */
import { createHash } from 'node:crypto';
import { type DeliveryAhead, deliveryAhead } from '../core/ahead.ts';
import type { JsonObject } from '../core/condition.ts';
import { entryRefusal, instanceKeyOf, propertiesOf, rampRefusal, sideOf } from '../core/entry.ts';
import type { Facts } from '../core/facts.ts';
import { open } from '../core/interpret.ts';
import type { Cursor, LogEntry, Outcome } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import type { PublishedJourney } from './journey-index.ts';
import { type Urgency, urgencyOf } from './urgency.ts';

/** A run in memory, while one event or one instant is applied to its person. Changed in place. */
export interface Run {
  readonly id: string;
  readonly journey: string;
  /** Which of the runs side by side it is; null where the journey has one at a time. */
  readonly instance: string | null;
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

/** A person's runs: the last one of every journey, and of every instance of it. */
export type RunsOfProfile = Map<string, Run>;

/** What {@link RunsOfProfile} has a run under. */
export function runKey({ journey, instance }: Pick<Run, 'journey' | 'instance'>): string {
  return instance === null ? journey : `${journey}\n${instance}`;
}

export interface EntryAsked {
  readonly profileId: number;
  /** What chance is drawn for, where the person was not in the journey before. */
  readonly person: string;
  readonly runs: RunsOfProfile;
  readonly facts: Facts;
  readonly at: Instant;
  /** What brought the person here; templates see its `properties` as `event`. */
  readonly entry: JsonObject;
  /** A provider's rate is kept, so that only messages which were admitted may take a place in its queue. */
  readonly keepsRate?: boolean;
}

export interface Entered {
  readonly run: Run;
  /** Its first log entries. */
  readonly log: readonly LogEntry[];
  /** What certainly comes first. */
  readonly first: DeliveryAhead | null;
  readonly urgency: Urgency;
}

/** The run; or why there is none. */
export function enter(
  { hash, journey }: PublishedJourney,
  { entry, runs, at, profileId, keepsRate, ...asked }: EntryAsked,
): Entered | { refused: string; instance: string | null } {
  const key = instanceKeyOf(journey, entry);
  const instance = key ?? null;
  const last = key === null ? undefined : runs.get(runKey({ journey: journey.key, instance }));
  const others = key === undefined ? [] : [...runs.values()].filter((run) => run.journey === journey.key);
  const beside = others.filter((run) => run.status === 'active' && run.instance !== instance).length;
  const facts = { ...asked.facts, entryProperties: propertiesOf(entry) };
  const before = latestOf(others) ?? last;
  // A person is on the same side at every entry, whatever else it was called at the first.
  const person = before?.person ?? asked.person;
  const refused =
    entryRefusal(journey, last, facts, at, key === undefined ? undefined : { key, beside }) ??
    rampRefusal(journey, before, person);
  if (refused !== null) return { refused, instance };

  const visit = last === undefined ? 0 : last.visit + 1;
  const { cursor, log } = open(journey, at);
  const side = sideOf(journey, person, before);
  return {
    log,
    urgency: urgencyOf(journey.priority),
    first: side.heldOut || keepsRate === true ? null : deliveryAhead(journey, cursor, at),
    run: {
      id: `${journey.key}/${profileId}${instance === null ? '' : `/${inId(instance)}`}/${visit}`,
      journey: journey.key,
      instance,
      version: hash,
      person,
      visit,
      ...side,
      enteredAt: at,
      entry,
      status: 'active',
      endedAt: null,
      endReason: null,
      cursor,
      wokenAt: null,
      dueAt: null,
    },
  };
}

function latestOf(runs: readonly Run[]): Run | undefined {
  return runs.reduce<Run | undefined>(
    (latest, run) => (latest === undefined || run.enteredAt > latest.enteredAt ? run : latest),
    undefined,
  );
}

const PLAIN = /^[\w.~-]{1,100}$/;

/** As people see it where it can stand in an id; else what can, and is as good as never the same for two. */
function inId(instance: string): string {
  return PLAIN.test(instance) ? instance : `=${createHash('sha256').update(instance).digest('hex').slice(0, 32)}`;
}
