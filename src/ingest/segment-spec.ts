/**
 * Segment's tracking calls, checked and settled into events. https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 *
 * Where the specification leaves room: ids may be whole numbers; `null` and an empty id are as good as absent; a batch's
 * `context` lies under each item's, key by key; `context.traits` stay where they are and change no one's traits.
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { JsonObject } from '../core/condition.ts';
import { batchEnvelope, CALL_TYPES, callSchemas, isObject, kindOf } from './call-schemas.ts';
import type { FieldProblem } from './http-problem.ts';
import type { CallType, IncomingEvent } from './inbox.ts';
import { type Arrival, occurredAt, type SaidTimes } from './occurred-at.ts';

/** Bytes of one call as JSON. */
export const EVENT_LIMIT = 32 * 1024;
/** Bytes of a batch request, decompressed. */
export const BATCH_LIMIT = 500 * 1024;
/** Levels of objects and lists in one call; databases and readers have to get through it. */
export const DEPTH_LIMIT = 50;

/** Bytes that a batch's context may come to, once it is written to each of the items. */
const SPREAD_LIMIT = 8 * 1024 * 1024;

export type ParsedCall = { readonly event: IncomingEvent } | { readonly problems: readonly FieldProblem[] };

/** An item of a batch that was not taken; the others were. */
export interface RejectedItem {
  /** From 0. */
  readonly index: number;
  readonly messageId: string | null;
  readonly problems: readonly FieldProblem[];
}

export type ParsedBatch =
  | { readonly events: readonly { index: number; event: IncomingEvent }[]; readonly rejected: readonly RejectedItem[] }
  /** The batch itself has the wrong shape. */
  | { readonly problems: readonly FieldProblem[] };

/** What a batch says for all its items. */
interface FromBatch {
  readonly field: string;
  readonly context: JsonObject;
  readonly sentAt: string | undefined;
  readonly mayNameNobody?: true;
}

const ALONE: FromBatch = { field: '', context: {}, sentAt: undefined };

/** One call of a known type. */
export function parseCall(type: CallType, body: unknown, arrival: Arrival): ParsedCall {
  return parseItem(type, body, arrival, ALONE);
}

/** What is said of an account: a `group` call that need not name a person. */
export function parseAccount(body: unknown, arrival: Arrival): ParsedCall {
  return parseItem('group', body, arrival, { ...ALONE, mayNameNobody: true });
}

/** A batch: each item stands for itself, so that one bad item costs no other. */
export function parseBatch(body: unknown, arrival: Arrival): ParsedBatch {
  if (!isObject(body)) return { problems: [notAnObject('body', body)] };
  const envelope = batchEnvelope.safeParse(said(body));
  if (!envelope.success) return { problems: problemsIn(envelope.error, '') };
  const { batch, context = {}, sentAt } = envelope.data;
  const oversize = sizeProblem(context, 'context') ?? spreadProblem(context, batch.length);
  if (oversize !== null) return { problems: [oversize] };
  const events: { index: number; event: IncomingEvent }[] = [];
  const rejected: RejectedItem[] = [];
  for (const [index, item] of batch.entries()) {
    const parsed = parseTyped(item, arrival, { field: `batch[${index}]`, context, sentAt });
    if ('event' in parsed) events.push({ index, event: parsed.event });
    else rejected.push({ index, messageId: messageIdOf(item), problems: parsed.problems });
  }
  return { events, rejected };
}

function parseTyped(item: unknown, arrival: Arrival, batch: FromBatch): ParsedCall {
  if (!isObject(item)) return { problems: [notAnObject(batch.field, item)] };
  const type = CALL_TYPES.find((known) => known === item.type);
  if (type !== undefined) return parseItem(type, item, arrival, batch);
  const message = `must be one of ${CALL_TYPES.join(', ')}; got ${kindOf(item.type)}`;
  return { problems: [{ field: `${batch.field}.type`, message, fix: 'Say which call this item is' }] };
}

function parseItem(type: CallType, body: unknown, arrival: Arrival, batch: FromBatch): ParsedCall {
  if (!isObject(body)) return { problems: [notAnObject(batch.field || 'body', body)] };
  const oversize = sizeProblem(body, batch.field || 'body');
  if (oversize !== null) return { problems: [oversize] };
  const call = said(body);
  const parsed = callSchemas[type].safeParse(call);
  const problems = parsed.success ? [] : problemsIn(parsed.error, batch.field);
  const namesNobody = type !== 'alias' && call.userId === undefined && call.anonymousId === undefined;
  if (namesNobody && batch.mayNameNobody !== true) {
    const fix = 'Send userId, or anonymousId for a visitor who is not known yet';
    problems.unshift({ field: within(batch.field, 'userId'), message: 'required', fix });
  }
  if (!parsed.success || problems.length > 0) return { problems };
  return { event: eventOf(type, parsed.data, arrival, batch) };
}

