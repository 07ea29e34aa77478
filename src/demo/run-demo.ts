/**
 * The demo: half a year of a shop through the whole product in minutes, and the proof that it was right.
 * @module
 */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { DAY, earlier, type Instant, type Milliseconds, SECOND } from '../core/time.ts';
import { backlog, nextStepDue, oldestWaitingCall } from '../measurement/backlog.ts';
import { nextTick } from '../process/clock-tick.ts';
import type { Config } from '../runtime/config.ts';
import { readableLine } from '../runtime/log.ts';
import { readClickstream } from './clickstream.ts';
import { counted } from './columns.ts';
import { createPacedClock, type PacedClock } from './paced-clock.ts';
import { type Progress, readEngine } from './progress.ts';
import { createSender, type Sender } from './sender.ts';
import { demoConfig, emptyFolder, openStage, type Stage } from './stage.ts';
import { type DemoSummary, summarise } from './summary.ts';

export interface DemoSettings {
  readonly config: Config;
  /** Days of the shop in a second of ours. */
  readonly daysPerSecond: number;
  /** Something to tell while servers start. */
  readonly onNews: (line: string) => void;
  /** Called about once a second. */
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

export interface Demo {
  readonly summary: DemoSummary;
  readonly stage: Stage;
  /** Where the log is. */
  readonly logFile: string;
  readonly warnings: number;
}

/** Midnight before the first event. */
const START: Instant = Date.parse('2024-01-04T00:00:00Z');
/** The clock runs on after the last event, so that most journeys reach their end. */
const RUN_ON: Milliseconds = 8 * DAY;
/** A message that Temporal lost on the way to a busy worker is tried again after two minutes. */
const COMES_TO_REST_WITHIN: Milliseconds = 150_000;
const LOOK_AGAIN: Milliseconds = 100;
const TELL_EVERY: Milliseconds = 1_000;

/**
 * Runs the whole demo and leaves everything up; the caller closes the stage.
 * @throws {DemoRunningError}
 * @throws {NotAcknowledgedError}
 */
export async function runDemo(settings: DemoSettings): Promise<Demo> {
  const { signal, daysPerSecond } = settings;
  const config = await demoConfig(settings.config);
  await emptyFolder(config.dataDir);
  const calls = await readClickstream();
  const logFile = join(config.dataDir, 'demo.log');
  const logs = demoLogs(config.logLevel, logFile, settings.onNews);
  const clock = createPacedClock({ start: START, speed: (daysPerSecond * DAY) / SECOND });

  settings.onNews('Starting Postgres, Temporal and a mailbox.');
  const stage = await openStage(config, clock, logs, signal);
  try {
    logs.startCounting();
    const startedAt = Date.now();
    const end = (calls.at(-1)?.at ?? START) + RUN_ON;
    const release = (before: Instant) => releaseUpTo(Math.min(before - 1, end), clock, stage);
    const sender = createSender({
      calls,
      host: stage.url,
      writeKey: config.writeKey,
      clock: clock.shop,
      onRound: release,
      signal,
    });
    const telling = tell(stage, clock, sender, end, settings.onProgress);
    let unfinished: string | null;
    let secondsLost: number;
    try {
      await Promise.race([passHalfYear(sender, clock, release, end, signal), stage.failed]);
      secondsLost = clock.lost() / SECOND;
      unfinished = await comeToRest(stage, end, telling.waitFor, signal);
      clock.settle();
    } finally {
      await telling.stop();
    }
    const summary = await summarise(stage, {
      calls,
      sent: sender.sent(),
      from: START,
      to: end,
      seconds: (Date.now() - startedAt) / 1_000,
      secondsLost,
      unfinished,
    });
    return { summary, stage, logFile, warnings: logs.warnings() };
  } catch (error) {
    await stage.close();
    throw error;
  }
}

async function passHalfYear(
  sender: Sender,
  clock: PacedClock,
  release: (before: Instant) => Promise<void>,
  end: Instant,
  signal: AbortSignal,
): Promise<void> {
  await sender.run();
  while (clock.engine.now() < end) {
    await release(Number.POSITIVE_INFINITY);
    await delay(LOOK_AGAIN, undefined, { signal });
  }
}

/** Lets the clock go on to `upTo`, but not to the first thing that has not been applied. */
async function releaseUpTo(upTo: Instant, clock: PacedClock, { db }: Stage): Promise<void> {
  const oldest = (await oldestWaitingCall(db)) ?? Number.POSITIVE_INFINITY;
  clock.release(Math.min(upTo, oldest - 1));
}

/** Waits until everything up to `to` is done. @returns what is not, after long enough; null where all is */
async function comeToRest(
  { db }: Stage,
  to: Instant,
  waitFor: (what: string) => void,
  signal: AbortSignal,
): Promise<string | null> {
  const deadline = Date.now() + COMES_TO_REST_WITHIN;
  for (;;) {
    const due = earlier(await nextTick(db), await nextStepDue(db));
    const { calls, reports, outbox, onTheWay } = await backlog(db);
    const left = [
      ...(calls > 0 ? [counted(calls, 'event')] : []),
      ...(reports > 0 ? [`${counted(reports, 'event')} of the engine's own`] : []),
      ...(outbox > 0 ? [`${counted(outbox, 'word')} to Temporal`] : []),
      ...(onTheWay > 0 ? [`${counted(onTheWay, 'message')} on the way`] : []),
      ...(due !== null && due <= to ? [`an instant due at ${new Date(due).toISOString()}`] : []),
    ].join(', ');
    if (left === '') return null;
    if (Date.now() > deadline) return left;
    waitFor(left);
    await delay(LOOK_AGAIN, undefined, { signal });
  }
}

/** Tells how it goes about once a second, until it is stopped. */
function tell(
  { db, workspace }: Stage,
  clock: PacedClock,
  sender: Sender,
  to: Instant,
  onProgress: DemoSettings['onProgress'],
) {
  const stopped = new AbortController();
  let waitsFor: string | null = null;
  let secondsLost = 0;
  const once = async () => {
    const engine = await readEngine(db);
    const audiences = new Map(Object.keys(workspace.audiences).map((key) => [key, engine.audiences.get(key) ?? 0]));
    const shopTime = clock.engine.now();
    // At the end the clock stands on purpose.
    if (waitsFor === null) secondsLost = clock.lost() / SECOND;
    onProgress({ ...engine, audiences, shopTime, from: START, to, sent: sender.sent(), secondsLost, waitsFor });
  };
  const telling = (async () => {
    while (!stopped.signal.aborted) {
      await once();
      await delay(TELL_EVERY, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  // What goes wrong here goes wrong for the others too, and they say it.
  telling.catch(() => undefined);
  return {
    waitFor: (what: string) => {
      waitsFor = what;
    },
    stop: async () => {
      stopped.abort();
      await telling.catch(() => undefined);
    },
  };
}

/** A log in a file, and one that whoever watches sees too. Warnings are counted once everything is up. */
function demoLogs(level: Config['logLevel'], file: string, onNews: (line: string) => void) {
  const output = createWriteStream(file, { flags: 'a' });
  let isCounting = false;
  let warnings = 0;
  const logTo = (write: (text: string) => void) => pino({ level }, { write });
  return {
    starting: logTo((text) => {
      output.write(text);
      onNews(readableLine(text).trimEnd());
    }),
    running: logTo((text) => {
      output.write(text);
      if (isCounting && /"level":[456]0/.test(text)) warnings += 1;
    }),
    startCounting: () => {
      isCounting = true;
    },
    warnings: () => warnings,
  };
}
