/**
 * Pausing, resuming, stopping and starting a journey. Its state is the key's, whatever version is in force, and is one row:
 * runs look at it when they want to go on, so that a pause costs nothing for those that wait.
 *
 * What came due during a pause gets its turn at the resume, in the same transaction. A run that finds its journey paused
 * shares a lock on the row until it is noted as held, so that no resume passes it by.
 * @module
 */
import { sql } from 'kysely';
import { dueOf, letOut, type Resumption } from '../core/pausing.ts';
import type { Cursor } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import { audit, type ByHand } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';
import { announce } from '../store/notify.ts';

export type ControlState = 'published' | 'paused' | 'stopped';

export interface Control {
  readonly state: ControlState;
  /** Nobody enters. */
  readonly refuses: boolean;
  /** Whoever is in it ends. */
  readonly ends: boolean;
  readonly since: Date;
  readonly by: string;
  readonly reason: string;
}

/** What was let out by a resume. */
export interface Released {
  readonly runs: number;
  /** Of these, the ones whose messages are stale. */
  readonly stale: number;
  /** When the last of them has its turn. */
  readonly until: Instant | null;
}

export interface Changed {
  readonly journey: string;
  readonly control: Control;
  /** False: it was so already. */
  readonly changed: boolean;
  readonly released: Released | null;
}

/** The journey is in a state from which this cannot be done. */
export class ControlError extends Error {
  override readonly name = 'ControlError';

  constructor(
    readonly journey: string,
    readonly state: ControlState,
    message: string,
    readonly fix: string,
  ) {
    super(message);
  }
}

/** Holds everybody where they are. A pause that is there already may change whether people enter. */
export async function pauseJourney(
  db: Database,
  { journey, refuses, ...byHand }: ByHand & { readonly journey: string; readonly refuses: boolean },
  now: Instant,
): Promise<Changed> {
  return db.transaction().execute(async (tx) => {
    const before = await lockControl(tx, journey, byHand, now);
    if (before.state === 'stopped')
      throw new ControlError(journey, before.state, `The journey \`${journey}\` is stopped`, 'Start it first');
    if (before.state === 'paused' && before.refuses === refuses) return unchanged(journey, before);
    const control = await setControl(tx, journey, { state: 'paused', refuses, ends: false }, byHand, now);
    // Those who were still waiting for their turn after an earlier pause.
    await sql`
      update held_runs h set release_at = null, stale = false from runs r
      where r.id = h.run_id and r.journey = ${journey} and r.status = 'active' and h.release_at > ${new Date(now)}
    `.execute(tx);
    await audit(tx, byHand, { did: 'paused', journey, detail: { entries: refuses ? 'refuse' : 'enter' } }, now);
    return { journey, control, changed: true, released: null };
  });
}

/** Lets out what came due, of several journeys by one rate. A journey that is not paused is left as it is. */
export async function resumeJourneys(
  db: Database,
  {
    journeys,
    resumption,
    ...byHand
  }: ByHand & { readonly journeys: readonly string[]; readonly resumption: Resumption },
  now: Instant,
): Promise<Changed[]> {
  return db.transaction().execute(async (tx) => {
    const before = new Map<string, Control>();
    for (const journey of [...journeys].sort()) before.set(journey, await lockControl(tx, journey, byHand, now));
    for (const [journey, { state }] of before) {
      if (state === 'stopped')
        throw new ControlError(journey, state, `The journey \`${journey}\` is stopped, not paused`, 'Start it instead');
    }
    const paused = journeys.filter((journey) => before.get(journey)?.state === 'paused');
    const released = await release(tx, paused, resumption, now);
    const changes: Changed[] = [];
    for (const [journey, control] of before) {
      if (control.state !== 'paused') {
        changes.push(unchanged(journey, control));
        continue;
      }
      const after = await setControl(tx, journey, OPEN, byHand, now);
      const out = released.get(journey) ?? NOBODY;
      await audit(tx, byHand, { did: 'resumed', journey, detail: detailOf(out, resumption) }, now);
      changes.push({ journey, control: after, changed: true, released: out });
    }
    return changes;
  });
}

/** Nobody enters any more. People in it finish, let out as by a resume where it was paused; or all of them end. */
export async function stopJourney(
  db: Database,
  {
    journey,
    ends,
    resumption,
    ...byHand
  }: ByHand & { readonly journey: string; readonly ends: boolean; readonly resumption: Resumption },
  now: Instant,
): Promise<Changed> {
  return db.transaction().execute(async (tx) => {
    const before = await lockControl(tx, journey, byHand, now);
    if (before.state === 'stopped' && (before.ends || !ends)) return unchanged(journey, before);
    const lets = before.state === 'paused' && !ends;
    const released = lets ? ((await release(tx, [journey], resumption, now)).get(journey) ?? NOBODY) : null;
    const control = await setControl(tx, journey, { state: 'stopped', refuses: true, ends }, byHand, now);
    const people = ends ? 'end' : 'finish';
    const detail = { people, ...(released === null ? {} : detailOf(released, resumption)) };
    await audit(tx, byHand, { did: 'stopped', journey, detail }, now);
    return { journey, control, changed: true, released };
  });
}

