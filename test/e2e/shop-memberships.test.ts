import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
import type { EventFact } from '../../src/core/facts.ts';
import { createClock, DAY, type Instant } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { readClickstream, type ShopCall } from '../../src/demo/clickstream.ts';
import { type IncomingEvent, inboxDepth, LANES, putInInbox } from '../../src/ingest/inbox.ts';
import { CatalogShelf } from '../../src/process/catalog.ts';
import { tick } from '../../src/process/clock-tick.ts';
import { type Processing, workLanes } from '../../src/process/process-lane.ts';
import { oracle } from '../core/oracle.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { SHOP_AUDIENCES } from './shop-audiences.ts';

const INSTANTS = 200;
const AT_ONCE = 2_000;
let database: TestDatabase;
let calls: readonly ShopCall[];

beforeAll(async () => {
  database = await testDatabase();
  calls = await readClickstream();
});
afterAll(() => database.drop());

it('half a year of a shop: 14 audiences of every kind equal brute force at 200 random instants, for all 600 people', async () => {
  const last = calls.at(-1)?.at ?? 0;
  await throughTheEngine(last + 40 * DAY);
  const recorded = await membershipsRecorded();
  const people = byUser(calls);
  const differences: string[] = [];
  const seen = new Set<string>();
  for (const now of randomInstants(calls[0]?.at ?? 0, last + 40 * DAY)) {
    for (const [userId, own] of people) {
      const wanted = bruteForce(own, now);
      const found = recorded(userId, now);
      for (const audience of Object.keys(SHOP_AUDIENCES)) {
        if (wanted.has(audience)) seen.add(audience);
        if (wanted.has(audience) === found.has(audience)) continue;
        differences.push(
          `${new Date(now).toISOString()} ${userId} ${audience}: ${wanted.has(audience)} by brute force`,
        );
      }
    }
  }
  expect(differences).toEqual([]);
  expect([...seen].sort()).toEqual(Object.keys(SHOP_AUDIENCES).sort());
}, 300_000);

/** Everything through the inbox and the lanes, then the clock up to `until`. */
async function throughTheEngine(until: Instant): Promise<void> {
  const { db } = database;
  await publish(db, workspace(), new Date((calls[0]?.at ?? 0) - DAY));
  const processing: Processing = {
    db,
    clock: createClock({ start: until }),
    catalogs: new CatalogShelf(),
    log: pino({ level: 'silent' }),
  };
  for (let from = 0; from < calls.length; from += AT_ONCE) {
    await putInInbox(db, calls.slice(from, from + AT_ONCE).map(incoming));
    const lanes = Array.from({ length: LANES }, (_, lane) => lane);
    await Promise.all(
      lanes.map(async (lane) => {
        while ((await workLanes([lane], processing)) > 0);
      }),
    );
  }
  expect(await inboxDepth(db)).toBe(0);
  while ((await tick(until, processing)) > 0);
}

/** Who was in what, from the log of entries and exits. */
async function membershipsRecorded(): Promise<(userId: string, now: Instant) => ReadonlySet<string>> {
  const rows = await database.db
    .selectFrom('audience_changes')
    .innerJoin('profiles', 'profiles.id', 'audience_changes.profile_id')
    .select(['profiles.user_id as userId', 'audience', 'entered', 'at'])
    .orderBy('audience_changes.id')
    .execute();
  const byPerson = byUser(rows);
  return (userId, now) => {
    const inside = new Set<string>();
    for (const { audience, entered, at } of byPerson.get(userId) ?? []) {
      if (at.getTime() > now) continue;
      if (entered) inside.add(audience);
      else inside.delete(audience);
    }
    return inside;
  };
}

function bruteForce(own: readonly ShopCall[], now: Instant): ReadonlySet<string> {
  const known = own.filter(({ at }) => at <= now);
  const audiences = new Set<string>();
  if (known.length === 0) return audiences;
  const traits: JsonObject = Object.assign({}, ...known.map((call) => (call.type === 'identify' ? call.traits : {})));
  const events = known.flatMap((call): EventFact[] =>
    call.type === 'track' ? [{ name: call.event, at: call.at, properties: call.properties }] : [],
  );
  for (const [key, condition] of Object.entries(SHOP_AUDIENCES))
    if (oracle(condition, { traits, events, audiences }, now)) audiences.add(key);
  return audiences;
}

function byUser<T extends { readonly userId: string | null }>(all: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(one.userId ?? '');
    if (group === undefined) groups.set(one.userId ?? '', [one]);
    else group.push(one);
  }
  return groups;
}

function randomInstants(from: Instant, to: Instant): Instant[] {
  let seed = 20_240_104;
  return Array.from({ length: INSTANTS }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return from + Math.floor((seed / 2 ** 31) * (to - from));
  });
}

function incoming(call: ShopCall): IncomingEvent {
  const { messageId, userId } = call;
  const at = new Date(call.at).toISOString();
  const common = { messageId, userId, context: {}, occurredAt: at, receivedAt: at };
  return call.type === 'identify'
    ? { ...common, type: 'identify', name: 'identify', traits: call.traits, properties: {} }
    : { ...common, type: 'track', name: call.event, properties: call.properties };
}

function workspace(): Workspace {
  const audiences = Object.entries(SHOP_AUDIENCES).map(
    ([key, condition]) => [key, { key, of: 'person' as const, condition, hash: key }] as const,
  );
  return {
    hash: 'shop',
    settings: {
      name: 'shop',
      timezone: 'Europe/Berlin',
      sender: 'Shop <shop@example.com>',
      caps: [],
      onUncertainSend: 'again',
      traits: {},
      accountTraits: {},
    },
    audiences: Object.fromEntries(audiences),
    computedTraits: {},
    journeys: {},
  };
}
