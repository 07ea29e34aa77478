import type { Hold, LogEntry } from '../../src/core/run.ts';
import { DAY, HOUR, type Instant, MINUTE, type Milliseconds, SECOND } from '../../src/core/time.ts';
import type { TestEngine } from '../kit/engine.ts';

/**
 * What a run did, a line for each entry: when it was, since the run began and to the millisecond, which step, and what
 * came of it.
 */
export function storyOf(log: readonly LogEntry[], enteredAt: Instant): string[] {
  return log.map((entry) => {
    const at = timeText(entry.at - enteredAt);
    return `${at} ${entry.step ?? 'run'}: ${outcomeOf(entry, enteredAt)}`;
  });
}

function outcomeOf(entry: LogEntry, enteredAt: Instant): string {
  switch (entry.did) {
    case 'waiting':
      return `waiting until ${timeText(entry.until - enteredAt)}`;
    case 'waited':
      return `waited, ${entry.why}`;
    case 'took':
      return `took ${entry.way}`;
    case 'offered':
      return `offered ${entry.offer ?? 'nothing'}`;
    case 'acted':
      return 'acted';
    case 'held':
      return `held until ${timeText(entry.until - enteredAt)}, ${reasonOf(entry.hold)}`;
    case 'fell-back':
      return `fell back from ${entry.unusable}`;
    case 'refused':
      return `refused, ${entry.refusal.reason}`;
    case 'migrated':
      return `migrated to ${entry.to ?? 'the end'}`;
    case 'moved':
      return `moved to ${entry.to ?? 'the end'}`;
    case 'ended':
      return `ended ${entry.outcome}, ${entry.reason}`;
  }
}

function reasonOf(hold: Hold): string {
  return hold.reason === 'refused' ? hold.refusal.reason : hold.reason;
}

const UNITS = [
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
  ['ms', 1],
] as const;

/** `14d`, `1d 2h`, `0s`. */
export function timeText(time: Milliseconds): string {
  const parts: string[] = [];
  let rest = Math.abs(time);
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * length;
  }
  return parts.length === 0 ? '0s' : `${time < 0 ? '-' : ''}${parts.join(' ')}`;
}

/** The story of the person's only run of that journey. */
export async function storyFor(engine: TestEngine, userId: string, journey: string): Promise<string[]> {
  const [run, ...more] = await engine.runsOf(userId, journey);
  if (run === undefined || more.length > 0) throw new Error(`${userId} had ${more.length + 1} runs of ${journey}`);
  return storyOf(await engine.logOf(userId, journey), run.enteredAt.getTime());
}
