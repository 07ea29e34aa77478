/**
 * What people under way would meet if they were moved now, by the very code that moves them; nothing is changed.
 * @module
 */
import { sql } from 'kysely';
import type { Channel, Journey, StepId, StepKind } from '../core/journey.ts';
import { type Destination, destinationOf } from '../core/migration.ts';
import { reachableFrom } from '../core/reachable.ts';
import type { Outcome } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import type { Database, Queryable } from '../store/database.ts';
import { encounterOf, type WantedMessage } from './encounter.ts';
import { fateOf, type Migrating, type Migration } from './migrate-run.ts';
import { type LockedRun, lookAtRun } from './run-state.ts';
import { readStanding, runsElsewhere } from './standing.ts';

/** People at one step, and what becomes of them. */
export interface MetAtStep {
  readonly version: string;
  /** Null: past the last step. */
  readonly step: StepId | null;
  readonly kind: StepKind | null;
  readonly people: number;
  /** Of these, with a message on its way: they are moved once it is settled, from where they then stand. */
  readonly onTheirWay: number;
  /** Null: the map does not say, and they are stranded. */
  readonly goes: Destination | null;
  /** Of how many what follows is known: of all, unless they are very many. */
  readonly lookedAt: number;
  /** Where they come to a stop. */
  readonly waits: readonly { step: StepId | null; people: number; soonest: Instant; latest: Instant }[];
  readonly ends: Partial<Record<Outcome, number>>;
  /** What is due at once: how many would get it, and how many would be refused it. */
  readonly messages: readonly {
    step: StepId;
    channel: Channel;
    template: string | null;
    gets: number;
    refused: number;
  }[];
  /** Messages that they had already, and may get once more because they go back. */
  readonly again: readonly { step: StepId; people: number }[];
}

export interface PreviewOptions {
  /** Look at so many people of each step at most. */
  readonly most?: number;
  readonly progress?: (done: number, of: number) => void;
}

const MOST = 5_000;
const BATCH = 100;

/** All of it as of one instant, however long it takes. */
export function previewMigration(
  db: Database,
  migration: Migration,
  migrating: Migrating,
  options: PreviewOptions = {},
): Promise<MetAtStep[]> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((tx) => preview(tx, migration, migrating, options));
}

async function preview(
  tx: Queryable,
  migration: Migration,
  migrating: Migrating,
  { most = MOST, progress = () => undefined }: PreviewOptions,
): Promise<MetAtStep[]> {
  const { journey, version } = migration;
  const standing = (await readStanding(tx, journey)).filter((group) => group.version !== version);
  const after = version === null ? null : (await migrating.versions.load(tx, version)).journey;
  const groups = new Map<string, Group>();
  for (const group of standing) {
    const { journey: before } = await migrating.versions.load(tx, group.version);
    const kind = group.step === null ? null : (before.steps[group.step]?.kind ?? null);
    const goes = destinationOf(group.step, before, after, migration.map);
    groups.set(placeOf(group), new Group({ ...group, kind, goes }, before, after));
  }

  const runs = await runsElsewhere(tx, journey, version, most);
  for (let first = 0; first < runs.length; first += BATCH) {
    const some = runs.slice(first, first + BATCH);
    const had = await messagesOf(tx, some);
    for (const [index, run] of some.entries()) {
      const found = await lookAtRun(tx, run);
      const group = groups.get(placeOf({ version: found.row.version, step: found.row.cursor.step }));
      await group?.look(tx, found, had.get(run) ?? [], migration, migrating);
      progress(first + index + 1, runs.length);
    }
  }
  return [...groups.values()].map((group) => group.met());
}

type Had = Pick<WantedMessage, 'step' | 'channel' | 'template'>;
type Place = Pick<MetAtStep, 'version' | 'step'>;

/** People at one step, counted as they are looked at. */
class Group {
  readonly #waits = new Map<StepId | null, { people: number; soonest: Instant; latest: Instant }>();
  readonly #ends: Partial<Record<Outcome, number>> = {};
  readonly #messages = new Map<StepId, MetAtStep['messages'][number]>();
  readonly #again = new Map<StepId, number>();
  #lookedAt = 0;

