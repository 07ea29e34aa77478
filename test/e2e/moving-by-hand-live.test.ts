import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestEngine, testEngine, workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { API_KEY, ask, type TestServer, testServer } from './server.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

/** On a real server, where a workflow in its start delay hears no signal and mail servers may be slow. */
const JOURNEYS = `
journey: waiting
enter: { event: Signed Up }
steps:
  - { id: pause, wait: 9d }
  - email: letter
  - { id: rest, wait: 9d }
  - email: letter
    id: another
  - { id: more, wait: 9d }
---
journey: mailing
enter: { event: Wrote }
steps:
  - email: letter
  - { id: rest, wait: 9d }
  - in-app: note
  - { id: more, wait: 9d }
---
journey: asking
enter: { event: Asked }
steps:
  - { id: pause, wait: 9d }
  - branch:
      - if: { event: Clicked, within: 20d }
        then: [{ in-app: note }]
  - { id: rest, wait: 9d }
  - email: letter
`;

let mailbox: TestMailbox;
let engine: TestEngine;
/** Two clients of two processes. */
let servers: readonly [TestServer, TestServer];
/** Addresses whose mail is answered with "later". */
const deferred = new Set<string>();
/** Ends the wait of a mail server that takes its time. */
let answer: () => void = () => undefined;
const slow = new Promise<void>((resolve) => {
  answer = resolve;
});

beforeAll(async () => {
  mailbox = await testMailbox({
    defer: async (address) => {
      if (address.startsWith('slow')) await slow;
      return deferred.has(address);
    },
  });
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string }\n'),
    'journeys.yaml': JOURNEYS,
    'note.yaml': inAppFile('note', 'note'),
    'letter.mjml': emailFile('letter', 'letter'),
  });
  engine = await testEngine({ workspace, smtpUrl: mailbox.url });
  servers = [await testServer(engine), await testServer(engine)];
});
afterAll(async () => {
  for (const server of servers ?? []) await server.close();
  await engine?.stop();
  await mailbox.close();
});

const addressOf = (userId: string) => `${userId}@example.test`;
const pathOf = (run: string, verb: string) => `/api/runs/${encodeURIComponent(run)}/${verb}`;
const ours = { by: 'ada', reason: 'they called' };

async function enter(userId: string, event: string): Promise<string> {
  await engine.identify(userId, { email: addressOf(userId) });
  await engine.send({ name: event, userId });
  return eventually(async () => {
    const [run] = await engine.runsOf(userId);
    if (run === undefined) throw new Error(`${userId} has not entered yet`);
    return run.id;
  });
}
const didOf = async (userId: string, journey: string) =>
  (await engine.logOf(userId, journey)).map(({ did, step }) => `${step ?? 'run'} ${did}`);
const move = (run: string, verb: string, more: object = {}) =>
  servers[0].api<{ from: string; to: string; afterMessage: boolean }>(pathOf(run, verb), { ...ours, ...more });
/** Until the message is in the hands of the channel, or was. */
const attempted = (userId: string) =>
  eventually(async () => expect((await engine.messagesOf(userId))[0]?.attempts).toBeGreaterThan(0));

test('somebody in the first wait, whose workflow has not begun yet, is moved on at once', async () => {
  const run = await enter('ada', 'Signed Up');
  await engine.settled();
  const handle = engine.client.workflow.getHandle(run);
  expect((await handle.describe()).historyLength).toBe(1);
  await move(run, 'advance');
  await eventually(async () => expect(await didOf('ada', 'waiting')).toHaveLength(4));
  expect(await didOf('ada', 'waiting')).toEqual(['pause waiting', 'pause moved', 'email-letter acted', 'rest waiting']);
  // And from a wait that its workflow has begun.
  await move(run, 'advance');
  await eventually(async () => expect(mailbox.messagesTo(addressOf('ada'))).toHaveLength(2));
  expect((await handle.describe()).status.name).toBe('RUNNING');
});

