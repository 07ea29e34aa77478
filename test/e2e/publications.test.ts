import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { storyFor } from './story.ts';
import { inAppFile, settingsFile } from './templates.ts';

const FIRST = {
  'settings.yaml': settingsFile(),
  'note.yaml': inAppFile('note', 'As it was'),
  'welcome.yaml': `
journey: welcome
enter: { event: Signed Up }
goal: { event: Bought }
exit: { after: 20d }
steps: [{ wait: 2d }, { in-app: note }]
`,
};

const audience = (name: string, event: string) => `
audience: ${name}
event: ${event}
within: 10d
---
journey: for-${name}
enter: { audience: ${name} }
steps: [{ in-app: note }]
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;

beforeAll(async () => {
  mailbox = await testMailbox();
  engine = await timeSkippingEngine({ workspace: await workspaceOf(FIRST), smtpUrl: mailbox.url });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

const journeysOf = async (userId: string) => (await engine.runsOf(userId)).map(({ journey }) => journey);
const causesOf = async (name: string) => {
  const rows = await engine.db.selectFrom('audience_changes').select('cause').where('audience', '=', name).execute();
  return rows.map(({ cause }) => cause);
};

test('an audience published later fills from history in silence; whoever enters after that starts its journey', async () => {
  await engine.send({ name: 'Exported', userId: 'early' }, { name: 'Looked', userId: 'other' });
  await engine.pass(DAY);
  await engine.publish(await workspaceOf({ ...FIRST, 'new.yaml': audience('exporters', 'Exported') }));
  await engine.settled();
  expect(await engine.audiencesOf('early')).toEqual(['exporters']);
  expect(await engine.audiencesOf('other')).toEqual([]);
  expect(await causesOf('exporters')).toEqual(['definition']);
  expect(await journeysOf('early')).toEqual([]);

  await engine.send({ name: 'Exported', userId: 'other' }, { name: 'Exported', userId: 'new' });
  await engine.settled();
  expect(await journeysOf('other')).toEqual(['for-exporters']);
  expect(await journeysOf('new')).toEqual(['for-exporters']);
  expect(await journeysOf('early')).toEqual([]);

  await engine.pass(9 * DAY);
  expect(await engine.audiencesOf('early')).toEqual([]);
  await engine.send({ name: 'Exported', userId: 'early' });
  await engine.settled();
  expect(await journeysOf('early')).toEqual(['for-exporters']);
});

test('with `enterExisting` present members start its journey, once', async () => {
  await engine.send({ name: 'Invited', userId: 'inviter' });
  await engine.pass(HOUR);
  const workspace = await workspaceOf({ ...FIRST, 'new.yaml': audience('inviters', 'Invited') });
  await engine.publish(workspace, { enterExisting: ['inviters'] });
  await engine.settled();
  expect(await journeysOf('inviter')).toEqual(['for-inviters']);
  const [run] = await engine.runsOf('inviter');
  expect(run?.enteredAt.getTime()).toBe(engine.clock.now());

  await engine.publish(workspace, { enterExisting: ['inviters'] });
  await engine.send({ name: 'Invited', userId: 'inviter' });
  await engine.settled();
  expect(await journeysOf('inviter')).toEqual(['for-inviters']);
});

test('somebody under way finishes on the version they entered; the next one goes by the new', async () => {
  await engine.publish(await workspaceOf(FIRST));
  await engine.send({ name: 'Signed Up', userId: 'before' });
  await engine.pass(HOUR);
  const changed = {
    'note.yaml': inAppFile('note', 'As it is now'),
    'welcome.yaml': FIRST['welcome.yaml'].replace('2d', '1d'),
  };
  await engine.publish(await workspaceOf({ ...FIRST, ...changed }));
  await engine.send({ name: 'Signed Up', userId: 'after' });
  await engine.pass(3 * DAY);
  const seen = async (userId: string) => {
    const rows = await engine.db
      .selectFrom('messages')
      .select('content')
      .where('profile_id', '=', (await engine.runsOf(userId))[0]?.profileId ?? 0)
      .execute();
    return [rows.map(({ content }) => content?.body), (await storyFor(engine, userId, 'welcome'))[1]];
  };
  expect(await seen('before')).toEqual([['As it was'], '2d wait-2d: waited, time']);
  expect(await seen('after')).toEqual([['As it is now'], '1d wait-1d: waited, time']);
});

test('a journey that is taken out of the workspace takes nobody in any more, and those under way finish', async () => {
  await engine.publish(await workspaceOf(FIRST));
  await engine.send({ name: 'Signed Up', userId: 'last-one' });
  await engine.pass(MINUTE);
  const { 'welcome.yaml': _gone, ...rest } = FIRST;
  await engine.publish(await workspaceOf(rest));
  await engine.send({ name: 'Signed Up', userId: 'too-late' });
  await engine.pass(5 * DAY);
  expect(await journeysOf('too-late')).toEqual([]);
  await engine.send({ name: 'Bought', userId: 'last-one' });
  await engine.settled();
  expect((await storyFor(engine, 'last-one', 'welcome')).slice(1)).toEqual([
    '2d wait-2d: waited, time',
    '2d in-app-note: acted',
    '5d 1m run: ended converted, the goal was reached',
  ]);
});
