/**
 * Somebody's runs of a journey: how each was entered, where it stands, what it got and was refused, how it ended.
 * @module
 */

import type { JsonObject } from '../core/condition.ts';
import { describe } from '../core/describe.ts';
import { deadlineOf } from '../core/ending.ts';
import type { Channel, Journey, StepId, StepKind } from '../core/journey.ts';
import { sayEntry, sayHold } from '../core/log-text.ts';
import { sayRefusal } from '../core/refusal-text.ts';
import type { Cursor } from '../core/run.ts';
import { awaited, stepOf } from '../core/standing-at.ts';
import type { Instant } from '../core/time.ts';
import { namesOf, type PersonName } from '../profiles/find.ts';
import { heldFrom } from '../runs/held-runs.ts';
import { type MessageStatus, type ReadMessage, readMessages } from '../runs/read-messages.ts';
import { type ReadRun, type RunStatus, readRuns } from '../runs/read-runs.ts';
import { type LockedRun, lookAtRun } from '../runs/run-state.ts';
import { type HeldOut, heldOutOf } from './entry.ts';
import { type Ahead, lookAhead } from './look-ahead.ts';
import type { Reading } from './present.ts';

export interface RunExplained {
  readonly id: string;
  /** How many runs of the journey there were before. */
  readonly visit: number;
  /** Which of the runs side by side it is; null where the journey has one at a time. */
  readonly instance: string | null;
  readonly version: string;
  readonly enteredAt: Date;
  /** In words. */
  readonly enteredBy: string;
  readonly entry: JsonObject;
  readonly heldOut: HeldOut;
  /** What experiments gave, by their names. */
  readonly variants: Readonly<Record<string, string>>;
  readonly status: RunStatus;
  readonly endedAt: Date | null;
  readonly endReason: string | null;
  /** Null: it is over. */
  readonly stands: Standing | null;
  /** What it wanted to send, oldest first: the last so many. */
  readonly messages: readonly MessageExplained[];
  /** What comes if nothing but time happens. Null: it is over, or was stopped. */
  readonly ahead: Ahead | null;
}

export interface Standing {
  /** Null: past the last step. */
  readonly step: StepId | null;
  readonly kind: StepKind | null;
  readonly since: Date;
  /** Then it goes on by itself; null: at once. */
  readonly until: Date | null;
  /** What it does, and what it waits for, in words. */
  readonly does: string;
  /** When it is over whatever happens. */
  readonly deadline: Date;
  /** What keeps it beside its steps: a pause, a stop, or its turn after a pause. */
  readonly kept: string | null;
}

export interface MessageExplained {
  readonly at: Date;
  readonly step: StepId;
  readonly channel: Channel;
  readonly template: string | null;
  /** Of an account's run: who of it gets it. */
  readonly to: string | null;
  readonly status: MessageStatus;
  /** Why it did not go out, in words. */
  readonly refused: string | null;
  readonly clickedAt: Date | null;
}

export interface RunsAsked {
  readonly profileId: number;
  readonly journey: string;
  /** So many runs, and so many messages of each, at most. */
  readonly runs: number;
  readonly messages: number;
}

export interface RunsExplained {
  /** The latest first. */
  readonly runs: readonly RunExplained[];
  /** There are earlier ones. */
  readonly more: boolean;
}

export async function explainRuns(
  { profileId, journey, runs: most, messages: mostMessages }: RunsAsked,
  reading: Reading,
): Promise<RunsExplained> {
  const { tx: db, versions } = reading;
  const rows = await readRuns(db, { journey, profileId, limit: most + 1 });
  const isAnyActive = rows.some(({ status }) => status === 'active');
  const ahead = isAnyActive ? await lookAhead(profileId, journey, reading) : new Map<string, Ahead>();
  const runs: RunExplained[] = [];
  for (const row of rows.slice(0, most)) {
    const { journey: definition } = await versions.load(db, row.version);
    const messages = await readMessages(db, { run: row.id, limit: mostMessages });
    const names = await namesOf(
      db,
      messages.flatMap(({ chosen, profileId: id }) => (chosen === null ? [] : [id])),
    );
    const found = row.status === 'active' ? await lookAtRun(db, row.id) : null;
    runs.push({
      ...aboutRun(row),
      stands: found && standingOf(definition, found),
      messages: messages.reverse().map((message) => explainMessage(message, names)),
      ahead: found?.row.control?.kind === 'ending' ? null : (ahead.get(row.id) ?? null),
    });
  }
  return { runs, more: rows.length > most };
}

function aboutRun({ journey: _, profileId: __, cursor: ___, heldOutEverywhere, variants, ...run }: ReadRun) {
  return {
    ...run,
    enteredBy: sayEntry(run.entry),
    heldOut: heldOutOf({ heldOut: run.heldOut, heldOutEverywhere }),
    variants: Object.fromEntries(Object.entries(variants ?? {}).map(([name, { variant }]) => [name, variant])),
  };
}

function explainMessage(message: ReadMessage, names: ReadonlyMap<number, PersonName>): MessageExplained {
  const { reservedAt, step, channel, template, chosen, profileId, status, refusal, clickedAt } = message;
  const { userId = null, anonymousId = null } = names.get(profileId) ?? {};
  return {
    ...{ at: reservedAt, step, channel, template, status, clickedAt },
    to: chosen === null ? null : (userId ?? anonymousId),
    refused: refusal === null ? null : sayRefusal(refusal),
  };
}

function standingOf(journey: Journey, { row }: LockedRun): Standing {
  const { cursor, entered_at: enteredAt, control } = row;
  const step = cursor.step === null ? null : stepOf(journey, cursor.step);
  const until = cursor.phase === 'waiting' ? new Date(cursor.until) : null;
  return {
    step: cursor.step,
    kind: step?.kind ?? null,
    since: new Date(cursor.at),
    until,
    does: doing(journey, cursor),
    deadline: new Date(deadlineOf(journey, enteredAt.getTime())),
    kept: keptBy({ control, held: heldFrom(row.held, cursor) }),
  };
}

function doing(journey: Journey, cursor: Cursor): string {
  if (cursor.phase === 'delivering') return 'its message is on the way';
  if (cursor.phase === 'ready') return cursor.step === null ? 'has done all steps' : 'is about to do it';
  if (cursor.step === null) return 'has done all steps, and is in the journey for its goal';
  const condition = awaited(journey, cursor);
  if (cursor.hold !== undefined) return `is held: ${sayHold(cursor.hold, sayIso)}`;
  return condition === null ? 'waits' : `waits for: ${describe(condition)}`;
}

function keptBy({ control, held }: { control: LockedRun['row']['control']; held: ReturnType<typeof heldFrom> }) {
  if (control?.kind === 'ending') return `the journey was stopped, and it ends: ${control.reason}`;
  if (control?.kind === 'paused') return `the journey is paused: ${control.reason}`;
  if (held?.releaseAt != null) return `its turn after the pause is at ${sayIso(held.releaseAt)}`;
  return null;
}

function sayIso(at: Instant): string {
  return new Date(at).toISOString();
}
