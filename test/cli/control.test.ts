import { sql } from 'kysely';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { publish } from '../../src/definitions/publish.ts';
import { type Database, migrate, openDatabase } from '../../src/store/database.ts';
import { inAppFile, settingsFile } from '../e2e/templates.ts';
import { workspaceOf } from '../kit/engine.ts';
import { AT, addPerson } from '../server/rows.ts';
import { ownDatabase } from './own-database.ts';
import { type Ended, throughline } from './throughline.ts';

const FILES = {
  'settings.yaml': settingsFile(),
  'journeys.yaml': `
journey: letters
enter: { event: Letters Wanted }
resume: { rate: 2/minute, stale: 5d }
steps: [{ id: pause, wait: 9d }, { in-app: note }, { id: rest, wait: 9d }, { in-app: note, id: last }]
---
journey: others
enter: { event: Others Wanted }
steps: [{ in-app: note }]
`,
  'note.yaml': inAppFile('note', 'note'),
};
const WHY = ['--by', 'ada', '--reason', 'a wrong price'];

let db: Database;
let ask: (...args: string[]) => Promise<Ended>;

/** A shop with three people in `letters`: two in its first wait, one of them due, and one past its last step. */
beforeEach(async () => {
  const url = await ownDatabase();
  db = openDatabase({ url, size: 2 });
  onTestFinished(() => db.destroy());
  ask = (...args) => throughline(args, { DATABASE_URL: url });
  await migrate(db);
  const workspace = await workspaceOf(FILES);
  await publish(db, workspace, AT);
  const now = Date.now();
  for (const [index, until] of [now - 120_000, now + 600_000_000, now + 600_000_000].entries()) {
    const profileId = await addPerson(db, `person-${index}`);
    const step = index === 2 ? null : 'pause';
    const cursor = JSON.stringify({ phase: 'waiting', step, at: now - 100_000, until, visit: 0 });
    await sql`
      insert into runs (id, journey, version, profile_id, person, visit, held_out, entered_at, entry, cursor)
      values (${`letters/${index}/0`}, 'letters', ${workspace.journeys.letters?.hash ?? ''}, ${profileId}, ${`person-${index}`}, 0, false,
        ${new Date(now - 100_000)}, '{}', ${cursor}::jsonb)
    `.execute(db);
  }
}, 120_000);

const runs = async () =>
  (await db.selectFrom('runs').select(['status', 'cursor']).orderBy('id').execute()).map(({ status, cursor }) =>
    status === 'active' ? cursor.step : status,
  );

