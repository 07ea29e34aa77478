/**
 * How people enter a journey, as authors write it.
 * @module
 */
import { z } from 'zod';
import { eventFields } from './schema-events.ts';
import { atLeastOne, duration, key, oneOf, text } from './schema-values.ts';

const AGAIN = /^(never|always|after\s+\S.*)$/;
const AN_AGAIN = 'must be `never`, `always`, like `after 90d`, or a map such as `{ after: 90d, atMost: 3 }`';
const again = z
  .union(
    [
      z
        .string({ error: AN_AGAIN })
        .refine((it) => AGAIN.test(it) && (!it.startsWith('after') || duration.safeParse(afterIn(it)).success), {
          error: AN_AGAIN,
        }),
      z
        .strictObject({
          after: duration.optional().describe('Not sooner than this after the entry before.'),
          atMost: atLeastOne.optional().describe('In all.'),
        })
        .refine((it) => Object.keys(it).length > 0, { error: 'needs `after`, `atMost` or both' }),
    ],
    { error: AN_AGAIN },
  )
  .optional()
  .describe(
    'May the same person enter once more? `never` (default), `always`, `after 90d`, or `{ after: 90d, atMost: 3 }`.',
  );
export type AuthoredAgain = z.infer<typeof again>;

/** @param again `after …` */
export function afterIn(again: string): string {
  return again.slice('after'.length).trim();
}

const each = text
  .optional()
  .describe(
    'A property of the event or request, such as `order_id`: one run for each value it has, side by side. `again` is then by value.',
  );
const atOnce = atLeastOne.optional().describe('With `each`: so many under way at once for one person, 25 if absent.');

const request = z
  .literal(true, { error: 'must be true' })
  .describe('Whoever is asked in: by `POST /api/journeys/{key}/entries`, or by `throughline enter`.');

function sideBySide<Shape extends z.ZodType<{ each?: string | undefined; atOnce?: number | undefined }>>(form: Shape) {
  return form.refine((it) => it.each !== undefined || it.atOnce === undefined, {
    error: '`atOnce` is for runs side by side; add `each`',
    path: ['atOnce'],
  });
}

export const entry = oneOf(
  'An entry',
  ['audience', 'leaves', 'event', 'request'],
  [
    z.strictObject({ audience: key.describe('Whoever comes to be in this audience.'), again }),
    z.strictObject({ leaves: key.describe('Whoever ceases to be in this audience.'), again }),
    sideBySide(z.strictObject({ ...eventFields, again, each, atOnce })),
    sideBySide(z.strictObject({ request, again, each, atOnce })),
  ],
);
export type AuthoredEntry = z.infer<typeof entry>;

const higher = z
  .enum(['evicts', 'waits', 'yields'], { error: 'must be `evicts`, `waits` or `yields`' })
  .optional()
  .describe('When the person is in a journey of lower priority: that one ends (`evicts`, default), or as below.');
const lower = z
  .enum(['waits', 'yields'], { error: 'must be `waits` or `yields`: a journey ends none that goes before it' })
  .optional()
  .describe(
    'When the person is in a journey of the same or a higher priority: enters as soon as that one is over (`waits`), or not at all (`yields`, default).',
  );

export const groups = z
  .record(key, z.strictObject({ higher, lower }))
  .optional()
  .describe('Groups of journeys of which a person is in one at a time.');
