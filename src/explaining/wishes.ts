/**
 * What a person does not want that stands against messages of a journey.
 * @module
 */
import type { Journey } from '../core/journey.ts';
import type { Instant } from '../core/time.ts';
import { EVERY_CATEGORY, subjectOf, type WishSubject, wishKey } from '../core/wishes.ts';
import { standingWishes } from '../runs/suppression.ts';
import type { Queryable } from '../store/database.ts';

export interface WishExplained {
  readonly of: WishSubject;
  /** Null for `all`. */
  readonly name: string | null;
  /** Null: for ever. */
  readonly until: Date | null;
}

export async function explainWishes(
  db: Queryable,
  profileId: number,
  journey: Journey,
  now: Instant,
): Promise<WishExplained[]> {
  const concerned = subjectsOf(journey);
  const standing = (await standingWishes(db, [profileId])).get(profileId) ?? new Map<string, Instant | null>();
  return [...standing]
    .filter(([what, until]) => concerned.has(what) && (until === null || until > now))
    .map(([what, until]) => {
      const { of, name } = subjectOf(what);
      return { of, name: of === 'all' ? null : name, until: until === null ? null : new Date(until) };
    });
}

/** As wishes name them. */
function subjectsOf({ key, steps }: Journey): ReadonlySet<string> {
  const all = Object.values(steps);
  const templates = all.flatMap((step) => ('template' in step ? [step.template] : []));
  const offers = all.flatMap((step) => (step.kind === 'offer' ? step.offers : []));
  return new Set([
    EVERY_CATEGORY,
    wishKey('journey', key),
    ...templates.map((template) => wishKey('template', template.key)),
    ...offers.map((offer) => wishKey('offer', offer.key)),
    ...[...templates, ...offers].map(({ category }) => category),
  ]);
}
