/**
 * Examples of tests of traits.
 * @module
 */
import type { Example, ExampleSection } from './example.ts';

const person = (plan: string): Example => ({ who: `somebody on ${plan}`, traits: { plan } });

export const TRAIT_EXAMPLES: ExampleSection = {
  title: 'What is known of somebody',
  intro:
    'A trait and at least one test of it. Traits are what your product sent with `identify`, and what you [compute](#computed-traits); `account.<trait>` is one that is stored of the account. Where several tests stand, all must hold. Somebody who lacks the trait passes only `exists: false`, `isNot` and `notIn`.',
  form: 'tests',
  examples: [
    {
      says: 'Exactly this value:',
      yaml: '{ trait: plan, is: free }',
      holds: [person('free')],
      not: [person('team'), { who: 'somebody without a plan' }],
    },
    {
      says: 'Any other value, or none:',
      yaml: '{ trait: plan, isNot: free }',
      holds: [person('team'), { who: 'somebody without a plan' }],
      not: [person('free')],
    },
    {
      says: 'One of several:',
      yaml: '{ trait: plan, in: [free, starter] }',
      holds: [person('free'), person('starter')],
      not: [person('team')],
    },
    {
      says: 'None of several:',
      yaml: '{ trait: plan, notIn: [free, starter] }',
      holds: [person('team'), { who: 'somebody without a plan' }],
      not: [person('free')],
    },
    {
      says: 'A list with this element, or a text with this text in it:',
      yaml: '{ trait: tags, contains: beta }',
      holds: [{ who: 'somebody with the tags beta and eu', traits: { tags: ['beta', 'eu'] } }],
      not: [{ who: 'somebody with the tag eu', traits: { tags: ['eu'] } }],
    },
    {
      says: 'A list or a text without it:',
      yaml: '{ trait: address.city, notContains: Berlin }',
      holds: [{ who: 'somebody in Bonn', traits: { address: { city: 'Bonn' } } }],
      not: [
        { who: 'somebody in Berlin', traits: { address: { city: 'Berlin Mitte' } } },
        { who: 'somebody without a city' },
      ],
    },
    {
      says: 'There is a value, whatever it is. `false`: there is none.',
      yaml: '{ trait: role, exists: true }',
      holds: [{ who: 'somebody whose role is admin', traits: { role: 'admin' } }],
      not: [{ who: 'somebody without a role' }],
    },
    {
      says: 'Numbers by size:',
      yaml: '{ trait: seats, atLeast: 5, below: 50 }',
      holds: [{ who: 'somebody with 5 seats', traits: { seats: 5 } }],
      not: [
        { who: 'somebody with 50', traits: { seats: 50 } },
        { who: 'somebody with 4', traits: { seats: 4 } },
      ],
    },
    {
      says: '`atMost` and `above` are the other two:',
      yaml: '{ trait: seats, above: 5, atMost: 50 }',
      holds: [{ who: 'somebody with 50 seats', traits: { seats: 50 } }],
      not: [{ who: 'somebody with 5', traits: { seats: 5 } }],
    },
    {
      says: 'A date at least so long ago. It becomes true by itself, at that very moment.',
      yaml: '{ trait: createdAt, olderThan: 14d }',
      holds: [{ who: 'somebody who came 14 days ago', traits: { createdAt: '2026-02-24T12:00:00Z' } }],
      not: [{ who: 'somebody who came 13 days ago', traits: { createdAt: '2026-02-25T12:00:00Z' } }],
    },
    {
      says: 'A date less than so long ago:',
      yaml: '{ trait: createdAt, newerThan: 14d }',
      holds: [{ who: 'somebody who came 13 days ago', traits: { createdAt: '2026-02-25T12:00:00Z' } }],
      not: [{ who: 'somebody who came 14 days ago', traits: { createdAt: '2026-02-24T12:00:00Z' } }],
    },
    {
      says: 'Two traits with each other; `is`, `isNot`, `atLeast`, `atMost`, `above` and `below` can do that:',
      yaml: '{ trait: seats_used, atLeast: { trait: seats } }',
      holds: [
        {
          who: 'somebody with 2 seats, both taken',
          traits: { seats: 2 },
          did: [
            ['Seat Taken', '20d'],
            ['Seat Taken', '3d'],
          ],
        },
      ],
      not: [{ who: 'somebody with 2 seats, one taken', traits: { seats: 2 }, did: [['Seat Taken', '20d']] }],
    },
  ],
};