/** Everything that any of the call schemas lets through. */
type CheckedCall = SaidTimes & {
  readonly [key in 'userId' | 'anonymousId' | 'messageId' | 'previousId' | 'groupId' | 'event' | 'name' | 'category']?:
    | string
    | undefined;
} & { readonly [key in 'traits' | 'properties' | 'context']?: JsonObject | undefined };

function eventOf(type: CallType, call: CheckedCall, arrival: Arrival, batch: FromBatch): IncomingEvent {
  const { userId, anonymousId, previousId, groupId, traits, context = {}, sentAt } = call;
  return {
    type,
    messageId: call.messageId ?? randomUUID(),
    name: nameOf(type, call),
    ...(userId === undefined ? {} : { userId }),
    ...(anonymousId === undefined ? {} : { anonymousId }),
    ...(previousId === undefined ? {} : { previousId }),
    ...(groupId === undefined ? {} : { groupId }),
    ...(traits === undefined ? {} : { traits }),
    properties: propertiesOf(call),
    context: { ...batch.context, ...context },
    // The batch's is the moment of sending; an item's may be from an earlier try.
    occurredAt: new Date(occurredAt({ ...call, sentAt: batch.sentAt ?? sentAt }, arrival)).toISOString(),
    receivedAt: new Date(arrival.now).toISOString(),
  };
}

function nameOf(type: CallType, { event }: CheckedCall): string {
  switch (type) {
    case 'track':
      return event ?? '';
    case 'page':
      return 'Page Viewed';
    case 'screen':
      return 'Screen Viewed';
    case 'identify':
    case 'group':
    case 'alias':
      return type;
  }
}

function propertiesOf({ name, category, properties = {} }: CheckedCall): JsonObject {
  return { ...(name === undefined ? {} : { name }), ...(category === undefined ? {} : { category }), ...properties };
}

/** The keys that say something. */
function said(body: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(body);
  return entries.some(saysNothing) ? Object.fromEntries(entries.filter((entry) => !saysNothing(entry))) : body;
}

function saysNothing([key, value]: [string, unknown]): boolean {
  return value === null || (value === '' && key.endsWith('Id'));
}

function sizeProblem(body: object, field: string): FieldProblem | null {
  const most = mostBytes(body, DEPTH_LIMIT);
  if (most === null) {
    return { field, message: `has more than ${DEPTH_LIMIT} levels`, fix: 'Send flatter properties' };
  }
  // Writing every call out only to count it costs as much as checking it.
  if (most <= EVENT_LIMIT) return null;
  const size = Buffer.byteLength(JSON.stringify(body));
  if (size <= EVENT_LIMIT) return null;
  return {
    field,
    message: `has ${size} bytes; at most ${EVENT_LIMIT} are allowed for one call`,
    fix: 'Send fewer or shorter properties',
  };
}

function spreadProblem(context: JsonObject, items: number): FieldProblem | null {
  if (Buffer.byteLength(JSON.stringify(context)) * items <= SPREAD_LIMIT) return null;
  return {
    field: 'context',
    message: `is too large to be copied to ${items} items`,
    fix: 'Send a shorter context or a smaller batch',
  };
}

/** `\u001f`: no character of a text takes more bytes as JSON. */
const LONGEST_CHARACTER = 6;
/** `-1.7976931348623157e+308` is the longest that is no text. */
const LONGEST_SCALAR = 24;
/** Quotes, a colon and a comma. */
const AROUND = 4;

/** A bound of the bytes that the value takes as JSON; null where it has more levels. */
function mostBytes(value: unknown, levels: number): number | null {
  if (typeof value === 'string') return value.length * LONGEST_CHARACTER + AROUND;
  if (typeof value !== 'object' || value === null) return LONGEST_SCALAR;
  if (levels === 0) return null;
  let bytes = AROUND;
  for (const key of Object.keys(value)) {
    const inner = mostBytes((value as Record<string, unknown>)[key], levels - 1);
    if (inner === null) return null;
    bytes += key.length * LONGEST_CHARACTER + AROUND + inner;
  }
  return bytes;
}

function problemsIn(error: z.ZodError, field: string): FieldProblem[] {
  return error.issues.map((issue) => {
    const [message = '', fix] = issue.message.split('\n');
    return { field: within(field, issue.path.join('.')), message, ...(fix === undefined ? {} : { fix }) };
  });
}

function within(field: string, key: string): string {
  return field === '' ? key : `${field}.${key}`;
}

function notAnObject(field: string, value: unknown): FieldProblem {
  return { field, message: `must be an object; got ${kindOf(value)}`, fix: 'Send a JSON object' };
}

function messageIdOf(item: unknown): string | null {
  return isObject(item) && typeof item.messageId === 'string' ? item.messageId : null;
}
