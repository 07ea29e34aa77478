/**
 * The shop's half year: a CSV file of what people did, as the calls that the shop's own server would make.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import { emailOf, firstNameOf } from './people.ts';

export const CLICKSTREAM = fileURLToPath(new URL('../../data/shop-clickstream.csv.gz', import.meta.url));

/** One call of the tracking API. `messageId` is the same in every run of the demo. */
export type ShopCall = {
  readonly messageId: string;
  readonly userId: string;
  readonly at: Instant;
} & (
  | { readonly type: 'identify'; readonly traits: JsonObject }
  | { readonly type: 'track'; readonly event: string; readonly properties: JsonObject }
);

/** The names of Segment's e-commerce specification, where it has one. */
const EVENTS: Readonly<Record<string, { readonly event: string; readonly properties?: JsonObject }>> = {
  home: { event: 'Home Viewed' },
  catalog: { event: 'Product List Viewed' },
  product_view: { event: 'Product Viewed' },
  search: { event: 'Products Searched' },
  filter_results: { event: 'Product List Filtered' },
  add_to_cart: { event: 'Product Added' },
  cart: { event: 'Cart Viewed' },
  shipping_details: { event: 'Checkout Step Completed', properties: { step: 'shipping' } },
  payment_details: { event: 'Payment Info Entered' },
  purchase: { event: 'Order Completed' },
  wishlist_add: { event: 'Product Added to Wishlist' },
  promo_page: { event: 'Promotion Viewed' },
  account_page: { event: 'Account Viewed' },
  review_page: { event: 'Review Viewed' },
  compare: { event: 'Products Compared' },
  support_chat: { event: 'Support Chat Started' },
  error_page: { event: 'Error Page Viewed' },
  payment_error: { event: 'Payment Failed' },
  checkout_bug: { event: 'Checkout Failed' },
};

const text = z.string().min(1);
const Row = z.object({
  user_id: text,
  session_id: text,
  event: z.string().refine((name) => Object.hasOwn(EVENTS, name), { error: 'is not an event of this shop' }),
  timestamp: z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/),
  platform: text,
  acquisition_channel: text,
  user_cohort: text,
  user_lifecycle: text,
});
type Row = z.infer<typeof Row>;

/** Every call in the order of its time; `identify` comes before a person's first event, and when a trait has changed. */
export async function readClickstream(file = CLICKSTREAM): Promise<ShopCall[]> {
  const csv = await promisify(gunzip)(await readFile(file));
  return shopCalls(csv.toString('utf8'));
}

/** @throws where a row is not as the shop writes it; the message names the row */
export function shopCalls(csv: string): ShopCall[] {
  const records: unknown[] = parse(csv, { columns: true, skip_empty_lines: true });
  const rows = records.map((record, index) => {
    const parsed = Row.safeParse(record);
    if (!parsed.success) throw new Error(`Row ${index + 2} of the clickstream: ${z.prettifyError(parsed.error)}`);
    return { row: parsed.data, number: index + 2, at: instantIn(parsed.data) };
  });
  // The file goes person by person; rows of the same second keep their order.
  rows.sort((a, b) => a.at - b.at || a.number - b.number);

  const known = new Map<string, string>();
  return rows.flatMap(({ row, number, at }): ShopCall[] => {
    const { event, properties } = EVENTS[row.event] ?? { event: row.event };
    const said = { userId: row.user_id, at };
    const track: ShopCall = {
      ...said,
      type: 'track',
      messageId: `shop-${number}`,
      event,
      properties: { session_id: row.session_id, platform: row.platform, ...properties },
    };
    const traits = traitsOf(row);
    const before = known.get(row.user_id);
    const now = JSON.stringify(traits);
    known.set(row.user_id, now);
    return before === now ? [track] : [{ ...said, type: 'identify', messageId: `shop-${number}-who`, traits }, track];
  });
}

function traitsOf({ user_id, platform, acquisition_channel, user_cohort, user_lifecycle }: Row): JsonObject {
  const who = { email: emailOf(user_id), firstName: firstNameOf(user_id) };
  return { ...who, platform, acquisition_channel, user_cohort, user_lifecycle };
}

function instantIn({ timestamp }: Row): Instant {
  return Date.parse(`${timestamp.replace(' ', 'T')}Z`);
}
