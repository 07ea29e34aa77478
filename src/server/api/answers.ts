/**
 * What the management API says of runs, messages and people, and how it is made from what the rooms read.
 * @module
 */
import { z } from 'zod';
import type { PersonName } from '../../profiles/find.ts';
import { CHANNELS, MESSAGE_STATUSES, type ReadMessage } from '../../runs/read-messages.ts';
import { type ReadRun, RUN_STATUSES } from '../../runs/read-runs.ts';

const object = z.record(z.string(), z.unknown());

export const personAnswer = z.object({
  userId: z.string().nullable(),
  anonymousId: z.string().nullable().describe('One of those that name the person'),
});

export const runAnswer = z.object({
  id: z.string().describe("The workflow's id in Temporal, too"),
  journey: z.string(),
  version: z.string().describe("The definition's hash"),
  person: personAnswer,
  visit: z.int().describe('How many runs of this journey the person had before'),
  heldOut: z.boolean(),
  status: z.enum(RUN_STATUSES),
  enteredAt: z.date(),
  endedAt: z.date().nullable(),
  endReason: z.string().nullable(),
  entry: object.describe('What the run was entered by'),
  at: z
    .object({
      phase: z.enum(['ready', 'waiting', 'delivering']),
      step: z.string().nullable(),
      until: z.date().nullable(),
      hold: object.nullable().describe('Why the step does not act yet; it is asked again at `until`'),
    })
    .nullable()
    .describe('Where the run stands; null once it has ended'),
});

export const messageAnswer = z.object({
  id: z.string(),
  run: z.string(),
  journey: z.string(),
  step: z.string(),
  person: personAnswer,
  channel: z.enum(CHANNELS),
  template: z.string().nullable(),
  category: z.string().nullable(),
  status: z.enum(MESSAGE_STATUSES),
  refusal: object.nullable().describe('Why it did not go out'),
  detail: object.nullable(),
  attempts: z.int(),
  reservedAt: z.date(),
  sentAt: z.date().nullable(),
  seenAt: z.date().nullable(),
  clickedAt: z.date().nullable(),
  dismissedAt: z.date().nullable(),
});

const NOBODY: PersonName = { userId: null, anonymousId: null };

/** The name of a profile; without names for one that is gone. */
export function nameIn(names: ReadonlyMap<number, PersonName>, profileId: number): PersonName {
  return names.get(profileId) ?? NOBODY;
}

export function runIn({ profileId, cursor, ...run }: ReadRun, names: ReadonlyMap<number, PersonName>) {
  const waits = cursor.phase === 'waiting' ? cursor : null;
  const until = waits && new Date(waits.until);
  const hold = waits?.hold === undefined ? null : { ...waits.hold };
  const at = run.status === 'active' ? { phase: cursor.phase, step: cursor.step, until, hold } : null;
  return { ...run, person: nameIn(names, profileId), at };
}

export function messageIn({ profileId, runId, ...message }: ReadMessage, names: ReadonlyMap<number, PersonName>) {
  return {
    ...message,
    run: runId,
    person: nameIn(names, profileId),
    refusal: message.refusal && { ...message.refusal },
  };
}
