/**
 * An event of the inbox as what it is to the person whom it names.
 * @module
 */
import { isDeed } from '../ingest/event-log.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import { applyTraits } from '../profiles/traits.ts';
import { type Applying, applyHappening, type Happening } from './apply.ts';
import type { Profile } from './profile.ts';

/**
 * @param more what the event is to the person beside that, where it names an account
 * @returns the keys of the person's own traits that changed
 */
export function applyEvent(
  person: Profile,
  event: IncomingEvent,
  more: Partial<Happening>,
  applying: Applying,
): readonly string[] {
  const at = Date.parse(event.occurredAt);
  const byEngine = event.profileId !== undefined;
  const { name, properties, messageId, enters } = event;
  const isDone = isDeed(event.type) && enters === undefined && event.news === undefined;
  const { traits, changed } = applyTraits(person.ownTraits, event.type === 'identify' ? event.traits : undefined);
  applyHappening(
    person,
    {
      at,
      ...(enters === undefined ? {} : { request: { journey: enters, messageId, properties } }),
      ...(isDone ? { event: { name, at, properties, messageId, ...(byEngine ? { byEngine } : {}) } } : {}),
      ...(event.type === 'identify' ? { traits: { after: traits, changed } } : {}),
      ...(event.silent === true ? { silentUntil: Date.parse(event.receivedAt) } : {}),
      ...more,
    },
    applying,
  );
  return changed;
}
