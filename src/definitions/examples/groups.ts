/**
 * Examples of conditions made of conditions.
 * @module
 */
import type { ConditionExample, ExampleSection } from './example.ts';

export const GROUP_EXAMPLES: ExampleSection = {
  title: 'All, any, not',
  intro: 'Conditions made of conditions, as deep as you like.',
  examples: [
    {
      says: 'Every one of them, at least one of them, and the opposite:',
      yaml: 'all:\n  - { trait: plan, is: free }\n  - any:\n      - { trait: role, is: admin }\n      - { trait: vip, is: true }\n  - not: { event: Account Upgraded }',
      holds: [{ who: 'an admin on free', traits: { plan: 'free', role: 'admin' } }],
      not: [
        {
          who: 'an admin on free who upgraded once',
          traits: { plan: 'free', role: 'admin' },
          did: [['Account Upgraded', '90d']],
        },
        { who: 'a viewer on free', traits: { plan: 'free', role: 'viewer' } },
      ],
    },
    {
      says: 'Members of another audience:',
      yaml: 'all:\n  - { audience: power-users }\n  - { trait: plan, is: free }',
      holds: [{ who: 'a power user on free', audiences: ['power-users'], traits: { plan: 'free' } }],
      not: [{ who: 'anybody else on free', traits: { plan: 'free' } }],
    },
  ],
};

/** The first that readers see. */
export const FIRST_EXAMPLE: ConditionExample = {
  says: 'An audience is a name above a condition:',
  yaml: 'all:\n  - { trait: plan, is: trial }\n  - { trait: createdAt, olderThan: 2d }\n  - { event: Project Created, times: { exactly: 0 } }',
  holds: [{ who: 'somebody three days on trial', traits: { plan: 'trial', createdAt: '2026-03-07' } }],
  not: [
    { who: 'somebody who began today', traits: { plan: 'trial', createdAt: '2026-03-10' } },
    {
      who: 'somebody with a project',
      traits: { plan: 'trial', createdAt: '2026-03-07' },
      did: [['Project Created', '2d']],
    },
  ],
};
