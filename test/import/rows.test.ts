import { appendFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { LONGEST_ROW } from '../../src/import/row.ts';
import { UnusableFileError } from '../../src/import/source-file.ts';
import { fileOf, readRows } from './kit.ts';

const told = (rows: Awaited<ReturnType<typeof readRows>>) =>
  rows.map(({ line, values, problem }) => [line, values ?? problem]);

it('CSV: quotes, new lines in quotes, empty lines, CRLF and a byte order mark', async () => {
  const file = await fileOf('a.csv', '\ufeffuserId,note\r\nu1,"a, ""b""\r\nc"\r\n\r\nu2,é\r\nu3,');
  expect(told(await readRows(file))).toEqual([
    [2, { userId: 'u1', note: 'a, "b"\r\nc' }],
    [5, { userId: 'u2', note: 'é' }],
    [6, { userId: 'u3', note: '' }],
  ]);
});

it.each([['a;b\n1,5;2\n'], ['a\tb\n1,5\t2\n'], ['a,b\n"1,5",2\n']])(
  'CSV: the delimiter is the one of the header, %j',
  async (content) => {
    expect(told(await readRows(await fileOf('a.csv', content)))).toEqual([[2, { a: '1,5', b: '2' }]]);
  },
);

it('CSV: a row that is broken costs no other, and says why, with the row as it was', async () => {
  const file = await fileOf('a.csv', 'a,b\n1,2\n3,"br"oken\n4\n5,6,7\n8,inch 3" wide\n9,"never closed\n10,11\n');
  const rows = await readRows(file);
  expect(told(rows)).toEqual([
    [2, { a: '1', b: '2' }],
    [3, 'the quotes are broken: a value with a quote in it stands in quotes, and the quote twice'],
    [4, 'the row has 1 values, and the header 2'],
    [5, 'the row has 3 values, and the header 2'],
    [6, { a: '8', b: 'inch 3" wide' }],
    [7, 'a quote is opened and never closed'],
    [8, { a: '10', b: '11' }],
  ]);
  expect(rows.map(({ text }) => text)).toEqual([
    ...['1,2', '3,"br"oken', '4', '5,6,7', '8,inch 3" wide'],
    ...['9,"never closed', '10,11'],
  ]);
});

it('CSV: a quote that is never closed costs its line, however far the next quote or the end is', async () => {
  const lines = (from: number) => Array.from({ length: 40_000 }, (_, index) => `u${from + index},x\n`).join('');
  const file = await fileOf('a.csv', `a,b\nbad,"x\nu0,"y"\n${lines(1)}bad,"x\n${lines(40_001)}bad,"`);
  const rows = await readRows(file);
  const bad = rows.filter(({ problem }) => problem !== undefined);
  expect(told(bad)).toEqual([
    [2, 'the quotes are broken: a value with a quote in it stands in quotes, and the quote twice'],
    [40_004, 'a quote is opened and never closed'],
    [80_005, 'a quote is opened and never closed'],
  ]);
  expect(rows.filter(({ problem }) => problem === undefined).map(({ values }) => values?.a)).toEqual(
    Array.from({ length: 80_001 }, (_, index) => `u${index}`),
  );
});

it('CSV: a line without an end is not held in memory, and costs no other', async () => {
  const rows = await readRows(await fileOf('a.csv', `a\n${'x'.repeat(500_000)}\nnext\n`));
  expect(rows.map(({ line, problem }) => [line, problem])).toEqual([
    [2, 'the row has more than 131072 bytes'],
    [3, undefined],
  ]);
  expect(rows[0]?.text.length).toBe(LONGEST_ROW);
});

it('NDJSON: an object on every line; what is none says so', async () => {
  const file = await fileOf('a.ndjson', '{"a":1}\n\n{"a":\n[1]\n{"b":"\\u0000"}\n{"c":{"d":2}}');
  expect(told(await readRows(file))).toEqual([
    [1, { a: 1 }],
    [3, 'the line is not JSON: column 6'],
    [4, 'the line must hold an object; got a list'],
    [5, { b: '\ufffd' }],
    [6, { c: { d: 2 } }],
  ]);
});

it('NDJSON: a line without an end is not held in memory', async () => {
  const file = await fileOf('a.ndjson', `{"a":"${'x'.repeat(300_000)}"}\n{"b":1}\n`);
  const [long, next] = await readRows(file);
  expect(long?.problem).toBe('the line has more than 131072 bytes');
  expect(long?.text.length).toBeLessThanOrEqual(LONGEST_ROW);
  expect(next).toMatchObject({ line: 2, values: { b: 1 } });
});

it('bytes that are not UTF-8 are told, and not kept as something else', async () => {
  const file = await fileOf('a.csv', Buffer.from('a,b\n1,caf\xe9\n2,ok\n', 'latin1'));
  expect(told(await readRows(file))).toEqual([
    [2, 'the row is not UTF-8'],
    [3, { a: '2', b: 'ok' }],
  ]);
});

it.each([
  ['a.csv', 'userId,note\nu1,"a\nb"\n\nü2,\nu3,"bro"ken"\nu4,d\n'],
  ['a.csv.gz', 'userId,note\nu1,"a\nb"\n\nü2,\nu3,"bro"ken"\nu4,d\n'],
  ['a.ndjson', '{"u":1}\n\n{"u":"ü"}\nbroken\n{"u":3}\n'],
  ['a.ndjson.gz', '{"u":1}\n\n{"u":"ü"}\nbroken\n{"u":3}'],
])('%s: from the end of any row on, the rest is read as it is from the start', async (name, content) => {
  const file = await fileOf(name, content);
  const all = await readRows(file);
  expect(all.length).toBeGreaterThan(3);
  for (const [index, { end }] of all.entries()) expect(await readRows(file, end)).toEqual(all.slice(index + 1));
});

it.each([
  ['nothing there', '/nowhere/a.csv', 'There is no file /nowhere/a.csv.'],
  ['a folder', '/tmp', '/tmp is not a file.'],
])('%s is an error that says so', async (_, path, message) => {
  await expect(readRows(path)).rejects.toThrow(message);
});

it.each([
  ['an unknown name', 'a.xyz', 'x', /Say --format csv or ndjson\.$/],
  ['an empty CSV file', 'a.csv', '', /is empty\. A CSV file begins with a line of column names\.$/],
  ['a column twice', 'a.csv', 'a,b,a\n', /has two columns `a`\. Rename one\.$/],
  ['UTF-16', 'a.csv', '\ufffea,b', /./],
])('%s is an error that says what helps', async (_, name, content, message) => {
  const bytes = content.startsWith('\ufffe') ? Buffer.from([0xff, 0xfe, 0x61, 0x00]) : content;
  const reading = readRows(await fileOf(name, bytes));
  await expect(reading).rejects.toThrow(UnusableFileError);
  await expect(reading).rejects.toThrow(name === 'a.csv' && content.startsWith('\ufffe') ? /UTF-16/ : message);
});

it('gzip that ends too early is an error after the rows that are whole', async () => {
  const { gzipSync } = await import('node:zlib');
  const whole = gzipSync(`a\n${Array.from({ length: 50_000 }, (_, index) => `row ${index}\n`).join('')}`);
  const file = await fileOf('a.csv', whole.subarray(0, whole.length - 50));
  await expect(readRows(file)).rejects.toThrow(/is broken gzip, or ends too early\.$/);
  await appendFile(file, '');
});
