import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publish } from '../../src/definitions/publish.ts';
import { advanceRun, advanceToDelivery } from '../../src/runs/advance-run.ts';
import { type Delivering, deliverMessage, deliverNext } from '../../src/runs/deliver-message.ts';
import type { Instruction } from '../../src/runs/instruction.ts';
import { suppress } from '../../src/runs/suppression.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { deliveringBy } from '../kit/delivering.ts';
import { workspaceOf } from '../kit/engine.ts';

const MJML =
  '<mjml><mj-body><mj-section><mj-column><mj-text><a href="{{ unsubscribeUrl }}">out</a></mj-text></mj-column></mj-section></mj-body></mjml>';
const RUN = 'hello/acme/0';

let database: TestDatabase;
let version: string;
let sent: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  const workspace = await workspaceOf({
    'settings.yaml': 'settings: t\ntimezone: Etc/UTC\nsender: Shop <shop@example.test>\ntraits: { email: string }\n',
    'hello.yaml': `role: everyone
atMost: 9
---
journey: hello
of: accounts
enter: { event: Signed Up }
steps: [{ email: direct, to: everyone }, { in-app: tip, to: everyone }, { id: again, email: direct, to: everyone }]
---
in-app: tip
placement: banner
title: Tip
body: Tip
`,
    'direct.mjml': `---\nemail: direct\nsubject: Hi\n---\n${MJML}\n`,
  });
  await publish(database.db, workspace, new Date());
  version = workspace.journeys.hello?.hash ?? '';
});
afterAll(() => database.drop());

/** An account whose run stands before its first step. The account's profile is the youngest, so that it is locked last. */
async function begin(people: readonly string[]): Promise<{ account: number; ids: readonly number[] }> {
  const { db } = database;
  const now = new Date();
  sent = [];
  await db.deleteFrom('runs').execute();
  await db.deleteFrom('suppressions').execute();
  await db.deleteFrom('profiles').execute();
  const common = { created_at: now, applied_at: now, filled_to: 1 };
  const rows = await db
    .insertInto('profiles')
    .values([
      ...people.map((name) => ({
        ...common,
        user_id: name,
        traits: JSON.stringify({ email: `${name}@example.test` }),
      })),
      { ...common, kind: 'account' as const, user_id: 'acme', traits: '{}' },
    ])
    .returning(['id', 'kind'])
    .execute();
  const account = rows.find(({ kind }) => kind === 'account')?.id ?? 0;
  const ids = rows.flatMap(({ id, kind }) => (kind === 'person' ? [id] : []));
  await db
    .insertInto('account_members')
    .values(ids.map((id) => ({ account_id: account, person_id: id, joined_at: now })))
    .execute();
  const cursor = JSON.stringify({ phase: 'ready', step: 'email-direct', at: now.getTime(), visit: 0 });
  const run = { id: RUN, journey: 'hello', version, profile_id: account, person: 'acme', visit: 0, held_out: false };
  await db
    .insertInto('runs')
    .values({ ...run, entered_at: now, entry: '{}', cursor })
    .execute();
  return { account, ids };
}

class Killed extends Error {
  override readonly name = 'Killed';
}

/** @param dies asked before each email is handed over */
const delivering = (dies: () => boolean = () => false): Delivering =>
  deliveringBy(database.db, (to) => {
    if (dies()) throw new Killed();
    sent.push(to);
  });

const ref = () => ({ run: RUN, version });
const rowsOf = () =>
  database.db.selectFrom('messages').select(['id', 'step', 'status', 'profile_id as person']).orderBy('id').execute();

test('whatever is done twice, or dies in between, each of the people gets each message once', async () => {
  const property = fc.asyncProperty(fc.infiniteStream(fc.nat({ max: 4 })), async (chances) => {
    const { ids } = await begin(['ann', 'bob', 'cy', 'dan']);
    await suppress(database.db, ids[1] ?? 0, { what: 'marketing', until: null }, Date.now(), {});
    const drawn = () => chances.next().value;
    const worker = delivering(() => drawn() === 0);
    let next: Instruction = await advanceRun(ref(), worker);
    for (let calls = 0; next.kind !== 'end'; calls += 1) {
      expect(calls).toBeLessThan(300);
      try {
        // A worker that asks anew, one that dies with what it was told, one that was told before, and two at once.
        if (drawn() === 1) next = await advanceRun(ref(), worker);
        if (drawn() === 2) await advanceToDelivery(ref(), 'email', worker);
        if (drawn() === 3) next = await deliverNext(ref(), 'email', worker);
        if (next.kind === 'deliver') next = await deliverMessage(ref(), next.message, worker);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    }
    const mails = ['ann', 'cy', 'dan'].map((name) => `${name}@example.test`);
    expect(sent.sort()).toEqual([...mails, ...mails].sort());
    const rows = await rowsOf();
    expect(rows).toHaveLength(12);
    expect(rows.map(({ id, person }) => id.endsWith(`/${person}`))).not.toContain(false);
    expect(rows.filter(({ status }) => status === 'refused').map(({ person }) => person)).toEqual(
      Array.from({ length: 3 }, () => ids[1]),
    );
    expect(rows.filter(({ status }) => status === 'sent')).toHaveLength(9);
  });
  await fc.assert(property, { numRuns: 25 });
}, 120_000);

test('a run lets go of its account where somebody else has one of its people and wants the account, too', async () => {
  const { account, ids } = await begin(['ann']);
  const { db } = database;
  let told: Promise<Instruction> | undefined;
  await db.transaction().execute(async (tx) => {
    const lock = (id: number) => tx.selectFrom('profiles').select('id').where('id', '=', id).forNoKeyUpdate().execute();
    await lock(ids[0] ?? 0);
    told = advanceRun(ref(), delivering());
    await delay(200);
    // Whoever held the account while waiting for the person would be waited for by this for ever.
    await lock(account);
    expect(await tx.selectFrom('messages').select('id').execute()).toEqual([]);
  });
  expect(await told).toMatchObject({ kind: 'deliver', message: `${RUN}/email-direct/0/${ids[0]}` });
});

test('somebody who becomes one with a person that had the message already does not have it again', async () => {
  const { ids } = await begin(['ann', 'bob', 'cy']);
  const [ann = 0, , cy = 0] = ids;
  const { db } = database;
  let next = await advanceRun(ref(), delivering());
  for (let turn = 0; next.kind === 'deliver'; turn += 1) {
    // As a merge leaves them, after the first turn: what ann had is cy's, and she is cy.
    if (turn === 1) {
      await db.updateTable('messages').set({ profile_id: cy }).where('profile_id', '=', ann).execute();
      await db.deleteFrom('account_members').where('person_id', '=', ann).execute();
      await db.updateTable('profiles').set({ merged_into: cy }).where('id', '=', ann).execute();
    }
    next = await deliverMessage(ref(), next.message, delivering());
  }
  expect(sent).toEqual(['ann', 'bob', 'bob', 'cy'].map((name) => `${name}@example.test`));
  const refused = await db.selectFrom('messages').select(['id', 'refusal']).where('status', '=', 'refused').execute();
  expect(refused).toEqual([
    {
      id: `${RUN}/email-direct/0/${cy}`,
      refusal: { reason: 'sent-before', message: `${RUN}/email-direct/0/${ann}` },
    },
  ]);
});
