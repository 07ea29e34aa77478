/**
 * What a backtest counts, person after person, of one version of a journey.
 * @module
 */
import type { Channel, StepId } from '../core/journey.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { RefusedEntry, SimulatedRun } from './simulation.ts';

export interface MessageCounts {
  readonly step: StepId;
  readonly channel: Channel;
  /** Null for webhooks. */
  readonly template: string | null;
  readonly sent: number;
  /** By reason. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface BacktestCounts {
  /** Content hash of the journey. */
  readonly version: string;
  /** Who would have entered at all. */
  readonly people: number;
  readonly entries: number;
  /** Of these, how many would have been held out. */
  readonly heldOut: number;
  /** Entries that would not have come about, by reason. */
  readonly refusedEntries: Readonly<Record<string, number>>;
  /** How the runs would have ended; `active`: not by the end of the period. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** In the order of the steps. */
  readonly messages: readonly MessageCounts[];
  /** Of those who would have entered: what they did although nobody had written to them. */
  readonly convertedAnyway: {
    readonly entries: number;
    /** Before the journey would have sent them anything. */
    readonly beforeAnyMessage: number;
    /** From the entry; null where nobody converted. */
    readonly medianTime: Milliseconds | null;
  };
  /** Messages that the other journeys of the workspace would have sent. */
  readonly sentByOthers: Readonly<Record<string, number>>;
}

export interface Lived {
  readonly runs: readonly SimulatedRun[];
  readonly refused: readonly RefusedEntry[];
}

export class BacktestTally {
  readonly #refusedEntries = new Counter();
  readonly #outcomes = new Counter();
  readonly #others = new Counter();
  readonly #messages = new Map<StepId, { channel: Channel; template: string | null; sent: number; refused: Counter }>();
  readonly #timesToConvert: Milliseconds[] = [];
  #people = 0;
  #entries = 0;
  #heldOut = 0;
  #beforeAnyMessage = 0;

  constructor(
    readonly journey: string,
    readonly version: string,
    readonly steps: readonly StepId[],
  ) {}

  /** One person's life. */
  add({ runs, refused }: Lived): void {
    const own = runs.filter(({ journey }) => journey === this.journey);
    if (own.length > 0) this.#people += 1;
    for (const run of own) this.#addRun(run);
    for (const { journey, reason } of refused)
      if (journey === this.journey) this.#refusedEntries.add(withoutInstant(reason));
    for (const { journey, messages } of runs)
      if (journey !== this.journey) this.#others.add(journey, messages.filter(isSent).length);
  }

  get counts(): BacktestCounts {
    const order = new Map(this.steps.map((step, place) => [step, place]));
    return {
      version: this.version,
      people: this.#people,
      entries: this.#entries,
      heldOut: this.#heldOut,
      refusedEntries: this.#refusedEntries.counts,
      outcomes: this.#outcomes.counts,
      messages: [...this.#messages]
        .map(([step, { refused, ...message }]) => ({ step, ...message, refused: refused.counts }))
        .sort((a, b) => (order.get(a.step) ?? 0) - (order.get(b.step) ?? 0)),
      convertedAnyway: {
        entries: this.#timesToConvert.length,
        beforeAnyMessage: this.#beforeAnyMessage,
        medianTime: medianOf(this.#timesToConvert),
      },
      sentByOthers: this.#others.counts,
    };
  }

  #addRun(run: SimulatedRun): void {
    this.#entries += 1;
    if (run.heldOut) this.#heldOut += 1;
    this.#outcomes.add(run.outcome);
    for (const { step, channel, template, refusal } of run.messages) {
      const message = this.#messages.get(step) ?? { channel, template, sent: 0, refused: new Counter() };
      this.#messages.set(step, message);
      if (refusal === null) message.sent += 1;
      else message.refused.add(refusal.reason);
    }
    if (run.outcome !== 'converted') return;
    this.#timesToConvert.push((run.endedAt ?? run.enteredAt) - run.enteredAt);
    if (!run.messages.some(isSent)) this.#beforeAnyMessage += 1;
  }
}

function isSent({ refusal }: SimulatedRun['messages'][number]): boolean {
  return refusal === null;
}

/** Reasons of one kind are counted together: that until which somebody may not enter again is everybody's own. */
function withoutInstant(reason: string): string {
  return reason.replace(/ until \d\S*$/, '');
}

function medianOf(times: readonly Milliseconds[]): Milliseconds | null {
  const sorted = [...times].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : Math.round((low + high) / 2);
}

class Counter {
  readonly #counts = new Map<string, number>();

  add(key: string, count = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  get counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** The instants between which entries count. */
export interface Period {
  readonly from: Instant;
  readonly to: Instant;
}