test('two clients who move the same run on at once, from where they saw it, move it once', async () => {
  const run = await enter('twice', 'Signed Up');
  const seen = { ...ours, from: 'pause' };
  const answers = await Promise.allSettled(
    servers.map(({ url }) => ask<object>(`${url}${pathOf(run, 'advance')}`, API_KEY, seen)),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(answers).toContainEqual({
    status: 'rejected',
    reason: expect.objectContaining({ message: expect.stringContaining('by now, not at `pause`') }),
  });
  await eventually(async () => expect(await didOf('twice', 'waiting')).toContain('rest waiting'));
  expect(mailbox.messagesTo(addressOf('twice'))).toHaveLength(1);
});

test('many clients who move one run hither and thither at once never send a message twice', async () => {
  const run = await enter('many', 'Signed Up');
  const wishes = Array.from({ length: 24 }, (_, index) => {
    const { url } = servers[index % 2 === 0 ? 0 : 1];
    const [verb, more] = index % 3 === 0 ? ['move', { to: 'email-letter' }] : ['advance', {}];
    return ask<object>(`${url}${pathOf(run, String(verb))}`, API_KEY, { ...ours, ...(more as object) });
  });
  const moved = (await Promise.allSettled(wishes)).filter(({ status }) => status === 'fulfilled').length;
  expect(moved).toBeGreaterThanOrEqual(8);
  await engine.settled();
  const log = await engine.logOf('many', 'waiting');
  expect(log.filter(({ did }) => did === 'moved')).toHaveLength(moved);
  const sent = (await engine.messagesOf('many')).filter(({ status }) => status === 'sent');
  expect(new Set(sent.map(({ id }) => id)).size).toBe(sent.length);
  const ids = mailbox.messagesTo(addressOf('many')).map(({ messageId }) => messageId);
  expect(ids).toHaveLength(sent.length);
  expect(new Set(ids).size).toBe(ids.length);
  expect(log.filter(({ did }) => did === 'acted')).toHaveLength(sent.length);
});

test('a message that its server is just taking goes out, and then the run stands where it was moved to', async () => {
  const run = await enter('slow-one', 'Wrote');
  await attempted('slow-one');
  expect(await move(run, 'move', { to: 'in-app-note' })).toMatchObject({ from: 'email-letter', afterMessage: true });
  await expect(move(run, 'advance')).rejects.toThrow(/409.*goes on at `in-app-note` right now/);
  answer();
  await eventually(async () => expect(await didOf('slow-one', 'mailing')).toContain('more waiting'));
  expect(await didOf('slow-one', 'mailing')).toEqual([
    'email-letter moved',
    'email-letter acted',
    'in-app-note acted',
    'more waiting',
  ]);
  expect(mailbox.messagesTo(addressOf('slow-one'))).toHaveLength(1);
});

test('likewise one that its server puts off; where the person is taken out, it is not sent any more', async () => {
  for (const userId of ['put-off', 'put-out']) deferred.add(addressOf(userId));
  const [off, out] = [await enter('put-off', 'Wrote'), await enter('put-out', 'Wrote')];
  await attempted('put-off');
  await attempted('put-out');
  await move(off, 'advance');
  await move(out, 'exit');
  deferred.clear();
  await eventually(async () => expect(await didOf('put-off', 'mailing')).toContain('rest waiting'));
  expect(await didOf('put-off', 'mailing')).toEqual(['email-letter moved', 'email-letter acted', 'rest waiting']);
  expect(mailbox.messagesTo(addressOf('put-off'))).toHaveLength(1);
  await eventually(async () =>
    expect(await engine.messagesOf('put-out')).toMatchObject([
      { status: 'refused', refusal: { reason: 'ended', outcome: 'exited' } },
    ]),
  );
  expect(mailbox.messagesTo(addressOf('put-out'))).toEqual([]);
});

test('a step before the message that was on its way is met with all that it asks about', async () => {
  deferred.add(addressOf('back'));
  const run = await enter('back', 'Asked');
  await engine.send({ name: 'Clicked', userId: 'back' });
  await move(run, 'move', { to: 'email-letter' });
  await attempted('back');
  expect(await move(run, 'move', { to: 'branch-clicked' })).toMatchObject({ afterMessage: true });
  deferred.clear();
  await eventually(async () => expect(await didOf('back', 'asking')).toContain('rest waiting'));
  expect(await didOf('back', 'asking')).toEqual([
    ...['pause waiting', 'pause moved', 'email-letter moved', 'email-letter acted'],
    ...['branch-clicked took', 'in-app-note acted', 'rest waiting'],
  ]);
  expect(mailbox.messagesTo(addressOf('back'))).toHaveLength(1);
});
