import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECOND } from '../../src/core/time.ts';
import { askMigration, readMigrations, workMigrations } from '../../src/runs/migrations.ts';
import { planMigration } from '../../src/runs/plan-migration.ts';
import { SettingsShelf, VersionShelf } from '../../src/runs/version-shelf.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { ownNamespace, type TestEngine, type TestEngineSettings, testEngine, workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

/** On a real server, where a workflow in its start delay hears no signal and mail servers may be slow. */
const journeys = (first: string, after: string) => `
journey: waiting
enter: { event: Signed Up }
priority: 90
steps:
  - { id: first, wait: ${first} }
  - in-app: note
  - { id: rest, wait: 9d }
---
journey: mailing
enter: { event: Wrote }
steps:
  - email: letter
  - { id: rest, wait: 9d }
  - ${after}
`;
const workspace = (first: string, after: string) =>
  workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string }\n'),
    'journeys.yaml': journeys(first, after),
    'note.yaml': inAppFile('note', 'note'),
    'letter.mjml': emailFile('letter', 'letter'),
  });

let database: TestDatabase;
let mailbox: TestMailbox;
let settings: TestEngineSettings;
let engine: TestEngine;
let isSlow = true;

beforeAll(async () => {
  database = await testDatabase();
  mailbox = await testMailbox({ defer: (address) => isSlow && address.startsWith('slow') });
  settings = {
    workspace: await workspace('9d', 'in-app: note'),
    smtpUrl: mailbox.url,
    database,
    temporal: await ownNamespace(),
    taskQueue: `test-${randomUUID()}`,
  };
  engine = await testEngine(settings);
});
afterAll(async () => {
  await engine?.stop();
  await mailbox?.close();
  await database?.drop();
});

const migrating = () => ({ clock: engine.clock, versions: new VersionShelf(), settings: new SettingsShelf() });

async function ask(journey: string): Promise<number> {
  const plan = await planMigration(database.db, { journey });
  if ('problems' in plan) throw new Error('There is no map to be wrong');
  return askMigration(database.db, { ...plan.migration, by: 'a test', reason: null }, new Date(engine.clock.now()));
}
const stored = async (journey: string, id: number) => (await readMigrations(database.db, journey, id + 1, 1))[0];
const isDone = (journey: string, id: number) =>
  eventually(async () => {
    const migration = await stored(journey, id);
    expect(migration?.doneAt).not.toBeNull();
    return migration;
  });
const didOf = async (userId: string, journey: string) =>
  (await engine.logOf(userId, journey)).map(({ did, step }) => `${step ?? 'run'} ${did}`);

test('somebody in the first wait, whose workflow has not begun yet, meets the shorter one in time', async () => {
  await engine.publish(await workspace('9d', 'in-app: note'));
  await engine.send({ name: 'Signed Up', userId: 'ada' });
  await engine.settled();
  const [run] = await engine.runsOf('ada', 'waiting');
  const handle = engine.client.workflow.getHandle(run?.id ?? '');
  expect((await handle.describe()).historyLength).toBe(1);

  await engine.publish(await workspace('2s', 'in-app: note'));
  const id = await ask('waiting');
  expect(await isDone('waiting', id)).toMatchObject({ moved: 1 });
  await eventually(async () => expect(await engine.messagesOf('ada')).toHaveLength(1));
  expect(await didOf('ada', 'waiting')).toEqual([
    'first waiting',
    'first migrated',
    'first waiting',
    'first waited',
    'in-app-note acted',
    'rest waiting',
  ]);
  const [entry, , , waited] = await engine.logOf('ada', 'waiting');
  expect(waited?.at).toBeGreaterThanOrEqual((entry?.at ?? 0) + 2 * SECOND);
  // It was started anew, and is the only one that goes on.
  expect(await handle.describe()).toMatchObject({ status: { name: 'RUNNING' }, priority: { priorityKey: 1 } });
});

test('somebody with a message on its way is moved once that is out', async () => {
  await engine.publish(await workspace('9d', 'in-app: note'));
  await engine.identify('slow', { email: 'slow@example.test' });
  await engine.send({ name: 'Wrote', userId: 'slow' });
  await eventually(async () => expect(await engine.messagesOf('slow')).toMatchObject([{ attempts: 1 }]));
  await engine.publish(await workspace('9d', '{ id: more, wait: 1d }'));
  const id = await ask('mailing');
  await eventually(async () => expect(await stored('mailing', id)).toMatchObject({ people: 1, left: 1, doneAt: null }));
  await expect(ask('mailing')).rejects.toThrow(
    `People of \`mailing\` are being moved already: migration ${id} has 1 of them left`,
  );

  isSlow = false;
  expect(await isDone('mailing', id)).toMatchObject({ moved: 1, left: 0 });
  expect(await didOf('slow', 'mailing')).toEqual(['email-letter acted', 'rest waiting', 'rest migrated']);
  expect(mailbox.messagesTo('slow@example.test')).toHaveLength(1);
});

describe('a migration whose beginner died', () => {
  test('goes on where it was, whoever works on it, and moves each person once', async () => {
    await engine.publish(await workspace('9d', 'in-app: note'));
    const people = Array.from({ length: 300 }, (_, index) => `one-of-many-${index}`);
    await engine.send(...people.map((userId) => ({ name: 'Signed Up', userId })));
    await engine.settled();
    await engine.publish(await workspace('8d', 'in-app: note'));
    await engine.stop();

    const id = await ask('waiting');
    // A part of it, and then nobody.
    await workMigrations(database.db, migrating());
    const half = await stored('waiting', id);
    expect(half?.left).toBeGreaterThan(0);
    expect(half?.moved).toBeGreaterThan(0);
    engine = await testEngine({ ...settings, workspace: await workspace('8d', 'in-app: note') });
    await Promise.all(Array.from({ length: 3 }, () => workMigrations(database.db, migrating())));
    expect(await isDone('waiting', id)).toMatchObject({ left: 0, stayed: 0, people: half?.people });
    for (const userId of people.slice(0, 10)) {
      const did = await didOf(userId, 'waiting');
      expect(did.filter((one) => one.endsWith('migrated'))).toHaveLength(1);
    }
    const rows = await database.db.selectFrom('run_log').select('run_id').where('kind', '=', 'run').execute();
    const moves = rows.filter(({ run_id }) => run_id.startsWith('waiting/')).length;
    // Ada was moved twice: once before, once now.
    expect(moves).toBe(people.length + 2);
  });
});
