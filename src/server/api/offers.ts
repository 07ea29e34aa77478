/**
 * `GET /api/people/:id/offers`: what could be offered to a person now, and why or why not.
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { oneProfile } from '../../audiences/facts-of.ts';
import { type Passed, weighOffers } from '../../core/offer.ts';
import type { Clock } from '../../core/time.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId } from '../../profiles/find.ts';
import { askedByOffer } from '../../runs/journey-index.ts';
import { readOfferLedger } from '../../runs/offers.ts';
import { standingWishes, wishesOf } from '../../runs/suppression.ts';
import type { Database } from '../../store/database.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';
import { published } from '../published.ts';
import { noSuchPerson } from './people.ts';

const WHY = [
  'not-yet',
  'over',
  'not-eligible',
  'used-up',
  'unwanted',
  'had',
  'unknown-value',
] as const satisfies Passed['why'][];

const offerAnswer = z.object({
  offer: z.string(),
  title: z.string(),
  category: z.string(),
  value: z
    .number()
    .nullable()
    .describe('What it is worth when it is taken; null where that is not known of the person'),
  propensity: z.number().nullable(),
  expected: z.number().nullable().describe('`value` times `propensity`'),
  mayBeMade: z.boolean(),
  passed: z
    .object({ why: z.enum(WHY), at: z.date().optional(), refusal: z.record(z.string(), z.unknown()).optional() })
    .nullable()
    .describe('Why it may not be made now, and since or until when; null where it may'),
});

const place = z.object({ place: z.int() });

export function offerRoutes(db: Database, clock: Clock): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/people/:id/offers',
      {
        schema: {
          summary:
            'Every offer by its expected value for a person, the best first; those that may not be made last, with why',
          params: z.object({ id: z.string().describe('A user id, or an anonymous id') }),
          querystring: pageQuery,
          response: {
            200: pageOf(offerAnswer),
            400: errorAnswer,
            401: errorAnswer,
            404: errorAnswer,
            409: errorAnswer,
          },
        },
      },
      async ({ params: { id }, query: { limit, cursor } }) => {
        const profileId = await findPersonId(db, id);
        if (profileId === null) throw noSuchPerson(id);
        const first = decodeCursor(cursor, place)?.place ?? 0;
        const weighed = await weighedFor(profileId);
        const rows = weighed
          .slice(first, first + limit + 1)
          .map((row, index) => ({ ...row, place: first + index + 1 }));
        const { items, next } = cutPage(rows, limit, ({ place }) => ({ place }));
        return { items: items.map(({ place: _place, ...item }) => item), next };
      },
    );
  };

  async function weighedFor(profileId: number) {
    const now = clock.now();
    const { id: publicationId, workspace } = await published(db);
    const offers = workspace.offers ?? {};
    const asked = Object.values(offers).flatMap(askedByOffer);
    const [profile, wishes, ledger] = await Promise.all([
      oneProfile(db, profileId, { kind: 'all', of: asked }, now),
      standingWishes(db, [profileId]),
      readOfferLedger(db, profileId, null, { publicationId, offers }),
    ]);
    if (profile === undefined) return [];
    const weighing = { facts: profile.facts, wishes: wishesOf(wishes.get(profileId) ?? new Map()), ledger };
    return weighOffers(Object.values(offers), weighing, now).map(({ passed, ...candidate }) => {
      const { title = '', category = '' } = offers[candidate.offer] ?? {};
      return { ...candidate, title, category, mayBeMade: passed === null, passed: passed && shown(passed) };
    });
  }
}

function shown(passed: Passed) {
  return {
    why: passed.why,
    ...('at' in passed && { at: new Date(passed.at) }),
    ...('refusal' in passed && { refusal: { ...passed.refusal } }),
  };
}
