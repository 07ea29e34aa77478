import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestEngine, testEngine, workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const ACCOUNTS = 24;
const PEOPLE = 10;
const OF_EACH = 6;

const JOURNEYS = `
role: everyone
atMost: 10
---
journey: rush
of: accounts
enter: { event: Rush }
goal: { event: Never }
exit: { after: 1h }
steps:
  - { email: hello, to: everyone }
  - { in-app: tips, to: everyone }
---
journey: own
enter: { event: Rush }
steps: [{ email: news }, { in-app: note }]
`;

let engine: TestEngine;
let mailbox: TestMailbox;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile(
      'traits: { email: string, seen: number }\ncaps: [{ channel: email, atMost: 2, within: 7d }, { channel: in-app, atMost: 1, within: 7d }]\n',
    ),
    'journeys.yaml': JOURNEYS,
    'hello.mjml': emailFile('hello', 'Hello'),
    'news.mjml': emailFile('news', 'News'),
    'tips.yaml': inAppFile('tips', 'Tips'),
    'note.yaml': inAppFile('note', 'Note'),
  });
  engine = await testEngine({ workspace, smtpUrl: mailbox.url });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

/** Which people belong to which account: each to many, and no two accounts alike. */
const membersOf = (account: number) =>
  Array.from({ length: OF_EACH }, (_, n) => (account * 7 + n * (1 + (account % 3))) % PEOPLE);

test('accounts that share their people write to them at once: no cap is broken, and nobody waits for ever', async () => {
  const person = (n: number) => `person-${n}`;
  for (let n = 0; n < PEOPLE; n += 1) await engine.identify(person(n), { email: `${person(n)}@example.test` });
  const joins = Array.from({ length: ACCOUNTS }, (_, account) =>
    [...new Set(membersOf(account))].map((n) => ({
      type: 'group' as const,
      name: 'group',
      userId: person(n),
      groupId: `account-${account}`,
      traits: {},
    })),
  ).flat();
  await engine.send(...joins);
  await engine.settled();
  const before = await deadlocks();

  const rush = Array.from({ length: ACCOUNTS }, (_, account) => {
    const userId = person(membersOf(account)[0] ?? 0);
    return { name: 'Rush', userId, context: { groupId: `account-${account}` } };
  });
  await engine.send(...rush);
  for (let round = 0; round < 10; round += 1)
    await engine.send(
      ...Array.from({ length: PEOPLE }, (_, n) => ({
        type: 'identify' as const,
        name: 'identify',
        userId: person(n),
        traits: { seen: round },
      })),
    );
  await engine.settled();

  const { rows: runs } = await sql<{ id: string; people: number; emails: number; tips: number }>`
    select r.id, (select count(*) from account_members a where a.account_id = r.profile_id) as people,
      count(*) filter (where m.channel = 'email') as emails, count(*) filter (where m.channel = 'in-app') as tips
    from runs r join messages m on m.run_id = r.id where r.journey = 'rush' group by r.id
  `.execute(engine.db);
  expect(runs).toHaveLength(ACCOUNTS);
  for (const { people, emails, tips } of runs) expect([emails, tips]).toEqual([people, people]);

  const { rows: sent } = await sql<{ person: string; channel: string; count: number }>`
    select p.user_id as person, channel, count(*) from messages m join profiles p on p.id = m.profile_id
    where status = 'sent' group by 1, 2 order by 1, 2
  `.execute(engine.db);
  expect(sent).toEqual(
    Array.from({ length: PEOPLE }, (_, n) => [
      { person: person(n), channel: 'email', count: 2 },
      { person: person(n), channel: 'in-app', count: 1 },
    ]).flat(),
  );
  for (let n = 0; n < PEOPLE; n += 1) expect(mailbox.messagesTo(`${person(n)}@example.test`)).toHaveLength(2);
  expect((await deadlocks()) - before).toBe(0);
}, 120_000);

/** Of the whole server that tests share. */
async function deadlocks(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select deadlocks as count from pg_stat_database where datname = current_database()
  `.execute(engine.db);
  return rows[0]?.count ?? 0;
}
