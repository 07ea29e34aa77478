import { describe, expect, test } from 'vitest';
import { sayProblem } from '../../src/ingest/http-problem.ts';
import type { CallType, IncomingEvent } from '../../src/ingest/inbox.ts';
import { instantOf, occurredAt } from '../../src/ingest/occurred-at.ts';
import { EVENT_LIMIT, parseBatch, parseCall } from '../../src/ingest/segment-spec.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const arrival = { now: NOW, wall: NOW, speed: 1 };

function accepted(type: CallType, body: unknown): IncomingEvent {
  const parsed = parseCall(type, body, arrival);
  if ('problems' in parsed) throw new Error(parsed.problems.map(sayProblem).join('; '));
  return parsed.event;
}

function refused(type: CallType, body: unknown): string[] {
  const parsed = parseCall(type, body, arrival);
  return 'problems' in parsed ? parsed.problems.map((one) => `${sayProblem(one)}. ${one.fix}`) : [];
}

const settled = { context: {}, occurredAt: '2026-03-01T12:00:00.000Z', receivedAt: '2026-03-01T12:00:00.000Z' };

describe('calls', () => {
  test('a track call is an event by its own name', () => {
    const body = {
      messageId: 'm1',
      userId: 'ada',
      event: 'Order Completed',
      properties: { total: 12.5, items: [{ sku: 'x' }] },
      context: { ip: '::1', traits: { plan: 'pro' } },
      integrations: { All: true },
      timestamp: '2026-03-01T11:59:00.123Z',
    };
    expect(accepted('track', body)).toEqual({
      type: 'track',
      name: 'Order Completed',
      messageId: 'm1',
      userId: 'ada',
      properties: { total: 12.5, items: [{ sku: 'x' }] },
      context: { ip: '::1', traits: { plan: 'pro' } },
      occurredAt: '2026-03-01T11:59:00.123Z',
      receivedAt: '2026-03-01T12:00:00.000Z',
    });
  });

  test('identify, group and alias carry traits and ids under their type', () => {
    expect(accepted('identify', { messageId: 'm', userId: 'ada', anonymousId: 'a1', traits: { plan: 'pro' } })).toEqual(
      {
        ...settled,
        type: 'identify',
        name: 'identify',
        messageId: 'm',
        userId: 'ada',
        anonymousId: 'a1',
        traits: { plan: 'pro' },
        properties: {},
      },
    );
    expect(accepted('group', { messageId: 'm', anonymousId: 'a1', groupId: 'acme', traits: { seats: 5 } })).toEqual({
      ...settled,
      type: 'group',
      name: 'group',
      messageId: 'm',
      anonymousId: 'a1',
      groupId: 'acme',
      traits: { seats: 5 },
      properties: {},
    });
    expect(accepted('alias', { messageId: 'm', userId: 'ada', previousId: 'a1' })).toEqual({
      ...settled,
      type: 'alias',
      name: 'alias',
      messageId: 'm',
      userId: 'ada',
      previousId: 'a1',
      properties: {},
    });
  });

  test('pages and screens are events of one name that keep theirs as a property', () => {
    const page = accepted('page', { userId: 'ada', name: 'Pricing', category: 'Docs', properties: { url: '/p' } });
    expect(page).toMatchObject({
      type: 'page',
      name: 'Page Viewed',
      properties: { name: 'Pricing', category: 'Docs', url: '/p' },
    });
    expect(accepted('screen', { userId: 'ada', name: 'Home' })).toMatchObject({
      name: 'Screen Viewed',
      properties: { name: 'Home' },
    });
    expect(accepted('page', { userId: 'ada' })).toMatchObject({ name: 'Page Viewed', properties: {} });
  });

  test('a call without messageId gets one of its own', () => {
    const ids = [1, 2].map(() => accepted('track', { userId: 'ada', event: 'x' }).messageId);
    expect(ids[0]).toMatch(/^[\da-f-]{36}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('ids that are whole numbers become text; null and empty ids are as good as absent', () => {
    const event = accepted('track', { userId: 42, anonymousId: null, messageId: '', event: 'x', properties: null });
    expect(event).toMatchObject({ userId: '42', properties: {} });
    expect(event).not.toHaveProperty('anonymousId');
    expect(event.messageId).toHaveLength(36);
  });
});

describe('wrong shapes', () => {
  const long = (length: number) => 'x'.repeat(length);
  test.each<[CallType, unknown, string[]]>([
    ['track', { userId: 'ada' }, ['event: required. Name what happened, as in "Order Completed"']],
    ['track', { userId: 'ada', event: '' }, ['event: must not be empty. Name what happened, as in "Order Completed"']],
    ['track', { userId: 'ada', event: 7 }, ['event: must be text; got 7. Name what happened, as in "Order Completed"']],
    [
      'track',
      { userId: 'ada', event: long(501) },
      ['event: must have at most 500 characters; got 501. Name what happened, as in "Order Completed"'],
    ],
    ['track', { event: 'x' }, ['userId: required. Send userId, or anonymousId for a visitor who is not known yet']],
    [
      'track',
      {},
      [
        'userId: required. Send userId, or anonymousId for a visitor who is not known yet',
        'event: required. Name what happened, as in "Order Completed"',
      ],
    ],
    [
      'track',
      { userId: { id: 1 }, event: 'x' },
      [
        'userId: must be text of 1 to 500 characters or a whole number; got an object. ' +
          'Send the id that your own database has for this person',
      ],
    ],
    [
      'track',
      { anonymousId: long(501), event: 'x' },
      [
        'anonymousId: must be text of 1 to 500 characters or a whole number; got text of 501 characters. ' +
          'Send the id that the visitor keeps while nobody knows who it is',
      ],
    ],
    [
      'track',
      { userId: 'ada', event: 'x', messageId: long(101) },
      ['messageId: must have at most 100 characters; got 101. Send a UUID, or leave it out to have one made'],
    ],
    [
      'track',
      { userId: 'ada', event: 'x', properties: [1] },
      ['properties: must be an object; got a list. Send { "name": value, … }, or leave it out'],
    ],
    [
      'track',
      { userId: 'ada', event: 'x', context: 'web' },
      ['context: must be an object; got "web". Send { "ip": …, "userAgent": … }, or leave it out'],
    ],
    [
      'track',
      { userId: 'ada', event: 'x', timestamp: 'yesterday' },
      [
        'timestamp: must be a time in ISO 8601, not before 1970; got "yesterday". ' +
          'Send it as in "2026-01-31T12:00:00.000Z"',
      ],
    ],
    [
      'track',
      { userId: 'ada', event: 'x', sentAt: 1700000000 },
      [
        'sentAt: must be a time in ISO 8601, not before 1970; got 1700000000. ' +
          'Send it as in "2026-01-31T12:00:00.000Z"',
      ],
    ],
    [
      'identify',
      { traits: { a: 1 } },
      ['userId: required. Send userId, or anonymousId for a visitor who is not known yet'],
    ],
    [
      'identify',
      { userId: 'ada', traits: 'pro' },
      ['traits: must be an object; got "pro". Send { "trait": value, … }, or leave it out'],
    ],
    ['group', { userId: 'ada' }, ['groupId: required. Send the id that your own database has for the account']],
    [
      'group',
      { groupId: 'acme' },
      ['userId: required. Send userId, or anonymousId for a visitor who is not known yet'],
    ],
    ['page', { userId: 'ada', name: 7 }, ['name: must be text; got 7. Send the name of the page, or leave it out']],
    ['screen', {}, ['userId: required. Send userId, or anonymousId for a visitor who is not known yet']],
    [
      'alias',
      { anonymousId: 'a1' },
      [
        'userId: required. Send the id that your own database has for this person',
        'previousId: required. Send the id that the person was known by until now',
      ],
    ],
    ['track', [], ['body: must be an object; got a list. Send a JSON object']],
    ['track', 'x', ['body: must be an object; got "x". Send a JSON object']],
  ])('%s %j', (type, body, problems) => {
    expect(refused(type, body)).toEqual(problems);
  });

  test('a call may have 32 kB as JSON and no more', () => {
    const of = (size: number) => {
      const body = { userId: 'ada', event: 'x', properties: { text: '' } };
      const rest = size - Buffer.byteLength(JSON.stringify(body));
      return { ...body, properties: { text: long(rest) } };
    };
    expect(refused('track', of(EVENT_LIMIT))).toEqual([]);
    expect(refused('track', of(EVENT_LIMIT + 1))).toEqual([
      'body: has 32769 bytes; at most 32768 are allowed for one call. Send fewer or shorter properties',
    ]);
  });

  test('a call may have 50 levels and no more', () => {
    const of = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
    const body = (levels: number) => ({ userId: 'ada', event: 'x', properties: of(levels - 1) });
    expect(refused('track', body(50))).toEqual([]);
    expect(refused('track', body(51))).toEqual(['body: has more than 50 levels. Send flatter properties']);
    expect(refused('track', body(20_000))).toEqual(['body: has more than 50 levels. Send flatter properties']);
  });
});

describe('batches', () => {
  test('each bad item is named by its index, and the good ones are taken', () => {
    const parsed = parseBatch(
      {
        batch: [
          { type: 'track', userId: 'ada', event: 'x', messageId: 'm0' },
          { type: 'trak', userId: 'ada', messageId: 'm1' },
          { type: 'track', userId: 'ada', messageId: 'm2', properties: 7 },
          'x',
          { type: 'track', userId: 'ada', event: 'x', properties: { text: 'x'.repeat(EVENT_LIMIT) } },
          { type: 'identify', userId: 'ada', messageId: 'm5' },
        ],
      },
      arrival,
    );
    expect(parsed).toMatchObject({
      events: [
        { index: 0, event: { messageId: 'm0' } },
        { index: 5, event: { messageId: 'm5' } },
      ],
      rejected: [
        {
          index: 1,
          messageId: 'm1',
          problems: [
            {
              field: 'batch[1].type',
              message: 'must be one of track, identify, group, page, screen, alias; got "trak"',
              fix: 'Say which call this item is',
            },
          ],
        },
        {
          index: 2,
          messageId: 'm2',
          problems: [
            { field: 'batch[2].event', message: 'required' },
            { field: 'batch[2].properties', message: 'must be an object; got 7' },
          ],
        },
        { index: 3, messageId: null, problems: [{ field: 'batch[3]', message: 'must be an object; got "x"' }] },
        {
          index: 4,
          messageId: null,
          problems: [{ field: 'batch[4]', message: 'has 32836 bytes; at most 32768 are allowed for one call' }],
        },
      ],
    });
  });

  test.each<[unknown, string]>([
    [[], 'body: must be an object; got a list'],
    [{}, 'batch: required'],
    [{ batch: {} }, 'batch: must be a list of calls; got an object'],
    [{ batch: [] }, 'batch: must have at least one call'],
    [
      { batch: [{ type: 'track', userId: 'ada', event: 'x' }], sentAt: 'now' },
      'sentAt: must be a time in ISO 8601, not before 1970; got "now"',
    ],
    [
      { batch: Array.from({ length: 400 }, () => 1), context: { text: 'x'.repeat(30_000) } },
      'context: is too large to be copied to 400 items',
    ],
  ])('%j', (body, problem) => {
    const parsed = parseBatch(body, arrival);
    expect('problems' in parsed && parsed.problems.map(sayProblem)).toEqual([problem]);
  });

  test("the batch's context lies under each item's", () => {
    const batch = [{ type: 'track', userId: 'ada', event: 'x', context: { ip: '::2' } }];
    const parsed = parseBatch({ batch, context: { ip: '::1', app: { name: 'shop' } } }, arrival);
    expect(parsed).toMatchObject({ events: [{ event: { context: { ip: '::2', app: { name: 'shop' } } } }] });
  });

  test("the batch's sentAt is what the client's clock is judged by", () => {
    const item = { type: 'track', userId: 'ada', event: 'x', timestamp: '2026-03-01T12:59:00Z' };
    const batch = [{ ...item, sentAt: '2026-03-01T11:00:00Z' }];
    const parsed = parseBatch({ batch, sentAt: '2026-03-01T13:00:00Z' }, arrival);
    expect(parsed).toMatchObject({ events: [{ event: { occurredAt: '2026-03-01T11:59:00.000Z' } }] });
  });
});

describe('when an event happened', () => {
  const at = (iso: string) => Date.parse(iso);
  test.each<[string, Parameters<typeof occurredAt>[0], string]>([
    ['without any time: when it came', {}, '2026-03-01T12:00:00Z'],
    ['without sentAt: as said', { timestamp: '2026-02-01T00:00:00Z' }, '2026-02-01T00:00:00Z'],
    [
      "a client's clock that is an hour ahead is put right",
      { timestamp: '2026-03-01T12:58:00Z', sentAt: '2026-03-01T13:00:00Z' },
      '2026-03-01T11:58:00Z',
    ],
    [
      "a client's clock that is a day behind is put right",
      { timestamp: '2026-02-28T11:58:00Z', sentAt: '2026-02-28T12:00:00Z' },
      '2026-03-01T11:58:00Z',
    ],
    [
      'travel time is no wrong clock',
      { timestamp: '2026-03-01T11:58:00.500Z', sentAt: '2026-03-01T11:59:58.500Z' },
      '2026-03-01T11:58:00.500Z',
    ],
    ['what is later than now happened now', { timestamp: '2026-03-02T00:00:00Z' }, '2026-03-01T12:00:00Z'],
    [
      'originalTimestamp alone stands for timestamp',
      { originalTimestamp: '2026-03-01T12:58:00Z', sentAt: '2026-03-01T13:00:00Z' },
      '2026-03-01T11:58:00Z',
    ],
    [
      'with both, timestamp was put right by whoever passed it on',
      {
        originalTimestamp: '2026-03-01T10:58:00Z',
        timestamp: '2026-03-01T09:58:00Z',
        sentAt: '2026-03-01T11:00:00Z',
      },
      '2026-03-01T09:58:00Z',
    ],
  ])('%s', (_, said, expected) => {
    expect(occurredAt(said, arrival)).toBe(at(expected));
  });

  test('under a fast clock what clients say is taken as it is', () => {
    const fast = { now: at('2019-10-05T00:00:00Z'), wall: NOW, speed: 86_400 };
    const said = { timestamp: '2019-10-04T07:00:00.123Z', sentAt: new Date(NOW - 30_000).toISOString() };
    expect(occurredAt(said, fast)).toBe(at('2019-10-04T07:00:00.123Z'));
  });

  test.each<[string, string | null]>([
    ['2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.123456789Z', '2026-01-31T12:00:00.123Z'],
    ['2026-01-31T12:00:00+05:30', '2026-01-31T06:30:00.000Z'],
    ['2026-01-31T12:00:00-0800', '2026-01-31T20:00:00.000Z'],
    ['2026-01-31 12:00:00', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-02-30T00:00:00Z', null],
    ['1969-12-31T23:59:59Z', null],
    ['12:00', null],
    ['1700000000000', null],
    ['', null],
  ])('reads %s', (text, expected) => {
    const instant = instantOf(text);
    expect(instant === null ? null : new Date(instant).toISOString()).toBe(expected);
  });
});
