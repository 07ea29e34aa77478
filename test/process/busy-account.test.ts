import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { publish } from '../../src/definitions/publish.ts';
import { type IncomingEvent, putInInbox } from '../../src/ingest/inbox.ts';
import { CatalogShelf } from '../../src/process/catalog.ts';
import { look } from '../../src/process/look.ts';
import { type Processing, workLanes } from '../../src/process/process-lane.ts';
import { lockProfileRows } from '../../src/profiles/rows.ts';
import { all, did, is, member, T0, trait } from '../core/build.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { workspaceFor } from './worlds.ts';

let database: TestDatabase;
let processing: Processing;

beforeAll(async () => {
  database = await testDatabase();
  const workspace = workspaceFor({
    audiences: [
      { key: 'busy', of: 'account', hash: 'busy', condition: did('Exported', {}, { atLeast: 3 }) },
      { key: 'rich', of: 'account', hash: 'rich', condition: trait('plan', is('gold')) },
      { key: 'at-busy', of: 'person', hash: 'at-busy', condition: { kind: 'related', audience: 'busy', times: 'all' } },
      // Looked at with every export, too.
      {
        key: 'on-gold',
        of: 'person',
        hash: 'on-gold',
        condition: all(trait('account.plan', is('gold')), did('Exported', {}, {})),
      },
      { key: 'both', of: 'account', hash: 'both', condition: member('rich') },
    ],
  });
  await publish(database.db, workspace, new Date(T0));
  const clock = { now: () => T0 + 1_000, wall: () => T0 + 1_000, speed: 1 };
  processing = { db: database.db, clock, catalogs: new CatalogShelf(), log: pino({ level: 'silent' }) };
});
afterAll(() => database.drop());
beforeEach(async () => {
  await sql`truncate profiles, identities, account_members, inbox, message_ids, events, audience_states, audience_changes restart identity cascade`.execute(
    database.db,
  );
});

let messages = 0;
const call = (type: 'group' | 'track', userId: string, more: Partial<IncomingEvent> = {}): IncomingEvent => {
  messages += 1;
  const at = new Date(T0 + messages).toISOString();
  const ids = { messageId: String(messages), userId, ...(type === 'group' ? { groupId: 'acme' } : {}) };
  return { type, name: type, ...ids, properties: {}, context: {}, occurredAt: at, receivedAt: at, ...more };
};
const exported = (userId: string) => call('track', userId, { name: 'Exported' });

/** Works on what waits now, and not on what comes of it. */
async function step(...events: IncomingEvent[]): Promise<void> {
  await putInInbox(database.db, events);
  const { groups } = await look(database.db);
  for (const lanes of groups) await workLanes(lanes, processing);
}

async function settle(): Promise<void> {
  while ((await look(database.db)).groups.length > 0) await step();
}

async function membersOf(audience: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select user_id as name from audience_states join profiles on id = profile_id where member and audience = ${audience} order by 1
  `.execute(database.db);
  return rows.map(({ name }) => name);
}

describe('an account that many people belong to', () => {
  it('keeps nobody waiting while it is worked on: they join, tell its traits and are active', async () => {
    await step(call('group', 'ada'));
    await settle();
    await database.db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ id: number }>`select id from profiles where kind = 'account'`.execute(tx);
      expect(
        await lockProfileRows(
          tx,
          rows.map(({ id }) => id),
        ),
      ).toHaveLength(1);
      // Would wait for ever otherwise.
      await step(call('group', 'bob', { traits: { plan: 'gold' } }), exported('bob'), exported('ada'));
      expect(await membersOf('on-gold')).toEqual(['bob']);
    });
    await settle();
    expect(await membersOf('on-gold')).toEqual(['ada', 'bob']);
    expect(await membersOf('rich')).toEqual(['acme']);
    expect(await membersOf('both')).toEqual(['acme']);
  });

  it('hears of everything in one lane, whoever tells it', async () => {
    const people = Array.from({ length: 20 }, (_, index) => `person ${index}`);
    await step(...people.flatMap((name) => [call('group', name, { traits: { plan: 'gold' } }), exported(name)]));
    const { rows } = await sql<{ lanes: number; told: number }>`
      select count(distinct lane) as lanes, count(*) as told from inbox
      where (body ->> 'profileId')::bigint = (select id from profiles where kind = 'account')
    `.execute(database.db);
    expect(rows).toEqual([{ lanes: 1, told: 40 }]);
  });

  it('shows a person who says a trait of it what was said, also before it has heard of it', async () => {
    await step(call('group', 'ada', { traits: { plan: 'gold' } }));
    expect(await membersOf('rich')).toEqual([]);
    const acme = await sql<{ lane: number }>`select lane from inbox`.execute(database.db);
    // Ada goes on while the account's lane stands still.
    await putInInbox(database.db, [exported('ada')]);
    const { rows } = await sql<{ lane: number }>`select lane from inbox where body ->> 'userId' = 'ada'`.execute(
      database.db,
    );
    expect(rows[0]?.lane).not.toBe(acme.rows[0]?.lane);
    await workLanes(
      rows.map(({ lane }) => lane),
      processing,
    );
    expect(await membersOf('on-gold')).toEqual(['ada']);
    await settle();
    const { rows: changes } = await sql`select entered from audience_changes where audience = 'on-gold'`.execute(
      database.db,
    );
    expect(changes).toEqual([{ entered: true }]);
    expect(await membersOf('rich')).toEqual(['acme']);
  });

  it('is known to a newcomer at once', async () => {
    await step(call('group', 'ada'), exported('ada'), exported('ada'), exported('ada'));
    await settle();
    expect(await membersOf('at-busy')).toEqual(['ada']);
    await step(call('group', 'bob'));
    expect(await membersOf('at-busy')).toEqual(['ada', 'bob']);
  });

  it('tells a newcomer what became of it in a transaction that ran beside the joining', async () => {
    await step(call('group', 'ada'), exported('ada'), exported('ada'));
    await settle();
    await database.db.transaction().execute(async (beside) => {
      // It becomes busy, and tells those it knows of: Ada.
      await sql`insert into audience_states select id, 'busy', true, now() from profiles where kind = 'account'`.execute(
        beside,
      );
      await step(call('group', 'bob'));
    });
    expect(await membersOf('at-busy')).toEqual([]);
    await settle();
    expect(await membersOf('at-busy')).toEqual(['bob']);
  });
});
