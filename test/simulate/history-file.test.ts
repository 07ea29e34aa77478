import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { formatProblem } from '../../src/definitions/problems.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { BrokenHistoryError, readHistoryFile } from '../../src/simulate/history-file.ts';
import { temporaryFolder } from '../kit/folder.ts';

async function fileNamed(name: string, content: string | Buffer): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

async function read(path: string): Promise<IncomingEvent[]> {
  const calls: IncomingEvent[] = [];
  for await (const call of readHistoryFile({ path })) calls.push(call);
  return calls;
}

/** What somebody is told who gives such a file, without the folder it is in. */
async function complaints(name: string, lines: readonly string[]): Promise<string[]> {
  const path = await fileNamed(name, lines.join('\n'));
  const told = await read(path).catch((error: unknown) => error);
  if (!(told instanceof BrokenHistoryError)) throw told;
  return told.problems.map((problem) => formatProblem({ ...problem, file: name }));
}

const CALLS = [
  { type: 'identify', userId: 'ada', anonymousId: 'x', traits: { plan: 'free' }, timestamp: '2026-01-01T10:00:00Z' },
  {
    type: 'track',
    userId: 'ada',
    event: 'Export Completed',
    properties: { rows: 3 },
    timestamp: '2026-01-01T11:00:00Z',
  },
  { type: 'page', anonymousId: 'x', name: 'Pricing', timestamp: '2026-01-01T12:00:00Z' },
  { userId: 'ada', event: 'Order Completed', total: 30, timestamp: '2026-01-02', messageId: 'own' },
];

it('holds the calls of the tracking API, or plain events, one on each line', async () => {
  const lines = CALLS.map((one) => JSON.stringify(one)).join('\n');
  const calls = await read(await fileNamed('history.ndjson', lines));
  expect(
    calls.map(({ name, userId, anonymousId, occurredAt, messageId }) => [
      name,
      userId,
      anonymousId,
      occurredAt,
      /[^/]*$/.exec(messageId)?.[0],
    ]),
  ).toEqual([
    ['identify', 'ada', 'x', '2026-01-01T10:00:00.000Z', 'history.ndjson:1'],
    ['Export Completed', 'ada', undefined, '2026-01-01T11:00:00.000Z', 'history.ndjson:2'],
    ['Page Viewed', undefined, 'x', '2026-01-01T12:00:00.000Z', 'history.ndjson:3'],
    ['Order Completed', 'ada', undefined, '2026-01-02T00:00:00.000Z', 'own'],
  ]);
  expect(calls[0]?.traits).toEqual({ plan: 'free' });
  expect(calls[3]?.properties).toEqual({ total: 30 });
});

it('may be CSV of events, with a column for each property, and may be zipped', async () => {
  const csv = 'user_id,event,timestamp,total\nada,Order Completed,2026-01-02,30\n';
  const plain = await read(await fileNamed('history.csv', csv));
  const zipped = await read(await fileNamed('history.csv.gz', gzipSync(csv)));
  const withoutId = (calls: IncomingEvent[]) => calls.map(({ messageId: _, ...call }) => call);
  expect(withoutId(zipped)).toEqual(withoutId(plain));
  expect(plain).toMatchObject([
    {
      type: 'track',
      userId: 'ada',
      name: 'Order Completed',
      properties: { total: 30 },
      occurredAt: '2026-01-02T00:00:00.000Z',
    },
  ]);
});

it('is taken at its word about times to come', async () => {
  const line = JSON.stringify({ userId: 'ada', event: 'Viewed', timestamp: '2199-01-01T00:00:00Z' });
  expect((await read(await fileNamed('history.ndjson', line)))[0]?.occurredAt).toBe('2199-01-01T00:00:00.000Z');
});

it('of the wrong shape is told so, with each line and the fix', async () => {
  const right = JSON.stringify(CALLS[0]);
  const wrong = [
    '{ "userId": "ada"',
    '[]',
    '{"type":"track","userId":"ada","event":"Viewed"}',
    '{"type":"identify","traits":{},"timestamp":"2026-01-01"}',
    '{"userId":"ada","event":"Viewed","timestamp":"yesterday"}',
  ];
  expect(await complaints('history.ndjson', [right, ...wrong])).toEqual([
    'history.ndjson:2:1  the line is not JSON: column 18.',
    'history.ndjson:3:1  the line must hold an object; got a list.',
    'history.ndjson:4:1  `timestamp` required. Say when it happened.',
    'history.ndjson:5:1  `userId` required. Send userId, or anonymousId for a visitor who is not known yet.',
    'history.ndjson:6:1  `timestamp` must be a time in ISO 8601, not before 1970; got "yesterday". Send it as in "2026-01-31T12:00:00.000Z".',
  ]);
  expect(await complaints('history.csv', ['userId,event,timestamp', 'ada,Viewed', ',Viewed,2026-01-01'])).toEqual([
    'history.csv:2:1  the row has 2 values, and the header 3.',
    'history.csv:3:1  `userId` required. Send userId, or anonymousId for a visitor who is not known yet.',
  ]);
});

it('tells of no more than ten broken lines', async () => {
  expect(await complaints('history.ndjson', new Array<string>(50).fill('{}'))).toHaveLength(10);
});
