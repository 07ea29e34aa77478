import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isHeldOut } from '../../src/core/entry.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { type TestServer, testServer } from './server.ts';
import { storyFor } from './story.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const FILES = {
  'settings.yaml': settingsFile(
    'traits: { email: string, role: string }\ncaps: [{ channel: email, atMost: 2, within: 5d }]\ngroups: { one: { lower: waits } }\n',
  ),
  'journeys.yaml': `
journey: letters
enter: { event: Letters Wanted }
goal: { event: Bought }
exit: { after: 60d }
steps:
  - { id: pause, wait: 9d }
  - email: first
  - { id: rest, wait: 9d }
  - branch:
      - if: { event: Clicked, within: 20d }
        then: [{ email: second }]
      - else: [{ in-app: nudge }]
  - { id: more, wait: 9d }
---
journey: at-once
enter: { event: Now Wanted }
exit: { after: 60d }
steps: [{ in-app: note }, { id: rest, wait: 9d }, { in-app: nudge }]
---
journey: rounds
enter: { event: Rounds Wanted }
exit: { after: 90d }
steps:
  - id: again
    repeat: { atMost: 2, steps: [{ in-app: note }, { id: rest, wait: 2d }] }
  - { id: after, wait: 2d }
---
journey: turns
enter: { event: Turn Wanted }
exit: { after: 60d }
steps: [{ id: pause, wait: 9d }, { email: first }, { wait: 9d }]
---
journey: variants
enter: { event: Variants Wanted }
exit: { after: 60d }
holdout: 50%
steps:
  - experiment: tone
    variants:
      calm: { steps: [{ id: calm, in-app: note }, { id: calmly, wait: 9d }] }
      loud: { steps: [{ id: loud, in-app: nudge }, { id: loudly, wait: 9d }] }
---
journey: occupied
enter: { event: Occupied }
group: one
exit: { after: 60d }
steps: [{ wait: 9d }]
---
journey: waits-for-it
enter: { event: Waits }
group: one
exit: { after: 60d }
steps: [{ in-app: note }]
---
role: buyer
that: { trait: role, is: buyer }
---
journey: teams
of: accounts
enter: { event: Team Set Up }
exit: { after: 60d }
steps: [{ wait: 9d }, { email: first, to: buyer }]
`,
  'first.mjml': emailFile('first', 'first'),
  'second.mjml': emailFile('second', 'second'),
  'note.yaml': inAppFile('note', 'note'),
  'nudge.yaml': inAppFile('nudge', 'nudge'),
};

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  engine = await timeSkippingEngine({ workspace: await workspaceOf(FILES), smtpUrl: mailbox.url });
  server = await testServer(engine);
}, 120_000);
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

interface Moved {
  readonly from: string | null;
  readonly to: string | null;
  readonly status: string;
  readonly afterMessage: boolean;
}

const ours = { by: 'ada', reason: 'they called' };
const runOf = async (userId: string, journey: string) => (await engine.runsOf(userId, journey)).at(-1)?.id ?? '';
const pathOf = (run: string, verb: string) => `/api/runs/${encodeURIComponent(run)}/${verb}`;
const ask = async (userId: string, journey: string, verb: string, more: object = {}) =>
  server.api<Moved>(pathOf(await runOf(userId, journey), verb), { ...ours, ...more });
const control = (journey: string, verb: string, more: object = {}) =>
  server.api(`/api/journeys/${journey}/${verb}`, { ...ours, ...more });
const story = (userId: string, journey: string) => storyFor(engine, userId, journey);
const messagesOf = async (userId: string) =>
  (await engine.messagesOf(userId)).map(({ step, status, refusal }) => `${step}: ${refusal?.reason ?? status}`);
/** How the run's workflow ended. */
const resultOf = async (userId: string, journey: string) =>
  engine.client.workflow.getHandle(await runOf(userId, journey)).result();

async function enter(userId: string, event: string): Promise<void> {
  await engine.identify(userId, { email: `${userId}@example.test` });
  await engine.send({ name: event, userId });
  await engine.settled();
}

