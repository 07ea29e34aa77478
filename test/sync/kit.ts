import { sql } from 'kysely';
import { pino } from 'pino';
import type { Clock, Instant, Milliseconds } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { deliverSyncs, type SyncDelivery, type SyncSettings } from '../../src/sync/deliver.ts';
import { queueChanges } from '../../src/sync/queue.ts';
import { workspaceOf } from '../definitions/folder.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { eventually } from '../kit/eventually.ts';

export const SECRET = `whsec_${Buffer.from('the secret of the sync tests').toString('base64')}`;

export interface SyncBench {
  readonly db: Database;
  readonly database: TestDatabase;
  readonly clock: Clock & { move(by: Milliseconds): void };
  /** Publishes the sync `crm` of the audience `vips`; null takes it away. */
  publish(sync: string | null): Promise<void>;
  /** Adds changes of one person, in turn entered and left. */
  queue(profileId: number, changes?: number): Promise<void>;
  /** A sender with connections of its own, as another processor has. */
  sender(settings?: Partial<SyncSettings>): SyncDelivery & { readonly db: Database };
  /** Starts whatever may start now, and waits until all of that is answered and recorded. */
  send(...senders: SyncDelivery[]): Promise<void>;
  /** Lets time pass, from one instant at which something is due to the next, until nothing waits. */
  drain(...senders: SyncDelivery[]): Promise<void>;
  rows(): Promise<{ id: string; profile: number; status: string; attempts: number; error: string | null }[]>;
  close(): Promise<void>;
}

export const syncFile = (url: string, more = '') =>
  `sync: crm\naudience: vips\nurl: ${url}\nonEntry: { ready: true }\nonExit: { ready: false }\n${more}`;

/** The delivery of syncs on its own, by a clock that the test moves. */
export async function syncBench(): Promise<SyncBench> {
  const database = await testDatabase();
  const { db } = database;
  const clock = standingClock(Date.parse('2026-03-01T12:00:00Z'));
  const open: { stop(): Promise<void>; db: Database }[] = [];
  const turns = new Map<number, number>();

  const bench: SyncBench = {
    db,
    database,
    clock,
    publish: async (sync) => {
      const files = { 'a.yaml': 'audience: vips\nevent: X\n', ...(sync === null ? {} : { 's.yaml': sync }) };
      await publish(db, await workspaceOf(files), new Date(clock.now()));
    },
    queue: async (profileId, changes = 1) => {
      for (let turn = 0; turn < changes; turn += 1) {
        const before = turns.get(profileId) ?? 0;
        turns.set(profileId, before + 1);
        const change = {
          ...{ sync: 'crm', audience: 'vips', at: clock.now(), profileId, changeId: null },
          type: before % 2 === 0 ? ('entered' as const) : ('left' as const),
          person: { userId: `user-${profileId}` },
          fields: { turn: before },
        };
        await db.transaction().execute((tx) => queueChanges(tx, [change], clock.now()));
      }
    },
    sender: (settings = {}) => {
      const own = openDatabase({ url: database.url, schema: database.schema, size: 4 });
      const log = pino({ level: 'silent' });
      const delivery = {
        ...deliverSyncs({ db: own, clock, secret: SECRET, log, ...settings }, () => undefined),
        db: own,
      };
      open.push(delivery);
      return delivery;
    },
    send: async (...senders) => {
      let before = -1;
      for (;;) {
        await Promise.all(senders.map((sender) => sender.pass()));
        await eventually(async () => {
          if ((await count(db, sql`sync_lanes where leased`)) > 0) throw new Error('Calls are under way');
        });
        const { rows } = await sql<{ made: number }>`
          select coalesce(sum(attempts + 1000000 * round), 0)::float8 as made from sync_deliveries
        `.execute(db);
        if (rows[0]?.made === before) return;
        before = rows[0]?.made ?? 0;
      }
    },
    drain: async (...senders) => {
      for (;;) {
        await bench.send(...senders);
        const { rows } = await sql<{ at: Date | null }>`select min(due_at) as at from sync_lanes`.execute(db);
        const at = rows[0]?.at?.getTime();
        if (at === undefined) return;
        clock.move(Math.max(50, at - clock.now()));
      }
    },
    rows: async () => {
      const rows = await db.selectFrom('sync_deliveries').selectAll().orderBy('seq').execute();
      return rows.map(({ sync, at, seq, profile_id: profile, status, attempts, error }) => ({
        id: `${sync}/${at.getTime()}/${seq}`,
        ...{ profile, status, attempts, error },
      }));
    },
    close: async () => {
      await Promise.all(open.map((sender) => sender.stop()));
      await Promise.all(open.map(({ db: own }) => own.destroy().catch(() => undefined)));
      await database.drop();
    },
  };
  return bench;
}

export async function count(db: Database, from: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${from}`.execute(db);
  return rows[0]?.count ?? 0;
}

function standingClock(start: Instant): SyncBench['clock'] {
  let now = start;
  const startedAt = Date.now();
  return {
    speed: 1,
    now: () => now,
    wall: () => startedAt + (now - start),
    move: (by) => {
      now += by;
    },
  };
}

/** Something to wait for until the test says so. */
export function gate(): { readonly held: Promise<void>; release(): void } {
  let release: () => void = () => undefined;
  const held = new Promise<void>((go) => {
    release = go;
  });
  return { held, release: () => release() };
}
