/**
 * Lists as text that other programs read: CSV, or a JSON object on each line.
 * @module
 */
import { stringify } from 'csv-stringify/sync';
import type { Json, JsonObject } from '../core/condition.ts';

export const LIST_FORMATS = ['csv', 'ndjson'] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

export const LIST_TYPES: Readonly<Record<ListFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/**
 * A text for each batch. CSV begins with the names of the fields, also where nothing follows; what is absent is empty there,
 * lists and objects are JSON.
 */
export async function* listText(
  batches: AsyncIterable<readonly JsonObject[]>,
  fields: readonly string[],
  format: ListFormat,
): AsyncGenerator<string, void, undefined> {
  let head = format === 'csv' ? stringify([fields]) : '';
  for await (const rows of batches) {
    yield head +
      (format === 'csv'
        ? stringify(rows.map((row) => fields.map((field) => cellOf(row[field] ?? null))))
        : rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    head = '';
  }
  if (head !== '') yield head;
}

function cellOf(value: Json): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
