/**
 * A journey over what has happened: who would have entered when, and what they would have got, before it is published.
 *
 * Everybody lives through their own history, one after the other, by the rules that real runs go by, as if the workspace
 * had been in force all along. What is known at an instant is what was said up to then. Whoever converted in it did so
 * although nobody had written to them. Where there are limited offers, journeys that let so many in on a day, or broadcasts
 * with a rate, they are lived through first to see who is there in time, and whose turn is when.
 * @module
 */

import { isDeepStrictEqual } from 'node:util';
import { withoutWinner } from '../core/experiment.ts';
import type { JourneyVersion } from '../definitions/workspace-types.ts';
import { type BacktestCounts, BacktestTally, type Period } from './backtest-tally.ts';
import { type RanOut, type Taken, whatRanOut } from './shared-supply.ts';
import type { SimulatedRun } from './simulation.ts';
import type { History } from './sort-by-person.ts';
import { type LivedLife, VirtualLife } from './virtual-life.ts';
import { hasDailyLimits } from './virtual-places.ts';
import { hasQueues, type QueuedEntry, type Queues, queuesOf } from './virtual-queues.ts';
import { hasLimitedOffers } from './virtual-stock.ts';
import { asPublished, type LivedWorkspace, type VirtualWorld, virtualWorld } from './virtual-world.ts';

export interface BacktestQuestion {
  readonly workspace: LivedWorkspace;
  readonly journey: string;
  /** What it is compared with. */
  readonly against?: LivedWorkspace;
  /** Everything before counts as history that starts nothing. */
  readonly period: Period;
  /** Variants of the journey's experiments, as if they had won. */
  readonly winners?: ReadonlyMap<string, string>;
}

/** Somebody's entry into the journey. */
export interface BacktestEntry {
  /** User id, or anonymous id; of a journey of accounts, the account's. */
  readonly person: string;
  /** `added`: not with what it is compared with; `lost`: only with that. Absent where it is compared with nothing. */
  readonly change?: 'same' | 'added' | 'lost';
  readonly run: SimulatedRun;
}

export interface Backtest {
  readonly journey: string;
  readonly period: Period;
  /** Experiments that pick their winner by themselves: here they do not, since nobody saw what would have been sent. */
  readonly byChanceAlone: readonly string[];
  /** Whose histories were lived through. */
  readonly people: number;
  readonly proposed: BacktestCounts;
  /** Null where it is compared with nothing, or where that has no such journey. */
  readonly current: BacktestCounts | null;
  /** Entries by what became of them; null where it is compared with nothing. */
  readonly changes: { readonly same: number; readonly added: number; readonly lost: number } | null;
}

/**
 * @param histories gone through as often as it takes
 * @param onEntry told of each entry, with the person's others, in the order of their times
 */
export async function backtest(
  { workspace, journey, against, period, winners = new Map() }: BacktestQuestion,
  histories: AsyncIterable<History>,
  onEntry: (entry: BacktestEntry) => void = () => {},
  onHistory: (history: History) => void = () => {},
): Promise<Backtest> {
  const won = new Map([[journey, winners]]);
  const sideOf = async (of: LivedWorkspace) => {
    const world = virtualWorld(of, { winners: won });
    return new Side(of, world, journey, period, await othersIn(world, period, histories));
  };
  const proposed = await sideOf(asPublished(workspace, journey));
  const current = against === undefined ? null : await sideOf(against);
  const changes = { same: 0, added: 0, lost: 0 };
  let lived = 0;
  for await (const history of histories) {
    const lives = proposed.live(history);
    const before = current?.live(history);
    for (const name of new Set([...lives.keys(), ...(before?.keys() ?? [])])) {
      for (const entry of entriesOf(name, lives.get(name) ?? [], before && (before.get(name) ?? []))) {
        if (entry.change !== undefined) changes[entry.change] += 1;
        onEntry(entry);
      }
    }
    lived += history.people.length;
    onHistory(history);
  }
  return {
    journey,
    period,
    byChanceAlone: withoutWinner(workspace.journeys[journey]?.journey ?? { steps: {} }, winners),
    people: lived,
    proposed: proposed.counts,
    current: current?.hasJourney ? current.counts : null,
    changes: current === null ? null : changes,
  };
}

/** One workspace in virtual time. */
class Side {
  readonly #tally: BacktestTally;
  readonly #version: JourneyVersion | undefined;

  constructor(
    workspace: LivedWorkspace,
    readonly world: VirtualWorld,
    readonly journey: string,
    readonly period: Period,
    readonly others: Others,
  ) {
    this.#version = workspace.journeys[journey];
    this.#tally = new BacktestTally(
      journey,
      this.#version?.hash ?? '',
      Object.keys(this.#version?.journey.steps ?? {}),
    );
  }

  get hasJourney(): boolean {
    return this.#version !== undefined;
  }

  get counts(): BacktestCounts {
    return this.#tally.counts;
  }

  /** @returns the runs of the journey, by who went through them: people, or accounts */
  live(history: History): ReadonlyMap<string, readonly SimulatedRun[]> {
    const { people } = history;
    const life = liveThrough(history, this.world, this.period, this.others);
    const isOfAccounts = this.#version?.journey.of === 'account';
    const lives = isOfAccounts
      ? [...life.ofAccounts]
      : people.map(({ id, name }): [string, LivedLife] => [name, life.of(id)]);
    return new Map(
      lives.map(([name, lived]) => {
        this.#tally.add(lived);
        return [name, lived.runs.filter(({ journey }) => journey === this.journey)];
      }),
    );
  }
}

/** What others leave to somebody who lives alone. */
interface Others {
  readonly ranOut: RanOut;
  readonly queues: Queues;
}

function liveThrough(
  { people, accounts, calls, personOf }: History,
  world: VirtualWorld,
  { from, to }: Period,
  others: Others,
): VirtualLife {
  return new VirtualLife({ world, people, accounts, calls, personOf, from, until: to, ...others }).live();
}

/** So often at most everybody lives to see who is there in time. */
const MOST_TRIES = 20;

async function othersIn(world: VirtualWorld, period: Period, histories: AsyncIterable<History>): Promise<Others> {
  let found: Others = { ranOut: new Map(), queues: new Map() };
  if (!hasLimitedOffers(world) && !hasDailyLimits(world) && !hasQueues(world)) return found;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const taken: Taken[] = [];
    const queued: QueuedEntry[] = [];
    for await (const history of histories) {
      const life = liveThrough(history, world, period, found);
      taken.push(...life.taken);
      queued.push(...life.queued);
    }
    const before = found;
    found = { ranOut: whatRanOut(taken), queues: queuesOf(queued) };
    if (isDeepStrictEqual(found, before)) break;
  }
  return found;
}

function entriesOf(
  person: string,
  runs: readonly SimulatedRun[],
  before: readonly SimulatedRun[] | undefined,
): BacktestEntry[] {
  if (before === undefined) return runs.map((run) => ({ person, run }));
  const entered = (those: readonly SimulatedRun[]) => new Set(those.map(({ enteredAt }) => enteredAt));
  const [now, then] = [entered(runs), entered(before)];
  return [
    ...runs.map((run) => ({ person, change: then.has(run.enteredAt) ? ('same' as const) : ('added' as const), run })),
    ...before.filter((run) => !now.has(run.enteredAt)).map((run) => ({ person, change: 'lost' as const, run })),
  ].sort((a, b) => a.run.enteredAt - b.run.enteredAt);
}
