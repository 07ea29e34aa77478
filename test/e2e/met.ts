import type { LogEntry } from '../../src/core/run.ts';
import type { DrawnWorld, Runs } from './drawn-world.ts';

/** Of what was met: the journeys that it was met in. */
export type Met = ReadonlyMap<string, ReadonlySet<string>>;

/** What the people of a drawn world have met, in words. */
export async function metIn({ engine }: DrawnWorld, runs: Runs): Promise<Met> {
  const met = new Map<string, Set<string>>();
  const add = (what: string, journey: string) => met.set(what, (met.get(what) ?? new Set()).add(journey));
  for (const own of runs.values())
    for (const [id, log] of own) for (const what of log.flatMap(metInEntry)) add(what, id.slice(0, id.indexOf('/')));
  const entered = await engine.db.selectFrom('runs').select(['journey', 'entry', 'instance', 'end_reason']).execute();
  for (const { journey, entry, instance, end_reason: reason } of entered) {
    add(`entered by ${entry.by}`, journey);
    if (instance !== null) add('side by side', journey);
    if (reason?.endsWith('took its place')) add('ended by another of the group', journey);
  }
  const refused = await engine.db.selectFrom('entry_refusals').select(['journey', 'reason']).execute();
  for (const { journey, reason } of refused) {
    if (reason.startsWith('waits for the end of')) add('waited for another of the group', journey);
    if (reason.endsWith('is under way')) add('yielded to another of the group', journey);
  }
  return met;
}

export function metInEntry(entry: LogEntry): readonly string[] {
  switch (entry.did) {
    case 'waited':
      return [`${entry.kind} over by ${entry.why}`];
    case 'took':
      return entry.kind === 'repeat' ? [entry.way === 'on' ? 'repeat left' : 'round begun'] : [`${entry.kind} taken`];
    case 'offered':
      return [entry.offer === null ? 'nothing to offer' : 'offer picked', ...passedIn(entry)];
    case 'acted':
      return [`${entry.kind} acted`];
    case 'held':
      return [`held for ${entry.hold.reason === 'refused' ? entry.hold.refusal.reason : entry.hold.reason}`];
    case 'refused':
      return [`refused for ${entry.refusal.reason}`];
    case 'fell-back':
      return ['another zone taken'];
    case 'ended':
      return [`ended as ${entry.outcome}`];
    default:
      return [];
  }
}

function passedIn({ candidates }: Extract<LogEntry, { did: 'offered' }>): string[] {
  return candidates.flatMap(({ passed }) => (passed === null ? [] : [`offer passed over: ${passed.why}`]));
}

/** As lines to print, the rarest first. */
export function asLines(met: Met): string[] {
  const counts = [...met].map(([what, journeys]) => [journeys.size, what] as const);
  return counts.sort(([a], [b]) => a - b).map(([count, what]) => `${String(count).padStart(5)} ${what}`);
}

/** What few journeys and people meet already, where messages settle. */
export const TO_BE_MET_SETTLING = [
  ...['settling', 'hours', 'milestone', 'cap'].map((what) => `held for ${what}`),
  ...['cap', 'hours', 'held-out'].map((why) => `refused for ${why}`),
  ...['round begun', 'offer picked', 'nothing to offer', 'side by side', 'entered by schedule'],
];

/** What many journeys and people are drawn to meet. */
export const TO_BE_MET = [
  ...['email', 'in-app', 'sales-task', 'webhook', 'set-trait'].map((kind) => `${kind} acted`),
  ...['branch', 'split', 'experiment'].map((kind) => `${kind} taken`),
  ...['round begun', 'repeat left', 'offer picked', 'nothing to offer'],
  ...['had', 'used-up', 'not-eligible', 'unwanted', 'unknown-value'].map((why) => `offer passed over: ${why}`),
  ...['wait over by time', 'wait-until over by condition', 'wait-until over by timeout'],
  ...['hours', 'milestone', 'cap'].map((what) => `held for ${what}`),
  ...['held-out', 'channel', 'suppressed', 'cap', 'hours', 'no-offer'].map((why) => `refused for ${why}`),
  ...['converted', 'exited', 'timed-out', 'completed'].map((outcome) => `ended as ${outcome}`),
  ...['event', 'audience', 'leaving', 'schedule'].map((way) => `entered by ${way}`),
  ...['side by side', 'another zone taken', 'ended by another of the group', 'waited for another of the group'],
];