describe('a journey', () => {
  test('is paused and let go on, with what came due meanwhile', async () => {
    expect(await ask('pause', 'letters', ...WHY)).toEqual({ code: 0, err: '', out: 'letters is paused.\n' });
    expect((await ask('pause', 'letters', ...WHY)).out).toBe('letters was paused already.\n');
    const resumed = await ask('resume', 'letters', 'others', ...WHY, '--rate', '1/hour');
    expect(resumed.out).toMatch(
      /^letters is published\. 1 run came due meanwhile and goes on until \d{4}-\S+Z, 0 of them stale\.\nothers was published already\.\n$/,
    );
    const { out } = await ask('audit', '--journey', 'letters', '--json');
    expect(JSON.parse(out).lines).toMatchObject([
      { did: 'resumed', by: 'ada', detail: { rate: { count: 1, per: 3_600_000 }, staleAfter: 432_000_000 } },
      { did: 'paused', by: 'ada', reason: 'a wrong price' },
    ]);
  }, 120_000);

  test('is stopped, for those in it too, and opened again once they are out', async () => {
    expect((await ask('stop', 'letters', ...WHY)).out).toBe('letters is stopped.\n');
    expect((await ask('stop', 'letters', ...WHY)).out).toBe('letters was stopped already.\n');
    expect((await ask('resume', 'letters', ...WHY)).out).toBe('letters is published.\n');
    expect(JSON.parse((await ask('stop', 'letters', '--end', ...WHY, '--json')).out)).toMatchObject({
      held: true,
      journeys: [{ journey: 'letters', status: 'stopped', changed: true, released: null }],
    });
    expect(await ask('resume', 'letters', ...WHY)).toEqual({
      ...{ code: 2, out: '' },
      err: 'The journey `letters` is still ending whoever is in it. Try again in a moment.\n',
    });
    expect(await ask('pause', 'letters', ...WHY)).toMatchObject({
      ...{ code: 2, err: 'The journey `letters` is stopped. Start it first.\n' },
    });
  }, 120_000);

  test('that is archived by its definition says so', async () => {
    const archived = FILES['journeys.yaml'].replace('journey: letters\n', 'journey: letters\nstatus: archived\n');
    await publish(db, await workspaceOf({ ...FILES, 'journeys.yaml': archived }), new Date());
    expect((await ask('pause', 'letters', ...WHY)).out).toBe('letters is paused.\n');
    expect((await ask('resume', 'letters', ...WHY)).out).toMatch(/^letters is archived\. 1 run came due meanwhile/);
    expect(await ask('run', 'letters/1/0', '--on', ...WHY)).toMatchObject({
      ...{ code: 2, err: 'The journey `letters` is archived. Publish it again first, or take people out.\n' },
    });
    expect((await ask('run', 'letters/1/0', '--out', ...WHY)).code).toBe(0);
  }, 120_000);

  test.each([
    [['pause', 'leters', ...WHY], 'No journey is called `leters`. Did you mean `letters`?'],
    [['resume', 'letters', ...WHY, '--rate', 'fast'], '--rate must be a rate such as `100/minute`.'],
    [['stop', 'letters', ...WHY, '--stale', 'soon'], '--stale must be a duration such as `2d`, or `never`.'],
    [['pause', 'letters', '--reason', ' '], '--reason is empty; say why in a few words.'],
    [['audit', '--limit', 'all'], '--limit is "all"; write a number.'],
  ])(
    '%j is wrong use',
    async (args, message) => {
      const { code, err } = await ask(...args);
      expect({ code, err }).toEqual({ code: 2, err: `${message}\n` });
    },
    120_000,
  );
});

describe('a run', () => {
  test('is moved on, to a step and out', async () => {
    expect(await ask('run', 'letters/1/0', '--on', ...WHY)).toEqual({
      ...{ code: 0, err: '', out: 'letters/1/0 goes on from pause to in-app-note.\n' },
    });
    const moved = await ask('run', 'letters/2/0', '--to', 'rest', ...WHY, '--json');
    expect(JSON.parse(moved.out)).toEqual({
      ...{ held: true, run: 'letters/2/0', journey: 'letters', from: null, to: 'rest' },
      ...{ status: 'active', afterMessage: false },
    });
    expect((await ask('run', 'letters/0/0', '--out', ...WHY)).out).toBe(
      'letters/0/0 was taken out; it stood at pause.\n',
    );
    expect(await runs()).toEqual(['exited', 'in-app-note', 'rest']);
    const { out } = await ask('audit');
    expect(out.replaceAll(/^\S+ {2}/gm, '')).toBe(
      'ada took out letters/0/0 from pause: a wrong price\n' +
        'ada moved letters/2/0 from the end to rest: a wrong price\n' +
        'ada moved on letters/1/0 from pause to in-app-note: a wrong price\n',
    );
  }, 120_000);

  test.each([
    [['letters/9/0', '--on'], 'There is no run `letters/9/0`. See /api/journeys/KEY/runs for those there are.'],
    [
      ['letters/1/0', '--to', 'las'],
      'The version of `letters` that the run follows has no step `las`. Did you mean `last`?',
    ],
    [
      ['letters/1/0', '--on', '--from', 'rest'],
      'The run `letters/1/0` stands at `pause` by now, not at `rest`. Look again before you move it.',
    ],
    [
      ['letters/2/0', '--on'],
      'The run `letters/2/0` is past the last step and waits for its goal. Move it to a step, or out.',
    ],
    [['letters/1/0'], 'Write one of --on, --to STEP and --out.'],
    [['letters/1/0', '--on', '--out'], 'Write one of --on, --to STEP and --out.'],
  ])(
    '%j is wrong use, and changes nothing',
    async (args, message) => {
      const { code, err } = await ask('run', ...args, ...WHY);
      expect({ code, err }).toEqual({ code: 2, err: `${message}\n` });
      expect(await runs()).toEqual(['pause', 'pause', null]);
    },
    120_000,
  );
});
