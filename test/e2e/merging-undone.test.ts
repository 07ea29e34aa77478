import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/core/time.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { API_KEY, type TestServer, testServer } from './server.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const WORKSPACE = `
audience: exporting
event: Exported
times: { atLeast: 2 }
---
audience: quiet
not: { event: Exported }
---
journey: exporters
enter: { audience: exporting, again: always }
steps: [{ in-app: note }]
---
journey: for-the-quiet
enter: { audience: quiet, again: always }
steps: [{ in-app: note }]
---
journey: letters
enter: { event: Letters Wanted }
steps:
  - wait: 1h
  - email: first
  - wait: 1d
  - email: second
`;

interface Person {
  readonly userId: string | null;
  readonly traits: object;
  readonly identities: readonly { readonly value: string }[];
  readonly accounts: readonly { readonly id: string }[];
  readonly audiences: readonly { readonly audience: string }[];
  readonly events: readonly { readonly name: string; readonly byEngine: boolean }[];
}

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string, plan: string, seats: number }\n'),
    'workspace.yaml': WORKSPACE,
    'first.mjml': emailFile('first', 'first', 'category: news\n'),
    'second.mjml': emailFile('second', 'second', 'category: news\n'),
    'note.yaml': inAppFile('note', 'note'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
  server = await testServer(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.stop();
  await mailbox.close();
});

const addressOf = (name: string) => `${name}@example.test`;
const say = async (...calls: Parameters<TimeSkippingEngine['send']>) => {
  await engine.send(...calls);
  await engine.settled();
};
const person = async (id: string) => {
  const { userId, traits, identities, accounts, audiences, events } = await server.api<Person>(`/api/people/${id}`);
  return {
    userId,
    traits,
    ids: identities.map(({ value }) => value).sort(),
    accounts: accounts.map((account) => account.id).sort(),
    audiences: audiences.map(({ audience }) => audience).sort(),
    events: events
      .filter(({ byEngine }) => !byEngine)
      .map(({ name }) => name)
      .sort(),
  };
};
const lastMerge = async (id: string) => {
  const { items } = await server.api<{ items: { id: number; undoneAt: string | null }[] }>(`/api/people/${id}/merges`);
  return items[0] ?? { id: 0, undoneAt: null };
};
const undo = async (id: string, more: object = {}) => {
  const { id: merge } = await lastMerge(id);
  return server.api<{ events: number; runs: string[]; stayEnded: { run: string }[] }>(`/api/people/${id}/unmerge`, {
    merge,
    ...more,
  });
};
const outcomes = async (who: string) =>
  (await engine.messagesOf(who)).map(({ step, status, refusal }) => `${step}: ${refusal?.reason ?? status}`);
const join = (userId: string, anonymousId: string, more: object = {}) =>
  say({ type: 'identify', name: 'identify', userId, anonymousId, traits: {}, ...more });

/** `name`, known and with a history, and a visitor `v-<name>`. */
async function twoPeople(name: string): Promise<void> {
  await say(
    { type: 'identify', name: 'identify', userId: name, traits: { email: addressOf(name), plan: 'pro' } },
    { type: 'group', name: 'group', userId: name, groupId: `${name}-acme`, traits: {} },
    { name: 'Exported', userId: name },
    { type: 'identify', name: 'identify', anonymousId: `v-${name}`, traits: { plan: 'free', seats: 3 } },
    { type: 'group', name: 'group', anonymousId: `v-${name}`, groupId: `${name}-other`, traits: {} },
    { name: 'Exported', anonymousId: `v-${name}` },
  );
}

describe('undoing a merge', () => {
  test('gives both back what they had, and each what came since under its own ids', async () => {
    await twoPeople('ada');
    const [ada, visitor] = [await person('ada'), await person('v-ada')];
    await join('ada', 'v-ada');
    expect(await person('ada')).toMatchObject({
      traits: { plan: 'pro', seats: 3 },
      accounts: ['ada-acme', 'ada-other'],
      audiences: ['exporting'],
    });
    await say(
      { name: 'Praised', userId: 'ada' },
      { name: 'Looked', anonymousId: 'v-ada' },
      { type: 'identify', name: 'identify', anonymousId: 'v-ada', traits: { seats: 4 } },
      { type: 'identify', name: 'identify', userId: 'ada', anonymousId: 'adas-phone', traits: { plan: 'team' } },
    );
    await undo('ada');
    await engine.settled();
    expect(await person('ada')).toEqual({
      ...ada,
      ids: ['ada', 'adas-phone'],
      traits: { ...ada.traits, plan: 'team' },
      events: [...ada.events, 'Praised', 'identify', 'identify'].sort(),
    });
    expect(await person('v-ada')).toEqual({
      ...visitor,
      traits: { plan: 'free', seats: 4 },
      events: [...visitor.events, 'Looked', 'identify'].sort(),
    });
    expect(await lastMerge('v-ada')).toMatchObject({ undoneAt: expect.any(String) });
    await say({ name: 'Praised', anonymousId: 'v-ada' });
    expect((await person('v-ada')).events).toContain('Praised');
  });

  test('tried only, changes nothing and says the same', async () => {
    await twoPeople('tried');
    const { events } = await server.api<Person>('/api/people/v-tried');
    await join('tried', 'v-tried');
    const before = await person('tried');
    const tried = await undo('tried', { dryRun: true });
    expect(await person('tried')).toEqual(before);
    const done = await undo('tried');
    expect(done).toEqual({ ...tried, dryRun: false });
    expect(done).toMatchObject({
      stays: { userId: 'tried' },
      comesBack: { userId: null, anonymousId: 'v-tried' },
      identities: [{ kind: 'anonymous', value: 'v-tried' }],
      accounts: ['tried-other'],
      events: events.length,
    });
  });

  test('starts no journey, and in both histories says that it was', async () => {
    await say(
      { name: 'Exported', anonymousId: 'v-silent' },
      { type: 'identify', name: 'identify', userId: 'silent', traits: {} },
    );
    const before = await outcomes('silent');
    await join('silent', 'v-silent');
    expect(await engine.audiencesOf('silent')).toEqual([]);
    await undo('silent');
    await engine.pass(HOUR);
    expect(await engine.audiencesOf('silent')).toEqual(['quiet']);
    expect(await outcomes('silent')).toEqual(before);
    for (const id of ['silent', 'v-silent']) {
      const { events } = await server.api<Person>(`/api/people/${id}`);
      expect(events).toContainEqual(expect.objectContaining({ name: 'Merge Undone', byEngine: true }));
    }
  });

  test('a run that came over goes back and goes on; one that the merge ended stays ended', async () => {
    const traits = { email: addressOf('v-running') };
    await say(
      { type: 'identify', name: 'identify', anonymousId: 'v-running', traits },
      { name: 'Letters Wanted', anonymousId: 'v-running' },
      { type: 'identify', name: 'identify', userId: 'running', traits: { email: addressOf('running') } },
    );
    await join('running', 'v-running');
    await engine.pass(2 * HOUR);
    expect((await undo('running')).runs).toContainEqual(expect.stringContaining('letters/'));
    await engine.pass(2 * DAY);
    expect(await outcomes('v-running')).toEqual(expect.arrayContaining(['email-first: sent', 'email-second: sent']));
    expect(await engine.runsOf('running', 'letters')).toEqual([]);
    expect(mailbox.messagesTo(addressOf('running')).map(({ subject }) => subject)).toEqual(['first']);
    expect(mailbox.messagesTo(addressOf('v-running')).map(({ subject }) => subject)).toEqual(['second']);

    await say(
      ...['v-both', 'both'].map((id) => ({ name: 'Letters Wanted', [id === 'both' ? 'userId' : 'anonymousId']: id })),
    );
    await join('both', 'v-both');
    const { stayEnded } = await undo('both');
    expect(stayEnded).toHaveLength(1);
    await engine.pass(2 * DAY);
    expect((await engine.runsOf('v-both', 'letters')).map(({ id, status }) => ({ id, status }))).toEqual([
      { id: stayEnded[0]?.run, status: 'merged' },
    ]);
    expect((await engine.runsOf('both', 'letters')).map(({ status }) => status)).toEqual(['completed']);
  });

  test('an unsubscribe goes back with whoever it was of; one while they were one holds for both', async () => {
    const suppressed = async (id: string) => {
      const rows = await engine.db
        .selectFrom('suppressions')
        .innerJoin('identities', 'identities.profile_id', 'suppressions.profile_id')
        .select('what')
        .where('value', '=', id)
        .orderBy('what')
        .execute();
      return rows.map(({ what }) => what);
    };
    const unsubscribe = async (id: string, category: string) => {
      const { profile_id } = await engine.db
        .selectFrom('identities')
        .select('profile_id')
        .where('value', '=', id)
        .executeTakeFirstOrThrow();
      await engine.db
        .insertInto('suppressions')
        .values({ profile_id, what: category, at: new Date(), cause: '{}' })
        .execute();
    };
    await twoPeople('tired');
    await unsubscribe('v-tired', 'news');
    await unsubscribe('tired', 'offers');
    await join('tired', 'v-tired');
    await unsubscribe('tired', 'surveys');
    await undo('tired');
    expect([await suppressed('tired'), await suppressed('v-tired')]).toEqual([
      ['offers', 'surveys'],
      ['news', 'surveys'],
    ]);
  });
});

describe('after the undo', () => {
  test('`identify` with the same pair keeps them apart, an `alias` joins them again', async () => {
    await twoPeople('apart');
    await join('apart', 'v-apart');
    await undo('apart');
    await join('apart', 'v-apart');
    expect((await person('v-apart')).userId).toBeNull();
    await engine.pass(HOUR);
    await say({ type: 'alias', name: 'alias', userId: 'apart', previousId: 'v-apart' });
    expect((await person('v-apart')).userId).toBe('apart');
    await undo('apart');
    await join('apart', 'v-apart');
    expect((await person('v-apart')).userId).toBeNull();
  });

  test('it cannot be undone twice, nor through somebody who is no party to it; an unknown merge is not found', async () => {
    await twoPeople('twice');
    await join('twice', 'v-twice');
    await say({ name: 'Exported', userId: 'stranger' });
    const { id } = await lastMerge('twice');
    const ask = async (who: string, merge: number) => {
      const response = await fetch(`${server.url}/api/people/${who}/unmerge`, {
        method: 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ merge }),
      });
      const { error } = (await response.json()) as { error?: { code: string; message: string } };
      return { status: response.status, code: error?.code, message: error?.message };
    };
    expect(await ask('stranger', id)).toEqual({
      status: 404,
      code: 'not-found',
      message: `Merge ${id} is not this person's`,
    });
    expect(await ask('twice', id)).toMatchObject({ status: 200 });
    expect(await ask('twice', id)).toMatchObject({ status: 409, code: 'undone' });
    expect(await ask('twice', 999_999)).toMatchObject({ status: 404, message: 'There is no merge 999999' });
  });
});
