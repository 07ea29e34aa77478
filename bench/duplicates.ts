/**
 * The same event, sent more than once in every way that happens: it counts once.
 * @module
 */
import { HOUR, SECOND } from '../src/core/time.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import type { Figure } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { inboxEmpty, makeKnown, peopleOf, userOf } from './harness/people.ts';
import { startProductProcess } from './harness/product.ts';
import { runsByPerson, stuckAfter } from './harness/runs.ts';
import { startSink } from './harness/sink.ts';
import { type Call, type TrackingClient, track, trackingClient } from './harness/tracking.ts';
import { until } from './harness/until.ts';
import { REFERENCE_WORKSPACE } from './harness/workspaces.ts';

/** The journey's wait of an hour takes one second. */
const CLOCK_SPEED = HOUR / SECOND;
const STUCK_AFTER = 60 * SECOND;
const JOURNEY = 'reference-email';

interface Manner {
  readonly key: string;
  readonly label: string;
  send(calls: readonly Call[], one: TrackingClient, other: TrackingClient): Promise<void>;
}

const MANNERS: readonly Manner[] = [
  {
    key: 'inARow',
    label: 'twice in a row',
    send: async (calls, one) => {
      for (const call of calls) {
        await one.send(call);
        await one.send(call);
      }
    },
  },
  {
    key: 'inABatch',
    label: 'twice in one batch',
    send: async (calls, one) => {
      for (const call of calls) await one.sendBatch([call, call]);
    },
  },
  {
    key: 'atOnce',
    label: 'at the same instant over two connections',
    send: async (calls, one, other) => {
      for (const call of calls) await Promise.all([one.send(call), other.send(call)]);
    },
  },
];

export const duplicates = defineBench({
  summary: 'an event that arrives more than once makes one entry and one message',
  settings: { people: { byDefault: 100, about: 'people in each manner of sending twice' } },
  run: (context) => onGround(context, (ground) => sendTwice(ground, context)),
});

async function sendTwice(ground: Ground, { settings, profileTo }: BenchContext<'people'>) {
  const sink = await startSink(ground);
  const product = await startProductProcess(ground, {
    name: 'engine',
    roles: ['api', 'processor', 'worker'],
    workspace: REFERENCE_WORKSPACE,
    smtpUrl: sink.url,
    clockSpeed: CLOCK_SPEED,
    profileTo,
  });
  ground.atEnd(() => product.stop());
  const [one, other] = [trackingClient({ ...product, connections: 1 }), trackingClient({ ...product, connections: 1 })];
  ground.atEnd(async () => {
    one.close();
    other.close();
  });

  const sent: Call[] = [];
  const groups = MANNERS.map((manner) => ({ manner, people: peopleOf(manner.key, settings.people) }));
  for (const { manner, people } of groups) {
    await makeKnown(people, one, ground.db);
    const calls = people.map(({ userId }) => track(userId, 'Reference Started', { channel: 'email' }));
    await manner.send(calls, one, other);
    sent.push(...calls);
  }
  const everyone = groups.flatMap(({ people }) => people);
  await until('everyone has a message', () => new Set(sink.accepted.map(({ to }) => to)).size === everyone.length);
  await one.sendAll(everyone.map(({ userId }) => track(userId, 'Reference Converted')));
  let stuck = await stuckAfter(ground, STUCK_AFTER);

  // The journey may be entered again, so that from here on a duplicate that counted would make another run.
  await one.sendAll(sent);
  await inboxEmpty(ground.db);
  stuck += await stuckAfter(ground, STUCK_AFTER);

  const runs = await runsByPerson(ground, JOURNEY);
  const figures: Figure[] = groups.flatMap(({ manner: { key, label }, people }) => {
    const users = new Set(people.map(({ userId }) => userId));
    const entries = people.reduce((sum, { userId }) => sum + (runs.get(userId) ?? 0), 0);
    const messages = sink.accepted.filter(({ to }) => users.has(userOf(to))).length;
    const target = { exactly: settings.people };
    return [
      { key: `${key}Entries`, label: `${label}: entries`, value: entries, target },
      { key: `${key}Messages`, label: `${label}: messages`, value: messages, target },
    ];
  });
  const { refusedEntries, loggedTwice } = await traces(ground);
  const none = { exactly: 0 };
  return {
    figures: [
      ...figures,
      { key: 'stuck', label: 'runs that did not end', value: stuck, target: none },
      { key: 'loggedTwice', label: 'events in the log more than once', value: loggedTwice, target: none },
      { key: 'refusedEntries', label: 'entries refused for a duplicate', value: refusedEntries, target: none },
    ],
    notes: [
      `One run with ${settings.people} people in each manner. Every event was sent once more after its run had ended,`,
      'in a journey that may be entered again at any time. All counts are exact.',
    ],
  };
}

/** A duplicate that was counted leaves a second entry in the log, and a refused one while its run is under way. */
async function traces({ db }: Ground): Promise<{ refusedEntries: number; loggedTwice: number }> {
  const refused = await db.selectFrom('entry_refusals').select('id').execute();
  const logged = await db
    .selectFrom('events')
    .select('message_id')
    .groupBy('message_id')
    .having(({ fn }) => fn.countAll(), '>', 1)
    .execute();
  return { refusedEntries: refused.length, loggedTwice: logged.length };
}
