/**
 * What a persona and the colleagues do, as the calls that would tell the engine of it.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import { type TagTable, withTags } from '../core/tags.ts';
import type { Instant } from '../core/time.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import type { Colleague, Moment, Occasion, Persona } from './persona.ts';
import type { LivedPerson } from './virtual-household.ts';

/** The persona first. */
export function peopleOf({ userId, traits, colleagues = [] }: Persona): readonly [LivedPerson, ...LivedPerson[]] {
  const others = colleagues.map((one, index) => ({ id: index + 2, userId: one.userId, traits: one.traits }));
  return [{ id: 1, userId, traits }, ...others];
}

/**
 * In order of time. The start is told of too, since conditions may hold of the traits alone; accounts are joined before
 * anything happens.
 */
export function callsOf(persona: Persona, start: Instant, tags: readonly TagTable[] = []): IncomingEvent[] {
  const everybody = [persona, ...(persona.colleagues ?? [])];
  const calls = everybody.flatMap((one, index) => occasionsOf(one, index + 1, start, tags));
  const first = calls.reduce((soonest, { occurredAt }) => Math.min(soonest, Date.parse(occurredAt)), start);
  const begin = everybody.flatMap(({ userId, traits, accounts = {} }, index) => [
    callOf({ identify: traits }, userId, index + 1, start, 'start'),
    ...Object.entries(accounts).map(([group, known]) =>
      callOf({ group, traits: known }, userId, index + 1, first, `in ${group}`),
    ),
  ]);
  return [...begin, ...calls].sort((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt));
}

/** As text for people to read; nothing for calls that tell nothing. */
export function occasionIn({ type, name, traits = {}, groupId, profileId }: IncomingEvent): string | null {
  const said = Object.entries(traits).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  if (type === 'group') return `in ${groupId}${said.length === 0 ? '' : `, which has ${said.join(', ')}`}`;
  if (type === 'identify') return said.length === 0 ? null : `is told to have ${said.join(', ')}`;
  return profileId === undefined || name === 'Unsubscribed' ? name : `${name} (by the engine)`;
}

function occasionsOf(
  { userId, events }: Colleague,
  id: number,
  start: Instant,
  tags: readonly TagTable[],
): IncomingEvent[] {
  const instantOf = (moment: Moment) => ('instant' in moment ? moment.instant : start + moment.after);
  return events.map((occasion, index) => {
    const call = callOf(occasion, userId, id, instantOf(occasion.at), `${index + 1}`);
    return { ...call, properties: withTags(tags, call.name, call.properties) };
  });
}

type What = Occasion extends infer One ? (One extends Occasion ? Omit<One, 'at'> : never) : never;

function callOf(what: What, userId: string, id: number, at: Instant, number: string): IncomingEvent {
  const occurredAt = new Date(at).toISOString();
  const properties: JsonObject = {};
  const base = {
    messageId: `${userId}:${number}`,
    userId,
    context: {},
    properties,
    occurredAt,
    receivedAt: occurredAt,
  };
  if ('identify' in what) return { ...base, type: 'identify', name: 'identify', traits: what.identify };
  if ('group' in what) return { ...base, type: 'group', name: 'group', groupId: what.group, traits: what.traits };
  const reported = what.byEngine === true ? { profileId: id } : {};
  return { ...base, ...reported, type: 'track', name: what.event, properties: what.properties };
}
