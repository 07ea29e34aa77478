/**
 * What became of those who came to match an audience in the past, and of everybody else, before the audience is used.
 *
 * Of everyone who did anything in the period, those who came to match in it are one group, each counted from the instant of
 * the first entry. It is found without hindsight: the engine's own steps over what was known at the time (`past-entry.ts`).
 * Those who were in the audience when the period began are in neither group. Everybody else is the other group; each is
 * counted from an instant that is drawn, by hash, from the entries of the first group, so that both are spread over the
 * period alike. Whoever had not done anything yet at that instant draws again, and is left out after eight draws.
 *
 * People are walked through in batches, twice; no more than a batch of histories is in memory.
 * @module
 */
import { bucketOf } from '../core/bucket.ts';
import type { Condition, EventPattern } from '../core/condition.ts';
import { interestOf } from '../core/interest.ts';
import { isMeant } from '../core/matching.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { loadFacts } from '../ingest/event-log.ts';
import type { Queryable } from '../store/database.ts';
import { indexAudiences } from './audience-index.ts';
import { type Counted, nextActive, pastOf, whoCameBack } from './cohort-people.ts';
import { pastEntry } from './past-entry.ts';

export interface CohortQuestion {
  /** Of people; one of `audiences`. */
  readonly key: string;
  /** The audience and those it refers to, by key. */
  readonly audiences: Readonly<Record<string, { readonly condition: Condition }>>;
  readonly goal: EventPattern;
  /** Entries from here on … */
  readonly from: Instant;
  /** … and before this, which leaves everybody the time to convert and to come back. */
  readonly to: Instant;
  /** The goal counts when it was reached less than this long after the entry. */
  readonly convertWithin: Milliseconds;
  /** Somebody is retained who did anything this long after the entry. */
  readonly retention: { readonly from: Milliseconds; readonly until: Milliseconds };
  /** Leave out whoever had reached the goal before the entry. */
  readonly onlyNew: boolean;
  /** Of everybody, the share to look at, by hash; 1 for all. */
  readonly share: number;
}

export interface CohortCounts {
  readonly people: number;
  readonly converted: number;
  readonly retained: number;
}

export interface CohortCheck {
  readonly matched: CohortCounts;
  readonly others: CohortCounts;
  /** In the audience already when the period began. */
  readonly before: number;
  /** Had done nothing at any of the instants drawn for them, or had reached the goal where only new ones count. */
  readonly leftOut: number;
}

/** How far the check is: people looked at, in each of the two walks. */
export type CohortProgress = (walk: 1 | 2, people: number) => void;

const BATCH = 500;
const DRAWS = 8;

export async function checkCohort(
  db: Queryable,
  question: CohortQuestion,
  onProgress: CohortProgress = () => undefined,
): Promise<CohortCheck> {
  const { matched, before } = await findEntries(db, question, (people) => onProgress(1, people));
  const groups = { matched: new Tally(), others: new Tally() };
  let leftOut = 0;
  const entries = [...matched.values()].sort((a, b) => a - b);
  let looked = 0;
  for await (const batch of activePeople(db, question)) {
    const counted: (Counted & { readonly group: Tally })[] = [];
    for (const { id, name, firstAt } of batch) {
      const entry = matched.get(id);
      if (before.has(id)) continue;
      const at = entry ?? drawn(name, firstAt, entries);
      if (at === undefined) leftOut += 1;
      else counted.push({ id, at, group: entry === undefined ? groups.others : groups.matched });
    }
    leftOut += await countBatch(db, question, counted);
    looked += batch.length;
    onProgress(2, looked);
  }
  return { matched: groups.matched.counts, others: groups.others.counts, before: before.size, leftOut };
}

/** The first walk: who came to match, and when. */
async function findEntries(db: Queryable, question: CohortQuestion, onProgress: (people: number) => void) {
  const { key, audiences, from, to } = question;
  const index = indexAudiences(
    Object.entries(audiences).map(([one, { condition }]) => ({ key: one, condition })),
    {},
  );
  const interest = interestOf(...index.all.map(({ condition }) => condition));
  const matched = new Map<number, Instant>();
  const before = new Set<number>();
  let looked = 0;
  for await (const batch of activePeople(db, question)) {
    const pasts = await pastOf(db, batch, interest, from);
    for (const { id } of batch) {
      const past = pasts.get(id);
      if (past === undefined) continue;
      const entry = pastEntry(index, key, past, from, to);
      if (entry.kind === 'entered') matched.set(id, entry.at);
      if (entry.kind === 'before') before.add(id);
    }
    looked += batch.length;
    onProgress(looked);
  }
  return { matched, before };
}

async function* activePeople(db: Queryable, { from, to, share }: CohortQuestion) {
  for (let after = 0; ; ) {
    const batch = await nextActive(db, { from, to, share }, after, BATCH);
    const last = batch.at(-1);
    if (last === undefined) return;
    yield batch;
    after = last.id;
  }
}

/** An entry of somebody else's at which this person had done something already. */
function drawn(name: string, firstAt: Instant, entries: readonly Instant[]): Instant | undefined {
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const at = entries[Math.floor(bucketOf(`cohort-check ${draw}`, name) * entries.length)];
    if (at !== undefined && firstAt <= at) return at;
  }
  return undefined;
}

/** @returns how many were left out, because only people who had not reached the goal are wanted */
async function countBatch(
  db: Queryable,
  { goal, convertWithin, retention, onlyNew }: CohortQuestion,
  counted: readonly (Counted & { readonly group: Tally })[],
): Promise<number> {
  if (counted.length === 0) return 0;
  const ids = counted.map(({ id }) => id);
  const interest = interestOf({ kind: 'events', events: goal, times: { atLeast: 1 } });
  const events = await loadFacts(db, ids, [interest], Math.min(...counted.map(({ at }) => at)));
  const retained = await whoCameBack(db, counted, retention);
  let leftOut = 0;
  for (const { id, at, group } of counted) {
    const goals = (events.get(id) ?? []).filter((event) => isMeant(goal, event));
    if (onlyNew && goals.some((event) => event.at <= at)) {
      leftOut += 1;
      continue;
    }
    group.people += 1;
    if (goals.some((event) => event.at > at && event.at < at + convertWithin)) group.converted += 1;
    if (retained.has(id)) group.retained += 1;
  }
  return leftOut;
}

class Tally {
  people = 0;
  converted = 0;
  retained = 0;

  get counts(): CohortCounts {
    return { people: this.people, converted: this.converted, retained: this.retained };
  }
}
