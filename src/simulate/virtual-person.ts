/**
 * A person whom nothing is stored of.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { Sent } from '../core/pressure.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import type { Profile } from '../process/profile.ts';
import { noRunChanges } from '../runs/run-rows.ts';

export interface VirtualPerson {
  readonly person: Profile;
  /** What counts against caps. */
  readonly sent: Sent[];
  /** Categories of which nothing is wanted. */
  readonly suppressed: Set<string>;
}

export function virtualPerson(id: number, userId: string | null, traits: JsonObject): VirtualPerson {
  const person: Profile = {
    id,
    kind: 'person',
    userId,
    ownTraits: traits,
    traits,
    account: undefined,
    appliedAt: Number.NEGATIVE_INFINITY,
    filledTo: 0,
    events: [],
    memberships: new Map(),
    dirty: new Set(),
    runs: new Map(),
    changes: [],
    runChanges: noRunChanges(),
  };
  return { person, sent: [], suppressed: new Set() };
}

/** An unsubscribe holds from its instant, before the event that tells of it is looked at. */
export function noteRefusals({ suppressed }: VirtualPerson, { name, profileId, properties }: IncomingEvent): void {
  const category = properties.unsubscribed_from;
  if (profileId !== undefined && name === 'Unsubscribed' && typeof category === 'string') suppressed.add(category);
}