/** Opens a stopped journey again. */
export async function startJourney(
  db: Database,
  { journey, ...byHand }: ByHand & { readonly journey: string },
  now: Instant,
): Promise<Changed> {
  return db.transaction().execute(async (tx) => {
    const before = await lockControl(tx, journey, byHand, now);
    if (before.state === 'published') return unchanged(journey, before);
    if (before.state === 'paused')
      throw new ControlError(journey, before.state, `The journey \`${journey}\` is paused, not stopped`, 'Resume it');
    if (before.ends && (await hasActiveRuns(tx, journey)))
      throw new ControlError(
        journey,
        before.state,
        `The journey \`${journey}\` is still ending whoever is in it`,
        'Try again in a moment',
      );
    const control = await setControl(tx, journey, OPEN, byHand, now);
    await audit(tx, byHand, { did: 'started', journey }, now);
    return { journey, control, changed: true, released: null };
  });
}

/** Journeys that were ever paused or stopped. */
export async function readControls(db: Queryable): Promise<Map<string, Control>> {
  const rows = await db.selectFrom('journey_controls').selectAll().execute();
  return new Map(rows.map(({ journey, who, ...control }) => [journey, { ...control, by: who }]));
}

const OPEN = { state: 'published', refuses: false, ends: false } as const;
const NOBODY: Released = { runs: 0, stale: 0, until: null };

function unchanged(journey: string, control: Control): Changed {
  return { journey, control, changed: false, released: null };
}

async function lockControl(tx: Queryable, journey: string, { by, reason }: ByHand, now: Instant): Promise<Control> {
  await tx
    .insertInto('journey_controls')
    .values({ journey, ...OPEN, since: new Date(now), who: by, reason })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { who, ...control } = await tx
    .selectFrom('journey_controls')
    .select(['state', 'refuses', 'ends', 'since', 'who', 'reason'])
    .where('journey', '=', journey)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { ...control, by: who };
}

async function setControl(
  tx: Queryable,
  journey: string,
  set: Pick<Control, 'state' | 'refuses' | 'ends'>,
  { by, reason }: ByHand,
  now: Instant,
): Promise<Control> {
  const since = new Date(now);
  await tx
    .updateTable('journey_controls')
    .set({ ...set, since, who: by, reason })
    .where('journey', '=', journey)
    .execute();
  await announce(tx, 'controls');
  return { ...set, since, by, reason };
}

async function hasActiveRuns(tx: Queryable, journey: string): Promise<boolean> {
  const { rows } = await sql`select from runs where journey = ${journey} and status = 'active' limit 1`.execute(tx);
  return rows.length > 0;
}

/** Gives whoever is due a turn, all in one statement. */
async function release(
  tx: Queryable,
  journeys: readonly string[],
  resumption: Resumption,
  now: Instant,
): Promise<Map<string, Released>> {
  const due = await dueRuns(tx, journeys, now);
  const runs = new Map(due.map((run) => [run.id, run]));
  const turns = letOut(
    due.map(({ id, priority, cursor, wokenAt }) => ({ id, priority, dueAt: dueOf(cursor, wokenAt) })),
    resumption,
    now,
  );
  const rows = turns.map(({ id, releaseAt, dueAt, stale }) => {
    const visit = runs.get(id)?.cursor.visit;
    return { run_id: id, visit, due_at: new Date(dueAt), release_at: new Date(releaseAt), stale };
  });
  await sql`
    insert into held_runs (run_id, visit, due_at, asleep, release_at, stale)
    select run_id, visit, due_at, false, release_at, stale from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (run_id text, visit integer, due_at timestamptz, release_at timestamptz, stale boolean)
    on conflict (run_id) do update set visit = excluded.visit, due_at = excluded.due_at, release_at = excluded.release_at,
      stale = excluded.stale, asleep = held_runs.asleep and held_runs.visit = excluded.visit
  `.execute(tx);
  const released = new Map<string, Released>();
  for (const { id, releaseAt, stale } of turns) {
    const journey = runs.get(id)?.journey ?? '';
    const sum = released.get(journey) ?? NOBODY;
    released.set(journey, {
      runs: sum.runs + 1,
      stale: sum.stale + (stale ? 1 : 0),
      until: Math.max(sum.until ?? 0, releaseAt),
    });
  }
  return released;
}

interface Due {
  readonly id: string;
  readonly journey: string;
  readonly priority: number;
  readonly cursor: Cursor;
  readonly wokenAt: Instant | null;
}

async function dueRuns(tx: Queryable, journeys: readonly string[], now: Instant): Promise<Due[]> {
  if (journeys.length === 0) return [];
  const { rows } = await sql<Omit<Due, 'wokenAt'> & { woken_at: Date | null }>`
    with versions as materialized (
      select hash, (body ->> 'priority')::float8 as priority from journey_versions where key = any(${journeys})
    )
    select r.id, r.journey, v.priority, r.cursor, r.woken_at
    from runs r join versions v on v.hash = r.version
    where r.journey = any(${journeys}) and r.status = 'active' and (
      r.cursor ->> 'phase' <> 'waiting' or r.woken_at <= ${new Date(now)} or (r.cursor ->> 'until')::bigint <= ${now})
  `.execute(tx);
  return rows.map(({ woken_at, ...run }) => ({ ...run, wokenAt: woken_at?.getTime() ?? null }));
}

function detailOf({ runs, stale, until }: Released, { rate, staleAfter }: Resumption) {
  return {
    ...{ runs, stale, rate: { ...rate }, staleAfter },
    until: until === null ? null : new Date(until).toISOString(),
  };
}