describe('moving somebody on', () => {
  test('from the first wait, from a long one and past the last step, what comes after counting from then', async () => {
    await enter('onno', 'Letters Wanted');
    await engine.pass(HOUR);
    expect(await ask('onno', 'letters', 'advance')).toEqual({
      ...{ run: await runOf('onno', 'letters'), journey: 'letters', status: 'active', afterMessage: false },
      ...{ from: 'pause', to: 'email-first' },
    });
    await engine.pass(HOUR);
    expect(await ask('onno', 'letters', 'advance', { from: 'rest' })).toMatchObject({
      from: 'rest',
      to: 'branch-clicked',
    });
    await engine.pass(HOUR);
    expect(await ask('onno', 'letters', 'advance')).toMatchObject({ from: 'more', to: null });
    await engine.settled();
    await expect(ask('onno', 'letters', 'advance')).rejects.toThrow('is past the last step and waits for its goal');
    await engine.pass(60 * DAY);
    expect(await story('onno', 'letters')).toEqual([
      '0s pause: waiting until 9d',
      '1h pause: moved to email-first',
      '1h email-first: acted',
      '1h rest: waiting until 9d 1h',
      '2h rest: moved to branch-clicked',
      '2h branch-clicked: took else',
      '2h in-app-nudge: acted',
      '2h more: waiting until 9d 2h',
      '3h more: moved to the end',
      '60d run: ended timed-out, the time limit was reached',
    ]);
    expect(await resultOf('onno', 'letters')).toBe('timed-out');
  });

  test('whose goal was reached at that instant shows that it is over', async () => {
    await enter('gail', 'Letters Wanted');
    await engine.pass(MINUTE);
    await engine.send({ name: 'Bought', userId: 'gail' });
    await engine.settled();
    await expect(ask('gail', 'letters', 'advance')).rejects.toThrow(/has ended: converted, the goal was reached/);
  });

  test('of an account sends to the people of its roles', async () => {
    await engine.identify('bea', { email: 'bea@example.test', role: 'buyer' });
    await engine.send({ type: 'group', name: 'group', userId: 'bea', groupId: 'acme', traits: {} });
    await engine.send({ name: 'Team Set Up', userId: 'bea', context: { groupId: 'acme' } });
    await engine.settled();
    const { id } = await engine.db
      .selectFrom('runs')
      .select('id')
      .where('journey', '=', 'teams')
      .executeTakeFirstOrThrow();
    expect(await server.api(pathOf(id, 'advance'), ours)).toMatchObject({ from: 'wait-9d', to: 'email-first' });
    await engine.pass(MINUTE);
    expect(mailbox.messagesTo('bea@example.test')).toHaveLength(1);
    expect(await resultOf('bea', 'teams').catch(() => engine.client.workflow.getHandle(id).result())).toBe('completed');
  });

  test('who is held out sends nothing, as ever', async () => {
    const people = Array.from({ length: 20 }, (_, index) => `person-${index}`);
    const silent = people.find((one) => isHeldOut({ key: 'variants', holdout: 0.5 }, one)) ?? '';
    await enter(silent, 'Variants Wanted');
    await engine.pass(HOUR);
    await ask(silent, 'variants', 'advance');
    await engine.pass(HOUR);
    expect(await messagesOf(silent)).toMatchObject([expect.stringContaining('held-out')]);
    expect(await engine.runsOf(silent, 'variants')).toMatchObject([{ status: 'completed', heldOut: true }]);
  });
});

