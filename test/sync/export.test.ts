import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportProfiles } from '../../src/audiences/export-profiles.ts';
import { listFields } from '../../src/audiences/list-fields.ts';
import { createClock } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import { inSnapshot } from '../../src/store/snapshot.ts';
import { workspaceOf } from '../definitions/folder.ts';
import { API_KEY, type TestServer, testServer } from '../e2e/server.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const MEMBERS = 2_500;

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await publish(db, await workspaceOf({ 'a.yaml': 'audience: vips\nevent: X\n---\naudience: nobody\nevent: Y\n' }), AT);
  await sql`
    insert into profiles (user_id, traits, created_at, applied_at, filled_to)
    select 'user-' || n, jsonb_build_object('plan', 'free'), ${AT}, ${AT}, 1 from generate_series(1, ${sql.lit(MEMBERS)}) as n
  `.execute(db);
  await sql`
    insert into audience_states (profile_id, audience, member, since) select id, 'vips', true, ${AT} from profiles
  `.execute(db);
  server = await testServer({ database, clock: createClock() });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const asked = (path: string, init: RequestInit = {}) =>
  fetch(`${server.url}${path}`, { ...init, headers: { authorization: `Bearer ${API_KEY}` } });
const connections = async () => {
  const { rows } = await sql<{ open: number }>`
    select count(*)::int as open from pg_stat_activity
    where state = 'idle in transaction' and query like 'fetch%' and datname = current_database()
      and pid in (select pid from pg_locks where relation = 'audience_states'::regclass)
  `.execute(database.db);
  return rows[0]?.open ?? 0;
};

describe('the export of an audience', () => {
  test('is the audience of one instant, whatever changes while it is read', async () => {
    const { db } = database;
    const workspace = await workspaceOf({ 'a.yaml': 'audience: vips\nevent: X\n' });
    const fields = listFields(['userId', 'plan'], 'person', workspace, true);
    const list = { of: 'person', audience: 'vips', fields, now: AT.getTime() } as const;
    const seen: unknown[] = [];
    for await (const rows of inSnapshot(db, (tx) => exportProfiles(tx, list))) {
      if (seen.length === 0) {
        await sql`update audience_states set member = false where profile_id % 2 = 0`.execute(db);
        await sql`update profiles set traits = '{"plan": "team"}'`.execute(db);
      }
      seen.push(...rows);
    }
    await sql`update audience_states set member = true`.execute(db);
    await sql`update profiles set traits = '{"plan": "free"}'`.execute(db);
    expect(seen).toEqual(Array.from({ length: MEMBERS }, (_, n) => ({ userId: `user-${n + 1}`, plan: 'free' })));
  });

  test('comes over HTTP as a file, in either format', async () => {
    const csv = await asked('/api/audiences/vips/export?fields=userId,since');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="vips.csv"');
    const lines = (await csv.text()).split('\n');
    expect(lines).toHaveLength(MEMBERS + 2);
    expect(lines.slice(0, 2)).toEqual(['userId,since', 'user-1,2026-03-01T12:00:00.000Z']);
    const ndjson = await asked('/api/audiences/vips/export?format=ndjson&fields=userId,plan');
    expect((await ndjson.text()).split('\n')[1]).toBe('{"userId":"user-2","plan":"free"}');
    expect(await (await asked('/api/audiences/nobody/export?fields=userId')).text()).toBe('userId\n');
  });

  test.each([
    ['/api/audiences/vps/export', 404, 'Did you mean `vips`?'],
    ['/api/audiences/vips/export?fields=plam', 400, 'Did you mean `plan`?'],
    ['/api/audiences/vips/export?format=xml', 400, 'format'],
  ])('%s is refused', async (path, status, message) => {
    const answer = await asked(path);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(message);
  });

  test('lets go of the database when its reader goes away', async () => {
    const ending = new AbortController();
    const answer = await asked('/api/audiences/vips/export', { signal: ending.signal });
    await answer.body?.getReader().read();
    ending.abort();
    await expect.poll(connections, { timeout: 10_000 }).toBe(0);
    // And of its place among the four that may be under way.
    for (let turn = 0; turn < 6; turn += 1)
      expect((await (await asked('/api/audiences/vips/export?fields=userId')).text()).length).toBeGreaterThan(MEMBERS);
  });
});
