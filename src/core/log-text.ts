/**
 * What a run did, in words: how it was entered, and each entry of its log.
 * @module
 */
import type { JsonObject } from './condition.ts';
import type { AssignedBy } from './experiment.ts';
import { sayOffer } from './offer-text.ts';
import { sayRefusal } from './refusal-text.ts';
import type { Hold, LogEntry } from './run.ts';
import type { Instant } from './time.ts';

/** @param entry what the run was entered by, as it is stored */
export function sayEntry({ by, audience, event, occurrence }: JsonObject): string {
  if (by === 'audience') return `by audience ${audience}`;
  if (by === 'request') return 'by request';
  if (by === 'schedule') return `by the clock, at ${String(occurrence).replace('T', ' ')}`;
  return by === 'leaving' ? `by leaving audience ${audience}` : `by event ${event}`;
}

const BECAUSE: Readonly<Record<AssignedBy, string>> = { chance: '', before: ', as before', winner: ', since it won' };

/**
 * @param name what the step does to people: `email welcome`
 * @param time how an instant is said
 */
export function sayLog(entry: LogEntry, name: string, time: (at: Instant) => string): string {
  switch (entry.did) {
    case 'waiting':
      return `waits, until ${time(entry.until)} at most`;
    case 'waited':
      return GOES_ON[entry.why];
    case 'took':
      return entry.experiment === undefined
        ? `takes the way "${entry.way}"`
        : `gets the variant "${entry.way}" of ${entry.experiment.name}${BECAUSE[entry.experiment.by]}`;
    case 'offered':
      return sayOffer(entry.offer, entry.candidates, time);
    case 'acted':
      return entry.kind === 'set-trait' ? 'sets traits' : `${name} goes out`;
    case 'held':
      return `${name} held until ${time(entry.until)}: ${sayHold(entry.hold, time)}`;
    case 'fell-back':
      return `no time zone is called ${entry.unusable}; goes by ${entry.zone}`;
    case 'refused':
      return `${name} refused: ${sayRefusal(entry.refusal, time)}`;
    case 'migrated':
      return `goes on with version ${entry.version.slice(0, 12)}, ${entry.to === null ? 'past its last step' : `at ${entry.to}`}`;
    case 'moved':
      return `is moved by hand to ${entry.to ?? 'the end'}, by ${entry.by}: ${entry.reason}`;
    case 'ended':
      return `ends as ${entry.outcome}`;
  }
}

const GOES_ON = {
  time: 'goes on',
  condition: 'goes on: what it waited for is true',
  timeout: 'goes on: waited in vain',
  'no-date': 'goes on: there is no such date or hour',
} as const;

/** Why a step that acts does not act yet. */
export function sayHold(hold: Hold, time: (at: Instant) => string): string {
  switch (hold.reason) {
    case 'hours':
      return `outside of its hours in ${hold.zone}`;
    case 'milestone':
      return 'the first value milestone is not reached';
    case 'refused':
      return sayRefusal(hold.refusal, time);
    case 'settling':
      return 'others may want the same slot';
  }
}
