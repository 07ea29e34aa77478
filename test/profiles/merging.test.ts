import fc from 'fast-check';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { type IncomingEvent, LANES, laneOf, putInInbox } from '../../src/ingest/inbox.ts';
import { CatalogShelf } from '../../src/process/catalog.ts';
import { tick } from '../../src/process/clock-tick.ts';
import { type Processing, processLanes } from '../../src/process/process-lane.ts';
import { unmergePeople } from '../../src/process/unmerge-people.ts';
import { oracle } from '../core/oracle.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { workspaceOf } from '../kit/engine.ts';
import { IdentityModel } from './identity-model.ts';

const AUDIENCES = `
audience: paying
trait: plan
is: pro
---
audience: exporting
event: Exported
times: { atLeast: 2 }
---
audience: lately
event: Opened
within: 5h
---
audience: eager
all: [{ audience: exporting }, { audience: lately }, { not: { trait: plan, is: free } }]
`;
const KEYS = ['paying', 'exporting', 'lately', 'eager'] as const;
const T0 = Date.UTC(2026, 0, 1);
const EVERY_LANE = Array.from({ length: LANES }, (_, lane) => lane);

let database: TestDatabase;
let workspace: Workspace;
let now = T0;
let processing: Processing;

beforeAll(async () => {
  database = await testDatabase();
  workspace = await workspaceOf({
    'settings.yaml':
      'settings: test\ntimezone: Etc/UTC\nsender: Shop <a@example.test>\ntraits: { plan: string, seats: number }\n',
    'audiences.yaml': AUDIENCES,
  });
  await publish(database.db, workspace, new Date(T0 - DAY));
  const clock = { speed: 1, now: () => now, wall: () => now };
  processing = { db: database.db, clock, catalogs: new CatalogShelf(), log: pino({ level: 'silent' }) };
});
afterAll(() => database?.drop());

type Draft = Partial<IncomingEvent> & Pick<IncomingEvent, 'type' | 'messageId'>;

async function send(...drafts: Draft[]): Promise<void> {
  const at = new Date(now).toISOString();
  await putInInbox(
    database.db,
    drafts.map((draft) => ({
      name: draft.type,
      properties: {},
      context: {},
      occurredAt: at,
      receivedAt: at,
      ...draft,
    })),
  );
}

async function processAll(): Promise<void> {
  while ((await processLanes(EVERY_LANE, processing)) > 0);
}

/** Everybody whose ids begin so, as the database has it. */
async function peopleIn(prefix: string) {
  const { rows } = await sql<{
    names: string[];
    events: string[] | null;
    accounts: string[] | null;
    traits: JsonObject;
    audiences: string[] | null;
    user_id: string | null;
    has_user: boolean;
  }>`
    select p.traits, p.user_id, array_agg(i.kind || ' ' || i.value) as names, bool_or(i.kind = 'user') as has_user,
      (select array_agg(message_id) from events e where e.profile_id = p.id and e.type = 'track' and not by_engine) as events,
      (select array_agg(a.user_id) from account_members m join profiles a on a.id = m.account_id where m.person_id = p.id) as accounts,
      (select array_agg(audience) from audience_states s where s.profile_id = p.id and s.member) as audiences
    from profiles p join identities i on i.profile_id = p.id
    where p.kind = 'person' and p.merged_into is null and i.value like ${`${prefix}%`} group by p.id
  `.execute(database.db);
  return rows;
}

const inOrder = (texts: readonly string[] | null) => [...(texts ?? [])].sort();

type Step =
  | { readonly do: 'track'; readonly who: number; readonly event: string }
  | {
      readonly do: 'identify';
      readonly user: number;
      readonly visitor: number | undefined;
      readonly traits: JsonObject;
    }
  | { readonly do: 'alias'; readonly user: number; readonly previous: number }
  | { readonly do: 'group'; readonly who: number; readonly account: number }
  | { readonly do: 'undo'; readonly which: number };

