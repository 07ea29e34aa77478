/**
 * Lists page by cursor: the place of the last item, as text that means nothing to the caller.
 * @module
 */
import { z } from 'zod';
import { HttpProblem } from '../ingest/http-problem.ts';

/** The query of every list. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('Items at most'),
  cursor: z.string().optional().describe("`next` of the page before this one's"),
});

/** The answer of every list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().describe('The cursor of the next page; null on the last one'),
  });
}

/** @param rows one more than `limit` where there is another page */
export function cutPage<Row>(rows: readonly Row[], limit: number, placeOf: (row: Row) => unknown) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last !== undefined ? encodeCursor(placeOf(last)) : null;
  return { items, next };
}

/** @throws {HttpProblem} 400 where the text is not a cursor of this list */
export function decodeCursor<Place>(cursor: string | undefined, place: z.ZodType<Place>): Place | null {
  if (cursor === undefined) return null;
  const parsed = place.safeParse(placeIn(cursor));
  if (parsed.success) return parsed.data;
  throw new HttpProblem(400, 'invalid', 'cursor: is not a cursor of this list', {
    field: 'cursor',
    fix: 'Send `next` of the page before, or leave it out for the first page',
  });
}

function encodeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function placeIn(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