describe('moving somebody to a step', () => {
  test('back is met again and sends again, as far as caps allow', async () => {
    await enter('bert', 'Letters Wanted');
    await ask('bert', 'letters', 'advance');
    await engine.pass(HOUR);
    for (const _ of [1, 2]) {
      expect(await ask('bert', 'letters', 'move', { to: 'email-first' })).toMatchObject({ from: 'rest' });
      await engine.pass(HOUR);
    }
    expect(await messagesOf('bert')).toEqual(['email-first: sent', 'email-first: sent', 'email-first: cap']);
    expect(mailbox.messagesTo('bert@example.test').map(({ messageId }) => messageId)).toHaveLength(2);
    // Its waits are as long as ever, and what it was in before rings no more.
    await engine.pass(9 * DAY);
    expect((await story('bert', 'letters')).slice(-4)).toEqual([
      '9d 2h rest: waited, time',
      '9d 2h branch-clicked: took else',
      '9d 2h in-app-nudge: acted',
      '9d 2h more: waiting until 18d 2h',
    ]);
  });

  test('forward over a branch knows what the steps there ask about', async () => {
    await enter('fleur', 'Letters Wanted');
    await engine.send({ name: 'Clicked', userId: 'fleur' });
    await engine.settled();
    expect(await ask('fleur', 'letters', 'move', { to: 'branch-clicked' })).toMatchObject({
      from: 'pause',
      to: 'branch-clicked',
    });
    await engine.pass(MINUTE);
    expect(await messagesOf('fleur')).toEqual(['email-second: sent']);
  });

  test('keeps count of the rounds of a repeat for whoever stays within it, and of no other', async () => {
    await enter('rosa', 'Rounds Wanted');
    await ask('rosa', 'rounds', 'move', { to: 'in-app-note' });
    await engine.pass(2 * DAY);
    await ask('rosa', 'rounds', 'move', { to: 'in-app-note' });
    await engine.pass(2 * DAY);
    await ask('rosa', 'rounds', 'move', { to: 'again' });
    await engine.pass(10 * DAY);
    expect((await story('rosa', 'rounds')).filter((line) => /took|moved|ended/.test(line))).toEqual([
      '0s again: took round 1',
      '0s rest: moved to in-app-note',
      '2d again: took round 2',
      '2d rest: moved to in-app-note',
      '4d again: took on',
      '4d after: moved to again',
      '4d again: took round 1',
      '6d again: took round 2',
      '8d again: took on',
      '10d run: ended completed, all steps are done',
    ]);
  });

  test('of another variant leaves the person in their own', async () => {
    const people = Array.from({ length: 20 }, (_, index) => `person-${index}`);
    const userId = people.find((one) => !isHeldOut({ key: 'variants', holdout: 0.5 }, one)) ?? '';
    await enter(userId, 'Variants Wanted');
    const [took] = (await story(userId, 'variants')).filter((line) => line.includes('took'));
    const own = took?.endsWith('calm') ? 'calm' : 'loud';
    const other = own === 'calm' ? 'loud' : 'calm';
    await ask(userId, 'variants', 'move', { to: other });
    await engine.pass(MINUTE);
    await ask(userId, 'variants', 'move', { to: 'experiment-tone' });
    await engine.pass(MINUTE);
    expect(await messagesOf(userId)).toEqual([`${own}: sent`, `${other}: sent`, `${own}: sent`]);
    const { variants } = await engine.db
      .selectFrom('runs')
      .select('variants')
      .where('id', '=', await runOf(userId, 'variants'))
      .executeTakeFirstOrThrow();
    expect(variants).toMatchObject({ tone: { variant: own } });
  });
});

describe('taking somebody out', () => {
  test('ends the run as exited, says who did it, and sends nothing more', async () => {
    await enter('otto', 'Letters Wanted');
    await ask('otto', 'letters', 'advance');
    await engine.pass(HOUR);
    expect(await ask('otto', 'letters', 'exit')).toMatchObject({ from: 'rest', to: null, status: 'exited' });
    await engine.pass(20 * DAY);
    expect(await messagesOf('otto')).toEqual(['email-first: sent']);
    expect(await engine.runsOf('otto', 'letters')).toMatchObject([
      { status: 'exited', endReason: 'taken out by ada: they called' },
    ]);
    expect(await resultOf('otto', 'letters')).toBe('exited');
  });

  test('lets whoever waited for it into the other journey of the group', async () => {
    await enter('gwen', 'Occupied');
    await enter('gwen', 'Waits');
    expect(await engine.runsOf('gwen')).toMatchObject([{ journey: 'occupied' }]);
    await ask('gwen', 'occupied', 'exit');
    await engine.pass(MINUTE);
    expect(await messagesOf('gwen')).toEqual(['in-app-note: sent']);
  });
});