const NAMES = 6;
const who = fc.nat({ max: NAMES - 1 });
const user = fc.nat({ max: NAMES / 2 - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('track' as const), who, event: fc.constantFrom('Exported', 'Opened') }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('identify' as const),
      user,
      visitor: fc.option(fc.integer({ min: NAMES / 2, max: NAMES - 1 }), { nil: undefined, freq: 4 }),
      traits: fc.dictionary(fc.constantFrom('plan', 'seats'), fc.constantFrom('pro', 'free', 'trial'), { maxKeys: 2 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('alias' as const), user, previous: who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('group' as const), who, account: fc.nat({ max: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('undo' as const), which: fc.nat({ max: 5 }) }) },
);

describe('whatever is said of a few ids, in any order, and undone', () => {
  test('people, their events, accounts, traits and memberships are those of the plain model', async () => {
    let round = 0;
    let merges = 0;
    let undone = 0;
    const property = fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), async (steps) => {
      round += 1;
      now += 100 * DAY;
      const prefix = `r${round}-`;
      const model = new IdentityModel();
      const nameOf = (index: number) => `${prefix}${index < NAMES / 2 ? 'u' : 'a'}${index}`;
      const named = (index: number) => (index < NAMES / 2 ? { user: nameOf(index) } : { visitor: nameOf(index) });
      const ids = (index: number) => (index < NAMES / 2 ? { userId: nameOf(index) } : { anonymousId: nameOf(index) });

      for (const [place, one] of steps.entries()) {
        now += HOUR;
        await tick(now, processing);
        const messageId = `${prefix}${place}`;
        if (one.do === 'track') {
          model.track(named(one.who), messageId, { name: one.event, at: now, properties: {} });
          await send({ type: 'track', messageId, name: one.event, ...ids(one.who) });
        } else if (one.do === 'identify') {
          const visitor = one.visitor === undefined ? undefined : nameOf(one.visitor);
          model.identify(nameOf(one.user), visitor, one.traits, messageId);
          const anonymous = visitor === undefined ? {} : { anonymousId: visitor };
          await send({ type: 'identify', messageId, userId: nameOf(one.user), ...anonymous, traits: one.traits });
        } else if (one.do === 'alias') {
          if (one.user === one.previous) continue;
          model.alias(nameOf(one.user), nameOf(one.previous), messageId);
          await send({ type: 'alias', messageId, userId: nameOf(one.user), previousId: nameOf(one.previous) });
        } else if (one.do === 'group') {
          model.group(named(one.who), `acme${one.account}`);
          await send({ type: 'group', messageId, groupId: `acme${one.account}`, ...ids(one.who) });
        } else {
          const inForce = model.merges();
          merges = Math.max(merges, inForce.length);
          const cause = inForce[one.which % Math.max(1, inForce.length)];
          if (cause === undefined) continue;
          const row = await database.db
            .selectFrom('merges')
            .select('id')
            .where('message_id', '=', cause)
            .executeTakeFirstOrThrow();
          const tried = await unmergePeople({ merge: row.id, dryRun: true }, processing);
          const done = await unmergePeople({ merge: row.id, dryRun: false }, processing);
          expect(done).toEqual({ ...tried, dryRun: false });
          model.undo(cause);
          undone += 1;
        }
        await processAll();
        await expectAgreement(prefix, model);
      }
    });
    await fc.assert(property, { numRuns: 60, seed: 20_260_101 });
    expect(merges).toBeGreaterThan(2);
    expect(undone).toBeGreaterThan(50);
  }, 120_000);

  async function expectAgreement(prefix: string, model: IdentityModel): Promise<void> {
    await tick(now, processing);
    const found = (await peopleIn(prefix)).map(({ names, events, accounts, traits, audiences }) => ({
      names: inOrder(names),
      events: inOrder(events),
      accounts: inOrder(accounts),
      traits,
      audiences: inOrder(audiences),
    }));
    const wanted = model.people().map(({ names, events, facts, accounts, traits }) => ({
      names: inOrder(names),
      events: inOrder(events),
      accounts: inOrder(accounts),
      traits,
      audiences: inOrder(bruteForce(traits, facts)),
    }));
    const byName = (a: { names: string[] }, b: { names: string[] }) => (a.names.join() < b.names.join() ? -1 : 1);
    expect(found.sort(byName)).toEqual(wanted.sort(byName));
  }

  function bruteForce(traits: JsonObject, events: readonly { name: string; at: number; properties: JsonObject }[]) {
    const audiences = new Set<string>();
    for (const key of KEYS) {
      const condition = workspace.audiences[key]?.condition;
      if (condition !== undefined && oracle(condition, { traits, events, audiences }, now)) audiences.add(key);
    }
    return [...audiences];
  }
});

describe('lanes that merge the same people at the same time', () => {
  test('wait for each other, never for good, and leave one person with everything', async () => {
    for (let round = 0; round < 12; round += 1) {
      now += DAY;
      const users = Array.from({ length: 6 }, (_, index) => `c${round}-user-${index}`);
      await send(
        ...users.map((userId) => ({ type: 'track' as const, name: 'Opened', userId, messageId: `${userId}-before` })),
      );
      await processAll();
      const pairs = users.flatMap((userId, index) => {
        const next = users[(index + 1) % users.length] ?? '';
        return [
          { type: 'alias' as const, userId, previousId: next, messageId: `${userId}-onto-next` },
          { type: 'alias' as const, userId: next, previousId: userId, messageId: `${userId}-back` },
          { type: 'track' as const, name: 'Exported', userId, messageId: `${userId}-after` },
          { type: 'identify' as const, userId, anonymousId: `${next}-phone`, messageId: `${userId}-phone`, traits: {} },
        ];
      });
      await send(...pairs);
      const lanes = [...new Set(pairs.map((call) => laneOf(call)))];
      expect(lanes.length).toBeGreaterThan(2);
      await Promise.all(
        lanes.map(async (lane) => {
          while ((await processLanes([lane], processing)) > 0);
        }),
      );
      await processAll();
      const people = await peopleIn(`c${round}-`);
      expect(people.map(({ events }) => inOrder(events))).toEqual([
        inOrder(users.flatMap((userId) => [`${userId}-before`, `${userId}-after`])),
      ]);
      expect(people[0]?.audiences).toEqual(expect.arrayContaining(['exporting', 'lately']));
      const { held } = await database.db
        .selectFrom('held_events')
        .select(({ fn }) => fn.countAll<number>().as('held'))
        .executeTakeFirstOrThrow();
      expect(held).toBe(0);
    }
  }, 60_000);
});
