/**
 * What the API says of why somebody is in an audience or a journey, or not.
 * @module
 */
import { z } from 'zod';
import type { Explanation } from '../audiences/explain.ts';
import type { Json } from '../core/condition.ts';
import { WISH_SUBJECTS } from '../core/wishes.ts';
import { JOURNEY_STATUSES } from '../runs/journey-status.ts';
import { CHANNELS, MESSAGE_STATUSES } from '../runs/read-messages.ts';
import { RUN_STATUSES } from '../runs/read-runs.ts';
import { signalAnswer } from '../server/routes/audience-questions.ts';

/** Schemas that refer to themselves cannot be described to OpenAPI in place. */
const anything = z.any();

const explanation: z.ZodType<Explanation> = z.object({
  clause: z.string(),
  holds: z.boolean(),
  found: anything as z.ZodType<Json>,
  signals: z.array(signalAnswer).optional().describe('Of scores: what gave how many points'),
  until: z.string().nullable().describe('When time alone could change it'),
  of: z.array(anything as z.ZodType<Explanation>).describe('Its parts, which look like this one'),
});

export const audienceExplained = z.object({
  audience: z.string(),
  at: z.date(),
  holds: z.boolean(),
  until: z.string().nullable().describe('When time alone could change it'),
  explanation,
});

const heldOut = z.enum(['no', 'journey', 'everywhere']);

const entryExplained = z.object({
  by: z.enum(['audience', 'leaving', 'event', 'request', 'schedule']),
  takes: z.string().describe('What has to happen, and how often it counts'),
  audience: z
    .object({
      key: z.string(),
      member: z.boolean(),
      since: z.date().nullable().describe('Null: the answer never was another'),
      explanation,
    })
    .nullable()
    .describe('Where an audience is asked: whether they are in it, and why'),
  turn: z.date().nullable().describe('Of a scheduled journey: when their next turn is'),
  waiting: z
    .object({ since: z.date(), reason: z.string() })
    .nullable()
    .describe('It has happened, and the entry waits since then for the end of another run of the group'),
  verdict: z
    .object({
      answer: z.enum(['enters', 'waits', 'refused']),
      reason: z.string().nullable().describe('Why not, or not yet'),
      until: z.date().nullable().describe('When time alone gives another answer, as far as that is known'),
      heldOut: heldOut.nullable().describe('On which side the run would be'),
    })
    .describe('What would come of it if it happened now'),
});

const runExplained = z.object({
  id: z.string(),
  visit: z.int().describe('How many runs of the journey there were before'),
  instance: z.string().nullable(),
  version: z.string(),
  enteredAt: z.date(),
  enteredBy: z.string(),
  entry: z.record(z.string(), z.unknown()),
  heldOut,
  variants: z.record(z.string(), z.string()).describe('What experiments gave, by their names'),
  status: z.enum(RUN_STATUSES),
  endedAt: z.date().nullable(),
  endReason: z.string().nullable(),
  stands: z
    .object({
      step: z.string().nullable().describe('Null: past the last step'),
      kind: z.string().nullable(),
      since: z.date(),
      until: z.date().nullable().describe('Then it goes on by itself; null: at once'),
      does: z.string().describe('What it does, and what it waits for'),
      deadline: z.date().describe('When it is over whatever happens'),
      kept: z.string().nullable().describe('What keeps it beside its steps, such as a pause'),
    })
    .nullable()
    .describe('Null: it is over'),
  messages: z
    .array(
      z.object({
        at: z.date(),
        step: z.string(),
        channel: z.enum(CHANNELS),
        template: z.string().nullable(),
        to: z.string().nullable().describe('Of an account’s run: who of it gets it'),
        status: z.enum(MESSAGE_STATUSES),
        refused: z.string().nullable().describe('Why it did not go out'),
        clickedAt: z.date().nullable(),
      }),
    )
    .describe('What it wanted to send, oldest first: the last 50'),
  ahead: z
    .object({
      assuming: z.string().nullable().describe('What is taken for granted beside that nothing happens'),
      steps: z
        .array(
          z.object({
            at: z.date(),
            step: z.string().nullable(),
            kind: z.string(),
            did: z.string(),
            text: z.string(),
          }),
        )
        .describe('At most 200'),
      ends: z
        .object({ at: z.date(), outcome: z.string(), reason: z.string() })
        .nullable()
        .describe('Null: that is too far away to be told'),
    })
    .nullable()
    .describe('What comes if nothing but time happens; whatever else happens changes it. Null: it is over'),
});

export const journeyExplained = z.object({
  journey: z.string(),
  of: z.enum(['person', 'account']),
  at: z.date(),
  zone: z.string().describe('By whose clock hours and calendars go'),
  status: z.enum(JOURNEY_STATUSES),
  control: z
    .object({ since: z.date(), by: z.string(), reason: z.string() })
    .nullable()
    .describe('Who paused, stopped or reopened it last'),
  version: z.string().nullable().describe('Of the definition in force; null: there is none any more'),
  entry: entryExplained.nullable(),
  unwanted: z
    .array(z.object({ of: z.enum(WISH_SUBJECTS), name: z.string().nullable(), until: z.date().nullable() }))
    .describe('What they do not want that stands against its messages; `until` null: for ever'),
  refusals: z
    .array(z.object({ at: z.date(), reason: z.string(), instance: z.string().nullable() }))
    .describe('Entries that were refused, the newest 10'),
  runs: z.array(runExplained).describe('The latest first: the last 5'),
  more: z.boolean().describe('There were earlier runs'),
});
