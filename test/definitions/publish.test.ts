import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  currentPublication,
  loadJourneyVersion,
  publish,
  UnknownAudienceError,
  UnknownJourneyVersionError,
} from '../../src/definitions/publish.ts';
import type { Publication, Workspace } from '../../src/definitions/workspace-types.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { EMAIL, workspaceOf } from './folder.ts';

const NOON = new Date('2024-03-01T12:00:00Z');
const LATER = new Date('2024-03-02T12:00:00Z');

const JOURNEY = 'journey: hello\nenter: { audience: a }\nsteps: [{ email: hello }]\n';
const AUDIENCES = { 'a.yaml': 'audience: a\nnot: { audience: b }\n', 'b.yaml': 'audience: b\nevent: X\n' };
const FILES = { ...AUDIENCES, 'c.yaml': 'audience: c\nevent: Y\n', 'j.yaml': JOURNEY, 'hello.mjml': EMAIL };

let database: TestDatabase;
let workspace: Workspace;

beforeAll(async () => {
  database = await testDatabase();
  workspace = await workspaceOf(FILES);
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.deleteFrom('publications').execute();
  await database.db.deleteFrom('journey_versions').execute();
});

const versionOf = ({ workspace: { journeys } }: Pick<Publication, 'workspace'>) => journeys.hello?.hash ?? '';

describe('a workspace that is published', () => {
  test('comes back as it was', async () => {
    expect(await currentPublication(database.db)).toBeNull();
    const published = await publish(database.db, workspace, NOON);
    expect(published).toMatchObject({ hash: workspace.hash, publishedAt: NOON, workspace, enterExisting: [] });
    expect(await currentPublication(database.db)).toEqual(published);
  });

  test('is not published again while it is in force', async () => {
    const first = await publish(database.db, workspace, NOON);
    expect(await publish(database.db, workspace, LATER, { enterExisting: 'all' })).toEqual(first);
    expect(await database.db.selectFrom('publications').select('id').execute()).toHaveLength(1);
  });

  test('is published anew after another was in force', async () => {
    const first = await publish(database.db, workspace, NOON);
    await publish(database.db, await workspaceOf(AUDIENCES), NOON);
    const again = await publish(database.db, workspace, LATER);
    expect(again.id).toBeGreaterThan(first.id);
    expect(again.workspace).toEqual(workspace);
  });

  test('is published once by publishers who come at the same time', async () => {
    const published = await Promise.all([1, 2, 3, 4].map(() => publish(database.db, workspace, NOON)));
    expect(new Set(published.map(({ id }) => id)).size).toBe(1);
  });
});

describe('a journey version', () => {
  test('stays what it was when a later publication changes the journey', async () => {
    const before = await publish(database.db, workspace, NOON);
    const after = await publish(
      database.db,
      await workspaceOf({ ...FILES, 'j.yaml': JOURNEY.replace('steps: [', 'steps: [{ wait: 1h }, ') }),
      LATER,
    );
    expect(versionOf(after)).not.toBe(versionOf(before));
    expect((await loadJourneyVersion(database.db, versionOf(before))).first).toBe('email-hello');
    expect((await loadJourneyVersion(database.db, versionOf(after))).first).toBe('wait-1h');
  });

  test('keeps the instant at which it was published first', async () => {
    await publish(database.db, workspace, NOON);
    await publish(database.db, await workspaceOf({ ...FILES, 'd.yaml': 'audience: d\nevent: Z\n' }), LATER);
    const rows = await database.db.selectFrom('journey_versions').selectAll().execute();
    expect(rows).toMatchObject([{ key: 'hello', first_published_at: NOON }]);
  });

  test('that nobody published is an error which names it', async () => {
    await expect(loadJourneyVersion(database.db, 'feed')).rejects.toThrow(new UnknownJourneyVersionError('feed'));
  });
});

describe('an audience', () => {
  test('is known to be unchanged since the publication that changed it, or one it refers to', async () => {
    const first = await publish(database.db, workspace, NOON);
    expect(first.audienceChangedIn).toEqual({ a: first.id, b: first.id, c: first.id });
    const second = await publish(
      database.db,
      await workspaceOf({ ...FILES, 'b.yaml': 'audience: b\nevent: Z\n', 'd.yaml': 'audience: d\nevent: Z\n' }),
      LATER,
    );
    expect(second.audienceChangedIn).toEqual({ a: second.id, b: second.id, c: first.id, d: second.id });
    const third = await publish(database.db, await workspaceOf({ 'c.yaml': FILES['c.yaml'] }), LATER);
    expect(third.audienceChangedIn).toEqual({ c: first.id });
  });

  test('whose members are to enter is named in the publication', async () => {
    const some = await publish(database.db, workspace, NOON, { enterExisting: ['b', 'b'] });
    expect(some.enterExisting).toEqual(['b']);
    const all = await publish(database.db, await workspaceOf(AUDIENCES), NOON, { enterExisting: 'all' });
    expect((await currentPublication(database.db))?.enterExisting).toEqual(all.enterExisting);
    expect(all.enterExisting).toEqual(['a', 'b']);
  });

  test('that is not there cannot be entered, and nothing is published', async () => {
    const attempt = publish(database.db, workspace, NOON, { enterExisting: ['vip'] });
    await expect(attempt).rejects.toThrow(UnknownAudienceError);
    await expect(attempt).rejects.toThrow('no audience `vip` whose members could enter. It has a, b, c.');
    expect(await currentPublication(database.db)).toBeNull();
  });
});

test('a publication that fails half-way leaves nothing behind', async () => {
  const before = await publish(database.db, workspace, NOON);
  const other = await workspaceOf({ ...FILES, 'j.yaml': JOURNEY.replace('steps: [', 'steps: [{ wait: 1h }, ') });
  // Postgres takes no such letter, which it finds out after the new journey version is stored.
  const failing = { ...other, settings: { ...other.settings, name: '\u0000' } };
  await expect(publish(database.db, failing, LATER)).rejects.toThrow('Unicode');
  expect(await currentPublication(database.db)).toEqual(before);
  expect(await database.db.selectFrom('journey_versions').select('hash').execute()).toHaveLength(1);
});
