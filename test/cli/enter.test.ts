import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { publish } from '../../src/definitions/publish.ts';
import { migrate, openDatabase } from '../../src/store/database.ts';
import { inAppFile, settingsFile } from '../e2e/templates.ts';
import { workspaceOf } from '../kit/engine.ts';
import { temporaryFolder } from '../kit/folder.ts';
import { ownDatabase } from './own-database.ts';
import { throughline } from './throughline.ts';

async function shop() {
  const url = await ownDatabase();
  const db = openDatabase({ url, size: 1 });
  await migrate(db);
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(),
    'journeys.yaml':
      'journey: welcome-call\nenter: { request: true }\nsteps: [{ in-app: note }]\n---\njourney: other\nenter: { event: X }\nsteps: [{ in-app: note }]\n',
    'note.yaml': inAppFile('note', 'note'),
  });
  await publish(db, workspace, new Date());
  const file = join(await temporaryFolder(), 'people.csv');
  return { url, db, file, env: { DATABASE_URL: url } };
}

describe('throughline enter', () => {
  it('asks everybody of the file in once, however often it is run', async () => {
    const { db, file, env } = await shop();
    await writeFile(file, 'userId,why\nu1,wrote to us\n,nobody\nu2,\n');
    const first = await throughline(['enter', 'welcome-call', '--file', file], env);
    expect(first).toMatchObject({
      code: 1,
      out: `2 rows of entries into welcome-call from ${file} imported.\n1 row rejected: see ${file}.rejects.ndjson\n  1  userId: required\n`,
    });
    const second = await throughline(['enter', 'welcome-call', '--file', file, '--json'], env);
    expect(JSON.parse(second.out)).toMatchObject({ held: false, journey: 'welcome-call', stored: 2, wasDone: true });
    const { rows } = await sql<{ body: object }>`select body from inbox order by id`.execute(db);
    expect(rows.map(({ body }) => body)).toMatchObject([
      { userId: 'u1', enters: 'welcome-call', properties: { why: 'wrote to us' } },
      { userId: 'u2', enters: 'welcome-call', properties: {} },
    ]);
    await db.destroy();
  }, 60_000);

  it('wrong use is 2: no such journey, one that nobody is asked into, no such file', async () => {
    const { db, file, env } = await shop();
    await writeFile(file, 'userId\nu1\n');
    const into = async (journey: string, from = file) => {
      const { code, err } = await throughline(['enter', journey, '--file', from], env);
      return [code, err.trim()];
    };
    expect(await into('welcome-cal')).toEqual([2, 'There is no journey `welcome-cal`. Did you mean `welcome-call`?']);
    expect(await into('other')).toEqual([
      2,
      'People are not asked into `other`. It would have to say `enter: { request: true }`.',
    ]);
    expect(await into('welcome-call', '/nowhere.csv')).toEqual([2, 'There is no file /nowhere.csv.']);
    await db.destroy();
  }, 60_000);
});
