/**
 * What the management API says of runs, messages and people, and how it is made from what the rooms read.
 * @module
 */
import { z } from 'zod';
import type { PersonName } from '../../profiles/find.ts';
import { CHANNELS, MESSAGE_STATUSES, type ReadMessage } from '../../runs/read-messages.ts';
import { type ReadRun, RUN_STATUSES } from '../../runs/read-runs.ts';
import { TASK_STATUSES, type Task } from '../../sales/read-tasks.ts';

const object = z.record(z.string(), z.unknown());

export const personAnswer = z.object({
  userId: z.string().nullable(),
  anonymousId: z.string().nullable().describe('One of those that name the person'),
});

/** Whom something is about: a person, or an account as a whole. */
export const whoAnswer = {
  person: personAnswer.nullable().describe('Null where it is about an account'),
  account: z.string().nullable().describe('The account it is about, or on whose behalf it is; else null'),
};

export const runAnswer = z.object({
  id: z.string().describe("The workflow's id in Temporal, too"),
  journey: z.string(),
  instance: z.string().nullable().describe('Which of the runs side by side it is, where the journey has several'),
  version: z.string().describe("The definition's hash"),
  ...whoAnswer,
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
  ...whoAnswer,
  chosen: object.nullable().describe('Of an account’s run: by which role the person was chosen, and why'),
  channel: z.enum(CHANNELS),
  template: z.string().nullable(),
  category: z.string().nullable(),
  offer: z.string().nullable().describe('What it offers'),
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

export const taskAnswer = z.object({
  id: z.string().describe("The message's; URL-encode it in paths"),
  ...whoAnswer,
  title: z.string(),
  owner: z.string().describe('Who it is meant for'),
  brief: z.string(),
  status: z.enum(TASK_STATUSES),
  claimedBy: z.string().nullable(),
  snoozedUntil: z.date().nullable(),
  outcome: z.string().nullable(),
  note: z.string().nullable(),
  dueAt: z.date(),
  createdAt: z.date(),
  completedAt: z.date().nullable(),
  stakeholders: z
    .array(
      z.object({
        userId: z.string().nullable(),
        chosen: z.array(object).describe('Every role the person was chosen by, and why'),
        traits: object.describe('As they were when the task was made'),
      }),
    )
    .describe('Of a task about an account: people of it, by role'),
});

const NOBODY: PersonName = { userId: null, anonymousId: null };

/** The name of a profile; without names for one that is gone. */
export function nameIn(names: ReadonlyMap<number, PersonName>, profileId: number): PersonName {
  return names.get(profileId) ?? NOBODY;
}

/** Whom a profile stands for. */
export function whoIn(names: ReadonlyMap<number, PersonName>, profileId: number) {
  const { account = null, ...person } = nameIn(names, profileId);
  return account === null ? { person, account } : { person: null, account };
}

export function runIn({ profileId, cursor, ...run }: ReadRun, names: ReadonlyMap<number, PersonName>) {
  const waits = cursor.phase === 'waiting' ? cursor : null;
  const until = waits && new Date(waits.until);
  const hold = waits?.hold === undefined ? null : { ...waits.hold };
  const at = run.status === 'active' ? { phase: cursor.phase, step: cursor.step, until, hold } : null;
  return { ...run, ...whoIn(names, profileId), at };
}

export function messageIn(
  { profileId, accountId, runId, ...message }: ReadMessage,
  names: ReadonlyMap<number, PersonName>,
) {
  const { person, account } = whoIn(names, profileId);
  return {
    ...message,
    run: runId,
    person,
    account: accountId === null ? account : (names.get(accountId)?.account ?? null),
    chosen: message.chosen && { ...message.chosen },
    refusal: message.refusal && { ...message.refusal },
  };
}

export function taskIn({ profileId, stakeholders, ...task }: Task, names: ReadonlyMap<number, PersonName>) {
  return {
    ...task,
    ...whoIn(names, profileId),
    stakeholders: (stakeholders ?? []).map(({ userId, chosen, traits }) => ({
      userId,
      chosen: chosen.map((because) => ({ ...because })),
      traits: { ...traits },
    })),
  };
}