describe('while the journey is paused', () => {
  test('the run stands elsewhere and stays held, and goes on from there once its turn has come', async () => {
    await enter('paula', 'Letters Wanted');
    await control('letters', 'pause');
    await engine.pass(10 * DAY);
    expect(await ask('paula', 'letters', 'move', { to: 'email-second' })).toMatchObject({ from: 'pause' });
    await engine.pass(HOUR);
    expect(await ask('paula', 'letters', 'advance')).toMatchObject({ from: 'email-second', to: 'more' });
    await engine.pass(HOUR);
    await ask('paula', 'letters', 'move', { to: 'branch-clicked' });
    await engine.pass(DAY);
    expect(await messagesOf('paula')).toEqual([]);
    expect(await control('letters', 'resume')).toMatchObject({ released: { runs: 1, stale: 0 } });
    await engine.pass(MINUTE);
    expect(await messagesOf('paula')).toEqual(['in-app-nudge: sent']);
  });

  test('whoever stood at a step that was about to act hears of the resume where they stand now', async () => {
    await control('at-once', 'pause');
    await enter('nora', 'Now Wanted');
    await engine.pass(HOUR);
    await ask('nora', 'at-once', 'move', { to: 'in-app-nudge' });
    await control('at-once', 'resume');
    await engine.pass(MINUTE);
    expect(await messagesOf('nora')).toEqual(['in-app-nudge: sent']);
  });

  test('whoever waits for their turn after it need not, once they are moved', async () => {
    await enter('tina', 'Turn Wanted');
    await enter('theo', 'Turn Wanted');
    await control('turns', 'pause');
    await engine.pass(10 * DAY);
    await control('turns', 'resume', { rate: '1/hour', stale: 'never' });
    await engine.pass(MINUTE);
    const [held] = [...(await engine.runsOf('tina')), ...(await engine.runsOf('theo'))].filter(
      ({ cursor }) => cursor.step === 'pause',
    );
    expect(await server.api(pathOf(held?.id ?? '', 'advance'), ours)).toMatchObject({ from: 'pause' });
    await engine.pass(MINUTE);
    expect([await messagesOf('tina'), await messagesOf('theo')]).toEqual([
      ['email-first: sent'],
      ['email-first: sent'],
    ]);
    await engine.pass(DAY);
    expect(mailbox.messagesTo('tina@example.test')).toHaveLength(1);
  });
});

describe('what cannot be done is refused with what to do instead, and changes nothing', () => {
  test('a run or a step that there is not, one that stands elsewhere, one that has ended', async () => {
    await enter('eric', 'Letters Wanted');
    const before = await engine.logOf('eric', 'letters');
    await expect(server.api(pathOf('letters/0/0', 'exit'), ours)).rejects.toThrow(
      /404.*There is no run `letters\/0\/0`/,
    );
    await expect(ask('eric', 'letters', 'move', { to: 'email-frist' })).rejects.toThrow(
      /400.*has no step `email-frist`.*Did you mean `email-first`\?/,
    );
    await expect(ask('eric', 'letters', 'advance', { from: 'rest' })).rejects.toThrow(
      /409.*stands at `pause` by now, not at `rest`/,
    );
    await expect(ask('eric', 'letters', 'advance', { reason: ' ' })).rejects.toThrow(/400/);
    expect(await engine.logOf('eric', 'letters')).toEqual(before);
    await ask('eric', 'letters', 'exit');
    for (const verb of ['advance', 'exit'])
      await expect(ask('eric', 'letters', verb)).rejects.toThrow(
        /409.*has ended: exited, taken out by ada: they called/,
      );
  });

  test('a run of a journey that is stopped or archived; it can be taken out', async () => {
    for (const userId of ['sten', 'arne']) await enter(userId, 'Letters Wanted');
    await control('letters', 'stop');
    await expect(ask('sten', 'letters', 'advance')).rejects.toThrow(/409.*`letters` is stopped.*Start it first/);
    expect(await ask('sten', 'letters', 'exit')).toMatchObject({ status: 'exited' });
    await control('letters', 'start');
    const { 'journeys.yaml': journeys, ...others } = FILES;
    await engine.publish(
      await workspaceOf({ ...others, 'journeys.yaml': journeys.replace('journey: letters', 'journey: others') }),
    );
    await expect(ask('arne', 'letters', 'move', { to: 'rest' })).rejects.toThrow(/409.*`letters` is archived/);
    expect(await ask('arne', 'letters', 'exit')).toMatchObject({ status: 'exited' });
  });
});

test('the audit log says who moved whom from where to where, and why', async () => {
  const { items } = await server.api<{ items: object[] }>(`/api/audit?run=${await runOf('bert', 'letters')}`);
  expect(items).toMatchObject([
    { did: 'moved', by: 'ada', reason: 'they called', journey: 'letters', detail: { from: 'rest', to: 'email-first' } },
    { did: 'moved', detail: { from: 'rest', to: 'email-first' } },
    { did: 'moved on', detail: { from: 'pause', to: 'email-first' } },
  ]);
  const out = await server.api<{ items: object[] }>(`/api/audit?run=${await runOf('otto', 'letters')}&limit=1`);
  expect(out.items).toMatchObject([{ did: 'took out', detail: { from: 'rest' } }]);
});
