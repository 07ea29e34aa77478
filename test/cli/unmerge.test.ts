import { pino } from 'pino';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { publish } from '../../src/definitions/publish.ts';
import { LANES, putInInbox } from '../../src/ingest/inbox.ts';
import { CatalogShelf } from '../../src/process/catalog.ts';
import { processLanes } from '../../src/process/process-lane.ts';
import { type Database, migrate, openDatabase } from '../../src/store/database.ts';
import { workspaceOf } from '../kit/engine.ts';
import { ownDatabase } from './own-database.ts';
import { throughline } from './throughline.ts';

const AT = '2026-01-01T10:00:00.000Z';
const SETTINGS = 'settings: shop\ntimezone: UTC\nsender: Shop <shop@example.com>\n';
let workspace: Awaited<ReturnType<typeof workspaceOf>>;

beforeAll(async () => {
  workspace = await workspaceOf({ 'settings.yaml': SETTINGS, 'a.yaml': 'audience: keen\nevent: Praised\n' });
});

/** A visitor who praised something, and turned out to be ada. */
async function merged(db: Database): Promise<void> {
  await migrate(db);
  await publish(db, workspace, new Date('2026-01-01'));
  const common = { properties: {}, context: {}, occurredAt: AT, receivedAt: AT };
  await putInInbox(db, [
    { ...common, type: 'track', name: 'Praised', messageId: 'praise', anonymousId: 'visitor' },
    { ...common, type: 'identify', name: 'identify', messageId: 'known', userId: 'ada', traits: {} },
    {
      ...common,
      type: 'identify',
      name: 'identify',
      messageId: 'joined',
      userId: 'ada',
      anonymousId: 'visitor',
      traits: {},
    },
  ]);
  const now = Date.parse(AT);
  const clock = { speed: 1, now: () => now, wall: () => now };
  const processing = { db, clock, catalogs: new CatalogShelf(), log: pino({ level: 'silent' }) };
  const lanes = Array.from({ length: LANES }, (_, lane) => lane);
  while ((await processLanes(lanes, processing)) > 0);
}

test('unmerge says what it would do, does it, and does it once', async () => {
  const url = await ownDatabase();
  const db = openDatabase({ url, size: 2 });
  onTestFinished(() => db.destroy());
  await merged(db);
  const env = { DATABASE_URL: url };

  const tried = await throughline(['unmerge', '1', '--dry-run'], env);
  expect(tried).toEqual({
    code: 0,
    err: '',
    out:
      'Merge 1 would be undone: visitor is apart from ada again.\n' +
      '  back with visitor: 1 id, 0 accounts, 1 event, 0 runs\n' +
      'Nothing was changed.\n',
  });
  const done = await throughline(['unmerge', '1', '--json'], env);
  expect(JSON.parse(done.out)).toMatchObject({ held: true, merge: 1, dryRun: false, events: 1 });

  expect(await throughline(['unmerge', '1'], env)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^Merge 1 was undone already, at 20.*Z\.\n$/),
  });
}, 60_000);
