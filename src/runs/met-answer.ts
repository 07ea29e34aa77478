/**
 * What people under way would meet, as the API says it.
 * @module
 */
import { z } from 'zod';
import type { MetAtStep } from './migration-preview.ts';

const step = z.string().nullable().describe('Null: past the last step');
export const destinationAnswer = z
  .union([z.enum(['stay', 'out']), z.object({ to: step })])
  .nullable()
  .describe('Null: there is no such step any more, or it is of another kind, and nothing says where they go');
export const metAtStepAnswer = z.object({
  version: z.string(),
  step,
  kind: z.string().nullable(),
  people: z.int(),
  onTheirWay: z
    .int()
    .describe('Of these, with a message on its way: moved once it is settled, from where they then stand'),
  goes: destinationAnswer,
  lookedAt: z.int().describe('Of how many what follows is known: of all, unless they are very many'),
  waits: z.array(z.object({ step, people: z.int(), soonest: z.date(), latest: z.date() })),
  ends: z.record(z.string(), z.int()).describe('How many would end at once, by outcome'),
  messages: z
    .array(
      z.object({
        step: z.string(),
        channel: z.string(),
        template: z.string().nullable(),
        gets: z.int(),
        refused: z.int(),
      }),
    )
    .describe('What would be due at once'),
  again: z
    .array(z.object({ step: z.string(), people: z.int() }))
    .describe('Messages that people had already, and may get once more'),
});

export function metIn(met: MetAtStep): z.infer<typeof metAtStepAnswer> {
  const waits = met.waits.map(({ soonest, latest, ...wait }) => {
    return { ...wait, soonest: new Date(soonest), latest: new Date(latest) };
  });
  return metAtStepAnswer.parse({ ...met, waits });
}
