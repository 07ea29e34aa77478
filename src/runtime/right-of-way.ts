/**
 * Those who send events wait for an answer; what they have sent waits for nobody in particular. Where one process both
 * takes events and works them off, a crowd of them is taken first, for a while at most, so that messages that are due
 * go out all the same.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';

/** So many events within {@link WINDOW} are a crowd: ten thousand a second. */
const CROWD = 500;
/** Real milliseconds, as all here. */
const WINDOW = 50;
const LOOK_AGAIN = 5;
/** As long as working a batch off takes, about, so that each has half of the time. */
const AT_MOST = 100;

export interface RightOfWay {
  /** This process has stored so many events, just now. */
  stored(events: number): void;
  /** Returns at once unless a crowd of events is coming in. */
  giveWay(): Promise<void>;
}

/** @param now real milliseconds from whenever */
export function rightOfWay(now: () => number = () => performance.now()): RightOfWay {
  let recent: { readonly events: number; readonly at: number }[] = [];
  const isCrowded = () => {
    const from = now() - WINDOW;
    recent = recent.filter(({ at }) => at > from);
    return recent.reduce((sum, { events }) => sum + events, 0) >= CROWD;
  };
  return {
    stored: (events) => {
      if (events > 0) recent.push({ events, at: now() });
    },
    giveWay: async () => {
      const until = now() + AT_MOST;
      while (isCrowded() && now() < until) await delay(LOOK_AGAIN);
    },
  };
}
