import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGroupCommit, OverloadedError } from '../../src/ingest/group-commit.ts';
import { type IncomingEvent, putInInbox } from '../../src/ingest/inbox.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';

function event(messageId: string, properties: IncomingEvent['properties'] = {}): IncomingEvent {
  const at = '2026-03-01T12:00:00.000Z';
  const rest = { context: {}, occurredAt: at, receivedAt: at };
  return { type: 'track', name: 'x', messageId, userId: messageId, properties, ...rest };
}

/** A store whose statements end when told to. */
function slowStore() {
  const statements: { ids: string[]; finish: () => void; fail: (error: Error) => void }[] = [];
  const store = (events: readonly IncomingEvent[]) =>
    new Promise<void>((finish, fail) => statements.push({ ids: events.map((one) => one.messageId), finish, fail }));
  return { store, statements };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('group commit', () => {
  test('what comes while a statement is under way goes out together in the next', async () => {
    const { store, statements } = slowStore();
    const put = createGroupCommit(store);
    const answered: string[] = [];
    const puts = ['a', 'b', 'c'].map(async (id) => {
      await put([event(id)]);
      answered.push(id);
    });
    await settle();
    expect(statements.map(({ ids }) => ids)).toEqual([['a']]);
    statements[0]?.finish();
    await settle();
    expect(answered).toEqual(['a']);
    expect(statements.map(({ ids }) => ids)).toEqual([['a'], ['b', 'c']]);
    statements[1]?.finish();
    await Promise.all(puts);
    expect(answered).toEqual(['a', 'b', 'c']);
  });

  test('one statement takes no more than it should, but any single request', async () => {
    const { store, statements } = slowStore();
    const put = createGroupCommit(store, { atOnce: 2 });
    const puts = [['first'], ['a'], ['b'], ['c', 'd', 'e'], ['f']].map((ids) => put(ids.map((id) => event(id))));
    for (let done = 0; done < 4; done += 1) {
      await settle();
      statements[done]?.finish();
    }
    await Promise.all(puts);
    expect(statements.map(({ ids }) => ids)).toEqual([['first'], ['a', 'b'], ['c', 'd', 'e'], ['f']]);
  });

  test('a database that is away fails everyone in the statement, and the next try is a new one', async () => {
    const { store, statements } = slowStore();
    const put = createGroupCommit(store);
    const puts = ['a', 'b', 'c'].map((id) => put([event(id)]).catch((error: Error) => error.message));
    await settle();
    statements[0]?.finish();
    await settle();
    statements[1]?.fail(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));
    expect(await Promise.all(puts)).toEqual([[], 'away', 'away']);
    const again = put([event('b')]);
    await settle();
    statements[2]?.finish();
    expect(await again).toEqual([]);
  });

  test('refuses more than it can keep waiting', async () => {
    const { store, statements } = slowStore();
    const put = createGroupCommit(store, { waiting: 2 });
    const first = put([event('a')]);
    const second = put([event('b'), event('c')]);
    await expect(put([event('d')])).rejects.toThrow(new OverloadedError(2));
    statements[0]?.finish();
    await settle();
    statements[1]?.finish();
    await Promise.all([first, second]);
  });

  describe('on Postgres', () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await testDatabase();
    });
    afterAll(() => database.drop());

    test('one event that cannot be stored costs no other of its statement', async () => {
      const put = createGroupCommit((events) => putInInbox(database.db, events));
      const results = await Promise.all([
        put([event('first')]),
        put([event('good 1')]),
        put([event('good 2'), event('bad', { text: 'nul: \u0000' }), event('good 3')]),
        put([event('good 4')]),
      ]);
      expect(results).toEqual([[], [], [{ index: 1, reason: 'unsupported Unicode escape sequence' }], []]);
      const stored = await database.db.selectFrom('inbox').select('message_id').orderBy('id').execute();
      expect(stored.map((row) => row.message_id)).toEqual(['first', 'good 1', 'good 2', 'good 3', 'good 4']);
    });
  });
});
