/**
 * A row as a call of the tracking API, checked by the tracking API's own parser.
 * @module
 */
import { isObject } from '../ingest/call-schemas.ts';
import type { FieldProblem } from '../ingest/http-problem.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import type { Arrival } from '../ingest/occurred-at.ts';
import { type ParsedCall, parseAccount, parseCall } from '../ingest/segment-spec.ts';
import { containerOf, type Field, type What } from './fields.ts';
import { looksLike, type Meant, valueOfType } from './typed-text.ts';

export interface Reading {
  readonly what: What;
  /** The field of a column. */
  readonly fieldOf: (column: string) => Field;
  /** Was the column's field said outright? */
  readonly isMapped: (column: string) => boolean;
  /** CSV has texts only: what else they mean shows in how they look. */
  readonly hasTextsOnly: boolean;
  readonly arrival: Arrival;
  readonly silent: boolean;
  /** Of `entries`: which journey they are into. */
  readonly journey?: string | undefined;
}

/** A JSON object being built. */
type Building = { [key: string]: unknown };

/** @param messageId where the row has none of its own */
export function callOf(values: Readonly<Record<string, unknown>>, messageId: string, reading: Reading): ParsedCall {
  const { what, arrival, silent, journey } = reading;
  const { body, problems } = bodyOf(values, reading);
  if (what === 'events' && (body.timestamp === undefined || body.timestamp === null)) {
    problems.push({ field: 'timestamp', message: 'required', fix: 'Say when it happened' });
  }
  const parsed = parse(what, { ...body, messageId: body.messageId ?? messageId }, arrival);
  if (problems.length > 0) return { problems: [...problems, ...('problems' in parsed ? parsed.problems : [])] };
  if ('problems' in parsed) return parsed;
  const event: IncomingEvent = silent ? { ...parsed.event, silent } : parsed.event;
  return { event: journey === undefined ? event : { ...event, enters: journey } };
}

function parse(what: What, body: Building, arrival: Arrival): ParsedCall {
  switch (what) {
    case 'people':
      return parseCall('identify', body, arrival);
    case 'accounts':
      return parseAccount(body, arrival);
    case 'events':
      return parseCall('track', body, arrival);
    case 'entries':
      return parseCall('track', { ...body, event: 'entry' }, arrival);
  }
}

function bodyOf(values: Readonly<Record<string, unknown>>, reading: Reading) {
  const { what, fieldOf, isMapped, hasTextsOnly } = reading;
  const container = containerOf(what);
  const given = values[container];
  // A row with `traits` or `properties` is a call already; the other keys of one without are traits or properties.
  const isCall = isObject(given) && !isMapped(container);
  const inside: Building = isCall ? { ...given } : {};
  const body: Building = { [container]: inside };
  const problems: FieldProblem[] = [];
  for (const [column, value] of Object.entries(values)) {
    if (isCall && column === container) continue;
    const field: Field = isCall && !isMapped(column) ? { to: 'call', key: column } : fieldOf(column);
    if (field.to === 'nowhere' || value === '' || value === undefined) continue;
    if (field.to === 'call') {
      body[field.key] = typeof value === 'string' ? value.trim() : value;
      continue;
    }
    const meant = typeof value === 'string' ? meantBy(value, field, hasTextsOnly) : { value };
    if ('problem' in meant) problems.push({ field: [container, ...field.path].join('.'), message: meant.problem });
    else place(inside, field.path, meant.value);
  }
  return { body, problems };
}

function meantBy(text: string, { type }: Extract<Field, { to: 'values' }>, hasTextsOnly: boolean): Meant {
  if (type !== undefined) return valueOfType(text, type);
  return { value: hasTextsOnly ? looksLike(text) : text };
}

/** `address.city` leads into an object. */
function place(into: Building, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    into[key] = value;
    return;
  }
  const inner = into[key];
  const next: Building = isObject(inner) ? inner : {};
  into[key] = next;
  place(next, rest, value);
}
