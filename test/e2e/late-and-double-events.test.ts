import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer, WRITE_KEY } from './server.ts';
import { storyFor, timeText } from './story.ts';
import { inAppFile, settingsFile } from './templates.ts';

const WORKSPACE = `
audience: keen
event: Export Completed
times: { atLeast: 2 }
within: 7d
---
journey: two-looks
enter: { event: Signed Up }
goal: { event: Bought }
exit: { after: 10d }
steps:
  - wait: 1h
  - id: first-look
    branch:
      - if: { event: Looked, within: 7d }
        then: [{ id: first-yes, in-app: note }]
      - else: [{ id: first-no, in-app: note }]
  - wait: 1d
  - id: second-look
    branch:
      - if: { event: Looked, within: 7d }
        then: [{ id: second-yes, in-app: note }]
      - else: [{ id: second-no, in-app: note }]
---
journey: every-time
enter: { event: Ordered, again: always }
steps: [{ in-app: note }]
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(),
    'workspace.yaml': WORKSPACE,
    'note.yaml': inAppFile('note', 'note'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

const ago = (time: number) => new Date(engine.clock.now() - time).toISOString();

describe('an event that arrives late', () => {
  const story = (userId: string) => storyFor(engine, userId, 'two-looks');
  const FIRST = [
    '0s wait-1h: waiting until 1h',
    '1h wait-1h: waited, time',
    '1h first-look: took else',
    '1h first-no: acted',
    '1h wait-1d: waiting until 1d 1h',
  ];

  test('changes the next decision; what was decided before stays as it is', async () => {
    await engine.send({ name: 'Signed Up', userId: 'late-looker' });
    await engine.pass(2 * HOUR);
    await engine.send({ name: 'Looked', userId: 'late-looker', occurredAt: ago(90 * MINUTE) });
    await engine.pass(2 * DAY);
    expect(await story('late-looker')).toEqual([
      ...FIRST,
      '1d 1h wait-1d: waited, time',
      '1d 1h second-look: took if 1',
      '1d 1h second-yes: acted',
    ]);
  });

  test('ends a run by its goal from now on, and not backwards', async () => {
    await engine.send({ name: 'Signed Up', userId: 'late-buyer' });
    await engine.pass(2 * HOUR);
    await engine.send({ name: 'Looked Around', userId: 'late-buyer' });
    await engine.send({ name: 'Bought', userId: 'late-buyer', occurredAt: ago(90 * MINUTE) });
    await engine.settled();
    expect(await story('late-buyer')).toEqual([...FIRST, '2h wait-1d: ended converted, the goal was reached']);
    expect(await engine.messagesOf('late-buyer')).toHaveLength(1);
  });

  test('is no conversion where it happened before the entry', async () => {
    await engine.send({ name: 'Signed Up', userId: 'bought-before' });
    await engine.pass(HOUR);
    await engine.send({ name: 'Bought', userId: 'bought-before', occurredAt: ago(2 * HOUR) });
    await engine.settled();
    expect((await engine.runsOf('bought-before'))[0]?.status).toBe('active');
  });

  test('makes a member from now on, and leaves the log of memberships as it was', async () => {
    const startedAt = engine.clock.now();
    const at = (time: number) => new Date(startedAt + time).toISOString();
    const changes = async () => {
      const [row] = await engine.db.selectFrom('identities').selectAll().where('value', '=', 'late-exporter').execute();
      const rows = await engine.db
        .selectFrom('audience_changes')
        .select(['entered', 'at'])
        .where('profile_id', '=', row?.profile_id ?? 0)
        .orderBy('id')
        .execute();
      return rows.map((one) => `${timeText(one.at.getTime() - startedAt)} ${one.entered ? 'entered' : 'left'}`);
    };
    const exported = (time: number) =>
      engine.send({ name: 'Export Completed', userId: 'late-exporter', occurredAt: at(time) });

    await exported(0);
    await engine.pass(DAY);
    await exported(DAY);
    await engine.pass(7 * DAY);
    expect(await changes()).toEqual(['1d entered', '7d left']);
    await engine.send({ name: 'Looked Around', userId: 'late-exporter' });
    await exported(3 * DAY);
    await engine.settled();
    expect(await changes()).toEqual(['1d entered', '7d left']);
    await exported(5 * DAY);
    await engine.settled();
    expect(await changes()).toEqual(['1d entered', '7d left', '8d entered']);
    await engine.pass(3 * DAY);
    expect(await changes()).toEqual(['1d entered', '7d left', '8d entered', '10d left']);
  });
});

describe('the same event', () => {
  const call = (userId: string, messageId: string) => ({ type: 'track', userId, event: 'Ordered', messageId });
  const post = async (path: string, body: object) => {
    const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(response.status).toBe(200);
  };
  const entriesOf = async (userId: string) => {
    await engine.settled();
    const { events } = await server.api<{ events: { byEngine: boolean }[] }>(`/api/people/${userId}`);
    const counted = events.filter(({ byEngine }) => !byEngine).length;
    return {
      events: counted,
      runs: (await engine.runsOf(userId)).length,
      messages: (await engine.messagesOf(userId)).length,
    };
  };
  const ONCE = { events: 1, runs: 1, messages: 1 };

  test('twice in a row is one entry', async () => {
    const messageId = randomUUID();
    await post('/v1/track', call('twice', messageId));
    await engine.settled();
    await post('/v1/track', call('twice', messageId));
    expect(await entriesOf('twice')).toEqual(ONCE);
  });

  test('twice in one batch is one entry', async () => {
    const messageId = randomUUID();
    await post('/v1/batch', { batch: [call('batched', messageId), call('batched', messageId)] });
    expect(await entriesOf('batched')).toEqual(ONCE);
  });

  test('at the same instant over two connections is one entry, for each of fifty people', async () => {
    const people = Array.from({ length: 50 }, (_, index) => `raced-${index}`);
    await Promise.all(
      people.flatMap((userId) => {
        const again = call(userId, randomUUID());
        return [post('/v1/track', again), post('/v1/track', again)];
      }),
    );
    await engine.settled();
    const { rows } = await sql<{ events: number; runs: number; messages: number }>`
      select (select count(*) from events e where e.profile_id = p.id and not by_engine) as events,
        (select count(*) from runs r where r.profile_id = p.id) as runs,
        (select count(*) from messages m where m.profile_id = p.id) as messages
      from profiles p where user_id = any(${people})
    `.execute(engine.db);
    expect(rows).toEqual(people.map(() => ONCE));
  });

  test('with another id is another entry', async () => {
    await post('/v1/batch', { batch: [call('often', randomUUID()), call('often', randomUUID())] });
    expect(await entriesOf('often')).toMatchObject({ events: 2 });
    await post('/v1/track', call('often', randomUUID()));
    expect(await entriesOf('often')).toMatchObject({ events: 3, runs: 2 });
  });
});
