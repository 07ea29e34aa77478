/**
 * Messages that fall due, and events of people who are waited for, while many events of others wait to be processed.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../src/core/time.ts';
import { inboxDepth } from '../src/ingest/inbox.ts';
import { type Figure, percentile } from './harness/figures.ts';
import type { Ground } from './harness/ground.ts';
import { inboxEmpty, makeKnown, peopleOf, userOf } from './harness/people.ts';
import type { Sink } from './harness/sink.ts';
import { type TrackingClient, track } from './harness/tracking.ts';
import { until } from './harness/until.ts';

/** As in the workspace. */
const WAIT = 30 * SECOND;
const DUE = 50;
const LIVE = 20;
/** Between two of them. */
const EVERY = 100;
/** The backlog begins so long before the first message falls due. */
const AHEAD = 6 * SECOND;
/** How late a message may be that waits for nobody. */
const LATE_AT_MOST = 1_000;

export interface Sends {
  /** How late messages were, in milliseconds, without a backlog. */
  readonly alone: readonly number[];
  readonly underBacklog: readonly number[];
  /** Events that waited when the last of them went out. */
  readonly left: number;
  /** From a person's event during the backlog to the message, in milliseconds. */
  readonly live: readonly number[];
  /** From the backlog's first event to an empty inbox. */
  readonly drained: number;
}

interface Settings {
  readonly tracking: TrackingClient;
  readonly sink: Sink;
  readonly say: (line: string) => void;
  /** Posts it; returns when it is accepted. */
  readonly backlog: () => Promise<unknown>;
  readonly patience: number;
}

export async function sendsUnderBacklog(ground: Ground, settings: Settings): Promise<Sends> {
  const { tracking, sink, say, backlog, patience } = settings;
  const { db } = ground;
  const live = peopleOf('live', LIVE);
  await makeKnown([...live, ...peopleOf('alone', DUE), ...peopleOf('loaded', DUE)], tracking, db);

  const alone = await dueMessages('alone', async () => undefined);
  const acceptedAt = new Map<string, number>();
  const quiet = sink.onAccepted(({ to, at }) => void acceptedAt.set(userOf(to), at));
  const postedAt = new Map<string, number>();
  let drained = Promise.resolve(Number.NaN);
  let left = Number.NaN;
  const underBacklog = await dueMessages('loaded', async () => {
    const from = performance.now();
    await backlog();
    drained = inboxEmpty(db, patience).then(() => performance.now() - from);
    for (const { userId } of live) {
      postedAt.set(userId, Date.now());
      await tracking.send(track(userId, 'Live Probe'));
    }
  });
  left = await inboxDepth(db);
  const took = await drained;
  await until('everybody whose event came is mailed', () => live.every(({ userId }) => acceptedAt.has(userId)), {
    within: patience,
  });
  quiet();
  const sends = {
    ...{ alone, underBacklog, left, drained: took },
    live: live.map(({ userId }) => (acceptedAt.get(userId) ?? Number.NaN) - (postedAt.get(userId) ?? Number.NaN)),
  };
  say(`Under a backlog: ${JSON.stringify(sends)}`);
  return sends;

  /** People enter one after the other, {@link WAIT} before their messages are due; how late each went out. */
  async function dueMessages(group: string, meanwhile: () => Promise<unknown>): Promise<number[]> {
    const dueAt = new Map<string, number>();
    const late: number[] = [];
    const stop = sink.onAccepted(({ to, at }) => {
      const due = dueAt.get(userOf(to));
      if (due !== undefined) late.push(at - due);
    });
    const startAt = Date.now();
    const posts: Promise<void>[] = [];
    for (const [index, { userId }] of peopleOf(group, DUE).entries()) {
      await delay(Math.max(0, startAt + index * EVERY - Date.now()));
      dueAt.set(userId, Date.now() + WAIT);
      posts.push(tracking.send(track(userId, 'Due Probe')));
    }
    await Promise.all(posts);
    await delay(Math.max(0, startAt + WAIT - AHEAD - Date.now()));
    await meanwhile();
    await until('every message that is due has gone out', () => late.length === DUE, { within: patience });
    stop();
    return late;
  }
}

export function backlogFigures({ alone, underBacklog, left, live, drained }: Sends): Figure[] {
  const late = (key: string, label: string, values: readonly number[], share: number): Figure => ({
    key,
    label: `a due message is late, ${label}`,
    value: percentile(values, share),
    unit: 'ms',
  });
  return [
    { key: 'drainSeconds', label: 'until the backlog was worked off', value: drained / SECOND, unit: 's' },
    late('dueAloneP99', 'without a backlog, p99', alone, 0.99),
    late('dueP50', 'under a backlog, p50', underBacklog, 0.5),
    { ...late('dueP99', 'under a backlog, p99', underBacklog, 0.99), target: { below: LATE_AT_MOST } },
    {
      key: 'backlogLeft',
      label: 'events still waiting when the last of these went out',
      value: left,
      target: { atLeast: 1 },
    },
    {
      key: 'liveP50',
      label: 'from a new event behind the backlog to its message, p50',
      value: percentile(live, 0.5) / SECOND,
      unit: 's',
    },
  ];
}
