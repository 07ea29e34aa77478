import { appendFile, copyFile, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ImportProgress, importFile } from '../../src/import/import-file.ts';
import { beginImport, ImportMovedError, moveImport } from '../../src/import/import-record.ts';
import { UnusableFileError } from '../../src/import/source-file.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { fileOf, importInto, inboxOf, requestOf } from './kit.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  await database.db.deleteFrom('inbox').execute();
  await database.db.deleteFrom('imports').execute();
});
afterAll(() => database.drop());

const PEOPLE = `User ID,traits.email,plan,seats,zip:string,signedUp:date,vip,address.city,note
u1,a@x.com,pro,12,01234,2024-01-02,TRUE,Bonn,
u2,b@x.com,007,1e3,5,2024-02-02T10:00:00Z,false,,12345678901234567890
,c@x.com,free,1,1,2024-01-01,true,,
u4,d@x.com,free,1,1,yesterday,true,,
`;

describe('what a row says', () => {
  it('people: traits by column, of the type that the header says or their look', async () => {
    await importInto(database.db, 'people', await fileOf('p.csv', PEOPLE));
    const [first, second] = await inboxOf(database.db);
    expect(first).toMatchObject({ type: 'identify', userId: 'u1', silent: true });
    expect(first?.traits).toEqual({
      ...{ email: 'a@x.com', plan: 'pro', seats: 12, zip: '01234', signedUp: '2024-01-02', vip: true },
      address: { city: 'Bonn' },
    });
    expect(second?.traits).toEqual({
      ...{ email: 'b@x.com', plan: '007', seats: 1000, zip: '5', signedUp: '2024-02-02T10:00:00Z', vip: false },
      note: '12345678901234567890',
    });
  });

  it('people: what the workspace declares of a trait is its type, and --map has the last word', async () => {
    const file = await fileOf('p.csv', 'login,plan,size,secret\nu1,7,8,x\n');
    await importInto(database.db, 'people', file, {
      declared: { plan: 'string', size: 'string' },
      maps: { login: 'userId', size: 'traits.companySize:number', secret: '-' },
    });
    const [event] = await inboxOf(database.db);
    expect(event).toMatchObject({ userId: 'u1', traits: { plan: '7', companySize: 8 } });
    expect(Object.keys(event?.traits ?? {})).toEqual(['companySize', 'plan'].reverse());
  });

  it('accounts: traits of an account that has no people, and memberships', async () => {
    const file = await fileOf('a.csv', 'groupId,userId,name,seats\nnavy,,Navy,5\nnavy,grace,,\n');
    await importInto(database.db, 'accounts', file);
    const [alone, joined] = await inboxOf(database.db);
    expect(alone).toMatchObject({ type: 'group', groupId: 'navy', traits: { name: 'Navy', seats: 5 } });
    expect(alone?.userId).toBeUndefined();
    expect(joined).toMatchObject({ type: 'group', groupId: 'navy', userId: 'grace', traits: {} });
  });

  it('events: they happened when the file says, and need a time', async () => {
    const file = await fileOf(
      'e.csv',
      'userId,event,timestamp,amount,properties.sku\nu1,Bought,2020-03-01 10:00:00,9.5,A-1\nu1,Bought,,1,\n',
    );
    const { reasons } = await importInto(database.db, 'events', file, { silent: false });
    const [event] = await inboxOf(database.db);
    expect(event).toMatchObject({
      ...{ type: 'track', name: 'Bought', userId: 'u1', occurredAt: '2020-03-01T10:00:00.000Z' },
      properties: { amount: 9.5, sku: 'A-1' },
    });
    expect(event?.silent).toBeUndefined();
    expect(reasons).toEqual({ 'timestamp: required': 1 });
  });

  it('NDJSON: calls as the tracking API takes them, or flat objects; JSON keeps its types', async () => {
    const file = await fileOf(
      'e.ndjson.gz',
      [
        {
          userId: 'u1',
          event: 'Bought',
          timestamp: '2020-03-01',
          properties: { sku: '1' },
          messageId: 'own',
          context: { ip: '::1' },
        },
        { user_id: 'u2', event: 'Bought', timestamp: '2020-03-01', sku: '2', lines: [{ id: 1 }] },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    await importInto(database.db, 'events', file);
    const [call, flat] = await inboxOf(database.db);
    expect(call).toMatchObject({ messageId: 'own', properties: { sku: '1' }, context: { ip: '::1' } });
    expect(flat).toMatchObject({ userId: 'u2', properties: { sku: '2', lines: [{ id: 1 }] } });
    expect(flat?.messageId).toMatch(/^import:[0-9a-f]{32}:2$/);
  });
});

describe('rejects', () => {
  it('go to a file with line, reason and the row as it was; the summary counts them by reason', async () => {
    const file = await fileOf('p.csv', `${PEOPLE}u5,e@x.com,free,1,1,today,true,,\n"u6,\n`);
    const summary = await importInto(database.db, 'people', file);
    expect(summary).toMatchObject({ stored: 2, rejected: 4, rejects: `${file}.rejects.ndjson` });
    expect(summary.reasons).toEqual({
      'userId: required': 1,
      'traits.signedUp: must be a date such as 2026-01-31 or 2026-01-31T12:00:00Z': 2,
      'a quote is opened and never closed': 1,
    });
    const written = (await readFile(`${file}.rejects.ndjson`, 'utf8')).trim().split('\n');
    expect(written.map((line) => JSON.parse(line))).toMatchObject([
      {
        line: 4,
        reason: 'userId: required',
        fix: 'Send userId, or anonymousId for a visitor who is not known yet',
        row: ',c@x.com,free,1,1,2024-01-01,true,,',
      },
      { line: 5, reason: expect.stringContaining('got "yesterday"'), row: 'u4,d@x.com,free,1,1,yesterday,true,,' },
      { line: 6 },
      { line: 7, row: '"u6,' },
    ]);
  });

  it('without any there is no file', async () => {
    const file = await fileOf('p.csv', 'userId\nu1\n');
    expect(await importInto(database.db, 'people', file)).toMatchObject({ rejected: 0, rejects: null });
    await expect(readFile(`${file}.rejects.ndjson`)).rejects.toThrow('ENOENT');
  });
});

describe('the same file again', () => {
  it('does nothing and says the same, also as a copy and zipped', async () => {
    const content = 'userId,event,timestamp\nu1,A,2024-01-01\n,B,2024-01-01\n';
    const file = await fileOf('e.csv', content);
    const first = await importInto(database.db, 'events', file);
    expect(first.wasDone).toBe(false);
    for (const again of [file, await fileOf('copy.csv', content), await fileOf('copy.csv.gz', content)]) {
      const { file: _, rejects: __, ...said } = await importInto(database.db, 'events', again);
      expect(said).toMatchObject({ wasDone: true, stored: 1, rejected: 1 });
    }
    expect(await inboxOf(database.db)).toHaveLength(1);
  });

  it('with other columns or another end it is another import', async () => {
    const file = await fileOf('p.csv', 'userId,plan\nu1,1\n');
    await importInto(database.db, 'people', file);
    expect(await importInto(database.db, 'people', file, { maps: { plan: 'traits.plan:string' } })).toMatchObject({
      wasDone: false,
    });
    await appendFile(file, 'u2,2\n');
    expect(await importInto(database.db, 'people', file)).toMatchObject({ wasDone: false, stored: 2 });
    expect(new Set((await inboxOf(database.db)).map(({ messageId }) => messageId)).size).toBe(4);
  });
});

describe('an import that was broken off', () => {
  const many = Array.from({ length: 5_500 }, (_, index) => (index % 100 === 7 ? ',x' : `u${index},x`)).join('\n');

  /** Breaks off after the second batch. */
  async function broken(file: string) {
    const onProgress = ({ stored }: ImportProgress) => {
      if (stored > 1_000) throw new Error('broken off');
    };
    await expect(importFile(database.db, { ...requestOf('people', file), onProgress })).rejects.toThrow('broken off');
  }

  it('goes on where it was: every row once, rejects too', async () => {
    const file = await fileOf('p.csv', `userId,plan\n${many}\n`);
    await broken(file);
    const before = (await inboxOf(database.db)).length;
    expect(before).toBeGreaterThan(1_000);
    expect(before).toBeLessThan(5_000);
    // What was written after the last record of it does not count.
    await appendFile(`${file}.rejects.ndjson`, '{"line":1}\n{"li');
    const summary = await importInto(database.db, 'people', file, { resume: true });
    expect(summary).toMatchObject({ stored: 5_445, rejected: 55, wasDone: false });
    expect(summary.resumedAfter).toBeGreaterThan(1_000);
    expect((await inboxOf(database.db)).map(({ userId }) => userId)).toEqual(
      many.split('\n').flatMap((row) => (row.startsWith(',') ? [] : [row.split(',')[0]])),
    );
    const lines = (await readFile(`${file}.rejects.ndjson`, 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).line)).toEqual(
      Array.from({ length: 55 }, (_, index) => 9 + index * 100),
    );
  });

  it('and that another process goes on with meanwhile stores nothing more of its own', async () => {
    const { db } = database;
    const begun = await beginImport(db, {
      ...{ id: 'x', what: 'people', file: 'p.csv', silent: true, start: { bytes: 7, lines: 1 }, now: 0 },
    });
    const next = { ...begun, position: { bytes: 9, lines: 2 }, finished: false };
    await db.transaction().execute((tx) => moveImport(tx, 'p.csv', begun, next, 0));
    const stale = db.transaction().execute((tx) => moveImport(tx, 'p.csv', begun, next, 0));
    await expect(stale).rejects.toThrow(ImportMovedError);
  });

  it('has to be there for --resume', async () => {
    const file = await fileOf('p.csv', 'userId\nu1\n');
    const resuming = importInto(database.db, 'people', file, { resume: true });
    await expect(resuming).rejects.toThrow(/^No import of .* was broken off\. Leave out --resume\.$/);
  });
});

describe('wrong use is told before anything is stored', () => {
  it.each([
    [{ plann: 'traits.plan' }, '--map names the column `plann`, which is not in the file. Did you mean `plan`?'],
    [{ plan: 'plan' }, '--map plan=plan: there is no field `plan`. A field is one of userId, anonymousId, timestamp, '],
    [{ plan: 'traits.plan:text' }, '--map plan=traits.plan:text: there is no type `text`. A type is one of string, '],
    [{ plan: 'userId' }, 'Two columns are `userId`. Leave one out with --map COLUMN=-.'],
    [{ userId: '-' }, 'No column is `userId` or `anonymousId`, which people need. There are: userId, plan. Say '],
    [{ plan: 'traits.__proto__' }, '--map plan=traits.__proto__ cannot be the name of a value. Name it with --map.'],
  ])('%j', async (maps, message) => {
    const importing = importInto(database.db, 'people', await fileOf('p.csv', 'userId,plan\nu1,x\n'), { maps });
    await expect(importing).rejects.toThrow(UnusableFileError);
    await expect(importing).rejects.toThrow(message);
    expect(await database.db.selectFrom('imports').selectAll().execute()).toEqual([]);
  });
});

it('a dry run says what an import would, and writes nothing', async () => {
  const file = await fileOf('p.csv', PEOPLE);
  const summary = await importFile(null, requestOf('people', file));
  expect(summary).toMatchObject({ stored: 2, rejected: 2, rejects: null });
  await expect(readFile(`${file}.rejects.ndjson`)).rejects.toThrow('ENOENT');
  expect(await importInto(database.db, 'people', file)).toMatchObject({ reasons: summary.reasons, stored: 2 });
});

it('a copy that changes nothing but the order of columns is another file, and rows keep their own message ids', async () => {
  const file = await fileOf('e.csv', 'messageId,userId,event,timestamp\nm1,u1,A,2024-01-01\n');
  const copy = `${file}.copy.csv`;
  await copyFile(file, copy);
  await writeFile(copy, 'userId,messageId,event,timestamp\nu1,m1,A,2024-01-01\n');
  await importInto(database.db, 'events', file);
  await importInto(database.db, 'events', copy);
  expect((await inboxOf(database.db)).map(({ messageId }) => messageId)).toEqual(['m1', 'm1']);
});
