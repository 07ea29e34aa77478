/**
 * A person whom nothing is stored of.
 * @module
 */

import type { Sent } from '../core/caps.ts';
import type { JsonObject } from '../core/condition.ts';
import type { Offered } from '../core/offer.ts';
import type { Wishes } from '../core/wishes.ts';
import type { Profile } from '../process/profile.ts';
import { noRunChanges } from '../runs/run-rows.ts';

export interface VirtualPerson {
  readonly person: Profile;
  /** What counts against caps. */
  readonly sent: Sent[];
  wishes: Wishes;
  /** What experiments gave: variants by experiment, by journey. */
  readonly variants: Map<string, Map<string, string>>;
  /** What the person's runs have picked, oldest first. */
  readonly offered: (Offered & { readonly run: string })[];
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
  return { person, sent: [], wishes: { suppressed: new Set() }, variants: new Map(), offered: [] };
}
