/**
 * When somebody came to match an audience in the past, found without hindsight: the very steps that the engine takes, by
 * event and by clock, with nothing known before it happened.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import type { EventFact, Related } from '../core/facts.ts';
import { earlier, type Instant } from '../core/time.ts';
import type { SaidTraits } from '../ingest/trait-history.ts';
import type { AudienceIndex } from './audience-index.ts';
import { dueAt, nextDue, reevaluate, type Subject } from './membership.ts';

export interface Past {
  /** As they are now; for those that `said` never tells of. */
  readonly traits: JsonObject;
  /** What was said of the traits, oldest first. */
  readonly said: readonly SaidTraits[];
  /** In order of time. */
  readonly events: readonly EventFact[];
  readonly related?: Related | undefined;
}

export type PastEntry =
  /** Was in it when the period began. */
  { readonly kind: 'before' } | { readonly kind: 'entered'; readonly at: Instant } | { readonly kind: 'never' };

/**
 * The first entry in `[from, to)`.
 * @param index the audience and those it refers to
 */
export function pastEntry(index: AudienceIndex, key: string, past: Past, from: Instant, to: Instant): PastEntry {
  const changes = traitChanges(past, from, to);
  const subject: Subject = {
    traits: traitsAt(past, from),
    events: [...past.events],
    memberships: new Map(),
    dirty: new Set(),
    ...(past.related !== undefined && { related: past.related }),
  };
  const isIn = () => subject.memberships.get(key)?.member === true;
  const all = index.all.map((audience) => audience.key);
  reevaluate(index, subject, all, from, 'definition');
  if (isIn()) return { kind: 'before' };
  for (;;) {
    const change = changes[0];
    const at = earlier(nextDue(subject), change?.at ?? null);
    if (at === null || at >= to) return { kind: 'never' };
    const due = new Set(dueAt(subject, at));
    if (change?.at === at) {
      changes.shift();
      subject.traits = { ...subject.traits, ...change.traits };
      for (const touched of index.touchedBy({ traits: Object.keys(change.traits) })) due.add(touched);
    }
    reevaluate(index, subject, due, at, 'clock');
    if (isIn()) return { kind: 'entered', at };
  }
}

function traitsAt({ traits, said }: Past, at: Instant): JsonObject {
  const told = new Set(said.flatMap((one) => Object.keys(one.traits)));
  const untold = Object.fromEntries(Object.entries(traits).filter(([key]) => !told.has(key)));
  return Object.assign(untold, ...said.filter((one) => one.at <= at).map((one) => one.traits));
}

function traitChanges({ said }: Past, from: Instant, to: Instant): SaidTraits[] {
  return said.filter(({ at }) => at > from && at < to);
}
