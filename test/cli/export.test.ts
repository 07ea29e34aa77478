import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { publish } from '../../src/definitions/publish.ts';
import { type Database, migrate, openDatabase } from '../../src/store/database.ts';
import { workspaceOf } from '../kit/engine.ts';
import { temporaryFolder } from '../kit/folder.ts';
import { throughline } from './throughline.ts';

const WORKSPACE = `settings: shop
timezone: UTC
sender: Shop <shop@example.com>
traits: { plan: string, tags: list, note: string }
accountTraits: { name: string, seats: number }
---
audience: keen-people
event: Opened
---
audience: big-accounts
of: accounts
trait: seats
atLeast: 10
---
trait: opened
count: { event: Opened }
`;
const AT = '2026-03-01T12:00:00.000Z';
const MANY = 40_000;

const name = `export_${randomUUID().replaceAll('-', '')}`;
let admin: pg.Client;
let db: Database;
let env: Record<string, string>;

/** The command line works in the schema `public`, so these tests have a database of their own. */
beforeAll(async () => {
  const url = new URL(inject('databaseUrl'));
  admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`create database ${name}`);
  url.pathname = `/${name}`;
  env = { DATABASE_URL: url.href, CLOCK_START: '2026-03-02' };
  db = openDatabase({ url: url.href });
  await migrate(db);
  await publish(db, await workspaceOf({ 'all.yaml': WORKSPACE }), new Date(AT));
  await sql`
    insert into profiles (kind, user_id, traits, created_at, applied_at, filled_to) values
      ('person', 'ada', '{"plan": "free", "tags": ["a", "b"], "note": "says \\"hi\\",\\nthen goes"}', ${AT}, ${AT}, 1),
      ('person', null, '{"plan": "team"}', ${AT}, ${AT}, 1),
      ('account', 'navy', '{"name": "Navy", "seats": 12}', ${AT}, ${AT}, 1)
  `.execute(db);
  await sql`insert into identities values ('user', 'ada', 1), ('anonymous', 'b1', 2), ('account', 'navy', 3)`.execute(
    db,
  );
  await sql`insert into account_members values (3, 1, ${AT})`.execute(db);
  await sql`
    insert into audience_states (profile_id, audience, member, since)
    values (1, 'keen-people', true, ${AT}), (2, 'keen-people', false, ${AT}), (3, 'big-accounts', true, ${AT})
  `.execute(db);
  await sql`
    insert into events (profile_id, name, type, occurred_at, received_at, message_id, properties) values
      (1, 'Opened', 'track', ${AT}, ${AT}, 'm2', '{"report": {"name": "weekly"}}'),
      (2, 'Opened', 'track', '2026-02-01T12:00:00Z', ${AT}, 'm1', '{}'),
      (1, 'Opened', 'track', '2026-03-01T13:00:00Z', ${AT}, 'm3', '{"report": 7}')
  `.execute(db);
});
afterAll(async () => {
  await db.destroy();
  await admin.query(`drop database ${name} with (force)`);
  await admin.end();
});

const rows = (csv: string) => parse(csv, { columns: true }) as Record<string, string>[];

describe('export', () => {
  it('the members of an audience, as CSV that others can read', async () => {
    const { code, out } = await throughline(['export', 'audience', 'keen-people'], env);
    expect(code).toBe(0);
    expect(rows(out)).toEqual([
      { userId: 'ada', anonymousId: '', since: AT, plan: 'free', tags: '["a","b"]', note: 'says "hi",\nthen goes' },
    ]);
  });

  it('with the fields that are asked for, computed ones too, one JSON object on each line', async () => {
    const fields = 'userId,opened,account.name,tags,createdAt';
    const { out } = await throughline(
      ['export', 'audience', 'keen-people', '--format', 'ndjson', '--fields', fields],
      env,
    );
    expect(out).toBe(`{"userId":"ada","opened":2,"account.name":"Navy","tags":["a","b"],"createdAt":"${AT}"}\n`);
  });

  it('people, accounts, an audience of accounts, and events in order of time', async () => {
    const people = await throughline(['export', 'people', '--fields', 'userId,anonymousId,plan'], env);
    expect(people.out).toBe('userId,anonymousId,plan\nada,,free\n,b1,team\n');
    const accounts = await throughline(['export', 'accounts'], env);
    expect(accounts.out).toBe('accountId,name,seats\nnavy,Navy,12\n');
    const big = await throughline(['export', 'audience', 'big-accounts', '--fields', 'accountId,since'], env);
    expect(big.out).toBe(`accountId,since\nnavy,${AT}\n`);
    const events = await throughline(
      ['export', 'events', '--fields', 'messageId,event,userId,anonymousId,timestamp,properties.report.name'],
      env,
    );
    expect(events.out).toBe(
      `messageId,event,userId,anonymousId,timestamp,properties.report.name\nm1,Opened,,b1,2026-02-01T12:00:00.000Z,\nm2,Opened,ada,,${AT},weekly\nm3,Opened,ada,,2026-03-01T13:00:00.000Z,\n`,
    );
  });

  it('to a file, which is there once it is whole', async () => {
    const file = join(await temporaryFolder(), 'list.csv');
    const { out } = await throughline(['export', 'people', '--fields', 'plan', '--out', file, '--json'], env);
    expect(JSON.parse(out)).toEqual({ held: true, file, format: 'csv', fields: ['plan'], rows: 2 });
    expect(await readFile(file, 'utf8')).toBe('plan\nfree\nteam\n');
    await expect(stat(`${file}.part`)).rejects.toThrow('ENOENT');
  });

  it.each([
    [['audience', 'ken-people'], 'No published audience is called `ken-people`. Did you mean `keen-people`?'],
    [['people', '--fields', 'userId,plam'], 'There is no field `plam`. Did you mean `plan`?'],
    [['people', '--fields', 'since'], 'There is no field `since`. There are: userId, anonymousId, createdAt,'],
    [['events', '--fields', 'evnt'], 'There is no field `evnt`. Did you mean `event`?'],
    [['people', '--json'], '--json is about a file: name one with --out.'],
    [['people', '--format', 'xml'], 'Allowed choices are csv, ndjson.'],
  ])('%j: 2, and why', async (args, message) => {
    const { code, err } = await throughline(['export', ...args], env);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });

  it('holds none of it in memory: 320 MB of traits with a heap of 100 MB', async () => {
    await sql`
      insert into profiles (kind, user_id, traits, created_at, applied_at, filled_to)
      select 'person', 'user-' || n, jsonb_build_object('plan', 'free', 'note', repeat('x', 8000)), ${AT}, ${AT}, 1
      from generate_series(1, ${sql.lit(MANY)}) as n
    `.execute(db);
    const file = join(await temporaryFolder(), 'people.ndjson');
    const { code, out, err } = await throughline(
      ['export', 'people', '--format', 'ndjson', '--fields', 'userId,plan', '--out', file, '--json'],
      { ...env, NODE_OPTIONS: '--max-old-space-size=100' },
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out).rows).toBe(MANY + 2);
  }, 60_000);
});