  constructor(
    readonly who: Pick<MetAtStep, 'version' | 'step' | 'kind' | 'people' | 'onTheirWay' | 'goes'>,
    readonly before: Journey,
    readonly after: Journey | null,
  ) {}

  async look(
    tx: Queryable,
    found: LockedRun,
    had: readonly Had[],
    migration: Migration,
    migrating: Migrating,
  ): Promise<void> {
    const now = migrating.clock.now();
    const fate = await fateOf(tx, found, migration, migrating, now);
    if (fate.kind === 'out') this.#end('exited');
    if (fate.kind === 'out' || fate.kind === 'stays') this.#lookedAt += 1;
    if (fate.kind !== 'moves') return;
    this.#lookedAt += 1;
    const { messages, comesTo } = await encounterOf(tx, fate.state, migrating.clock, now);
    for (const message of messages) this.#want(message);
    if (comesTo.kind === 'ends') this.#end(comesTo.outcome);
    else this.#wait(comesTo.step, comesTo.until);
    if (this.after !== null) this.#repeat(had, found.row.cursor.step, fate.to, this.after);
  }

  met(): MetAtStep {
    return {
      ...this.who,
      lookedAt: this.#lookedAt,
      waits: [...this.#waits].map(([step, wait]) => ({ step, ...wait })).sort((a, b) => this.#order(a, b)),
      ends: this.#ends,
      messages: [...this.#messages.values()].sort((a, b) => this.#order(a, b)),
      again: [...this.#again].map(([step, people]) => ({ step, people })).sort((a, b) => this.#order(a, b)),
    };
  }

  /** As the new version goes; past its last step comes last. */
  #order(a: { step: StepId | null }, b: { step: StepId | null }): number {
    const steps = this.after === null ? [] : [...reachableFrom(this.after, this.after.first)];
    const place = ({ step }: typeof a) => (step === null ? steps.length : steps.indexOf(step));
    return place(a) - place(b);
  }

  #end(outcome: Outcome): void {
    this.#ends[outcome] = (this.#ends[outcome] ?? 0) + 1;
  }

  #wait(step: StepId | null, until: Instant): void {
    const { people = 0, soonest = until, latest = until } = this.#waits.get(step) ?? {};
    this.#waits.set(step, {
      people: people + 1,
      soonest: Math.min(soonest, until),
      latest: Math.max(latest, until),
    });
  }

  #want({ step, channel, template, refusal }: WantedMessage): void {
    const { gets = 0, refused = 0 } = this.#messages.get(step) ?? {};
    const counted = refusal === null ? { gets: gets + 1, refused } : { gets, refused: refused + 1 };
    this.#messages.set(step, { step, channel, template, ...counted });
  }

  /** What they had is ahead of them again, and was not before. */
  #repeat(had: readonly Had[], from: StepId | null, to: StepId | null, after: Journey): void {
    const was = reachableFrom(this.before, from);
    for (const id of reachableFrom(after, to)) {
      const step = after.steps[id];
      if (step === undefined || was.has(id)) continue;
      const template = 'template' in step ? step.template.key : null;
      const isSame = (one: Had) =>
        one.channel === step.kind && (one.step === id || (template !== null && one.template === template));
      if (had.some(isSame)) this.#again.set(id, (this.#again.get(id) ?? 0) + 1);
    }
  }
}

function placeOf({ version, step }: Place): string {
  return `${version} ${step ?? ''}`;
}

async function messagesOf(tx: Queryable, runs: readonly string[]): Promise<Map<string, Had[]>> {
  const { rows } = await sql<Had & { run_id: string }>`
    select run_id, step, channel, template from messages
    where run_id = any(${runs}) and status in ('reserved', 'sending', 'sent')
  `.execute(tx);
  const had = new Map<string, Had[]>();
  for (const { run_id, ...message } of rows) had.set(run_id, [...(had.get(run_id) ?? []), message]);
  return had;
}
