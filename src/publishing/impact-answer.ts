/**
 * What publishing would change, as the API says it.
 * @module
 */
import { z } from 'zod';
import { diffAnswer, fieldChangeAnswer } from '../definitions/diff-answer.ts';
import { metAtStepAnswer, metIn } from '../runs/met-answer.ts';
import type { Impact } from './impact.ts';

const journey = z.object({
  key: z.string(),
  is: z.enum(['added', 'removed', 'changed', 'unchanged']),
  before: z.string().nullable().describe('The hash in force; null: not published'),
  after: z.string().nullable(),
  diff: diffAnswer.nullable(),
  underWay: z.int().describe('People in it, on whichever version; they stay on it unless they are moved'),
  ifMoved: z.array(metAtStepAnswer).describe('What they would meet, each moved to the step of the same id'),
});

const audience = z.object({
  key: z.string(),
  of: z.enum(['person', 'account']),
  is: z.enum(['new', 'changed', 'removed']),
  before: z.int().describe('Members'),
  after: z.int(),
  entering: z.int(),
  leaving: z.int(),
  runs: z
    .array(
      z.object({
        journey: z.string(),
        version: z.string(),
        for: z.enum(['goal', 'exit', 'wait']),
        step: z.string().nullable(),
        people: z.int(),
        entering: z.int(),
        leaving: z.int(),
      }),
    )
    .describe('Runs under way that ask for it'),
  starts: z
    .array(z.object({ journey: z.string(), people: z.int(), asked: z.boolean() }))
    .describe('How many at most would start which journey, if `enterExisting` names the audience, and whether it does'),
});

export const impactAnswer = z.object({
  hash: z.string(),
  isInForce: z.boolean(),
  settings: z.array(fieldChangeAnswer),
  journeys: z.array(journey),
  audiences: z.array(audience),
});

export function impactIn({ journeys, ...impact }: Impact): z.infer<typeof impactAnswer> {
  const told = journeys.map(({ ifMoved, ...one }) => ({ ...one, ifMoved: ifMoved.map(metIn) }));
  return impactAnswer.parse({ ...impact, journeys: told });
}
