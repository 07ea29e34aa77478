/**
 * Examples of accounts and their people.
 * @module
 */
import type { ExampleSection } from './example.ts';

export const RELATED_EXAMPLES: ExampleSection = {
  title: 'Accounts and their people',
  intro:
    'An audience is of people, or with `of: accounts` of accounts. An account has traits of its own (without `account.` before them), and everything that its people did while they belonged to it. Each can ask about the other.',
  form: 'related',
  examples: [
    {
      says: 'Of people: this holds of an account of theirs.',
      yaml: 'account: { trait: seats, atLeast: 50 }',
      holds: [{ who: 'somebody with two accounts, one of them that large', related: { total: 2, matching: 1 } }],
      not: [{ who: 'somebody without an account', related: { total: 0, matching: 0 } }],
    },
    {
      says: 'Of people: all of their accounts are in an audience of accounts. `howMany` also takes `atLeast`, `atMost` and `exactly`.',
      yaml: 'accounts: { audience: enterprise, howMany: all }',
      holds: [{ who: 'somebody whose two accounts are', related: { total: 2, matching: 2 } }],
      not: [
        { who: 'somebody of whose two accounts one is', related: { total: 2, matching: 1 } },
        { who: 'somebody without an account', related: { total: 0, matching: 0 } },
      ],
    },
    {
      says: 'Of accounts: at least three of the people did something. Without `howMany` one is enough.',
      yaml: 'people: { that: { event: Export Completed, within: 7d }, howMany: { atLeast: 3 } }',
      of: 'accounts',
      holds: [{ who: 'an account where 3 of 40 did', related: { total: 40, matching: 3 } }],
      not: [{ who: 'an account where 2 of 40 did', related: { total: 40, matching: 2 } }],
    },
    {
      says: 'Of accounts: none of the people is like that.',
      yaml: 'all:\n  - { trait: plan, is: team }\n  - people: { that: { trait: role, is: admin }, howMany: { exactly: 0 } }',
      of: 'accounts',
      holds: [
        { who: 'an account on team without an admin', traits: { plan: 'team' }, related: { total: 5, matching: 0 } },
      ],
      not: [{ who: 'one with an admin', traits: { plan: 'team' }, related: { total: 5, matching: 1 } }],
    },
    {
      says: 'Of accounts: so much was done by its people together.',
      yaml: 'event: Export Completed\ntimes: { atLeast: 3 }\nwithin: 7d',
      of: 'accounts',
      holds: [
        {
          who: 'an account whose people exported three times in a week',
          did: [
            ['Export Completed', '3d'],
            ['Export Completed', '2d'],
            ['Export Completed', '1d'],
          ],
        },
      ],
      not: [{ who: 'one where it was once', did: [['Export Completed', '1d']] }],
    },
  ],
};
