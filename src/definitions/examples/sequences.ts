/**
 * Examples of sequences of events.
 * @module
 */
import type { ExampleSection } from './example.ts';

export const SEQUENCE_EXAMPLES: ExampleSection = {
  title: 'One thing after another',
  intro: 'Each event later than the one before it; others may come between.',
  form: 'sequence',
  examples: [
    {
      says: 'First this, then within two days that:',
      yaml: 'sequence:\n  - Trial Started\n  - { event: Project Created, within: 2d }',
      holds: [
        {
          who: 'somebody with a project one day after the start',
          did: [
            ['Trial Started', '9d'],
            ['Project Created', '8d'],
          ],
        },
      ],
      not: [
        {
          who: 'somebody who took three days',
          did: [
            ['Trial Started', '9d'],
            ['Project Created', '6d'],
          ],
        },
      ],
    },
    {
      says: 'Without something between the first and the last, and completed in the last seven days:',
      yaml: 'sequence:\n  - { event: Feature Limit Reached, where: { feature: exports } }\n  - Upgrade Page Viewed\nwithout: [Account Upgraded, { event: Page Viewed, where: { path: /pricing } }]\nwithin: 7d',
      holds: [
        {
          who: 'somebody who hit the limit ten days ago and looked at upgrades yesterday',
          did: [
            ['Feature Limit Reached', '10d', { feature: 'exports' }],
            ['Upgrade Page Viewed', '1d'],
          ],
        },
      ],
      not: [
        {
          who: 'somebody who upgraded between the two',
          did: [
            ['Feature Limit Reached', '10d', { feature: 'exports' }],
            ['Account Upgraded', '5d'],
            ['Upgrade Page Viewed', '1d'],
          ],
        },
      ],
    },
    {
      says: 'And then not: it holds when the time is over and nothing came.',
      yaml: 'sequence: [Product Viewed, Product Added]\nthenNot: { event: Order Completed, within: 1d }',
      holds: [
        {
          who: 'somebody whose cart has been waiting for a day',
          did: [
            ['Product Viewed', '25h'],
            ['Product Added', '24h'],
          ],
        },
      ],
      not: [
        {
          who: 'somebody whose cart is an hour old',
          did: [
            ['Product Viewed', '2h'],
            ['Product Added', '1h'],
          ],
        },
        {
          who: 'somebody who ordered',
          did: [
            ['Product Viewed', '25h'],
            ['Product Added', '24h'],
            ['Order Completed', '20h'],
          ],
        },
      ],
    },
    {
      says: 'All in one session. It ends with a pause of 30 minutes; `session: 45m` sets another length.',
      yaml: 'sequence: [Pricing Viewed, Docs Viewed, Pricing Viewed]\nsession: true',
      holds: [
        {
          who: 'somebody who went to and fro within half an hour',
          did: [
            ['Pricing Viewed', '50m'],
            ['Docs Viewed', '40m'],
            ['Pricing Viewed', '20m'],
          ],
        },
      ],
      not: [
        {
          who: 'somebody who came back after lunch',
          did: [
            ['Pricing Viewed', '90m'],
            ['Docs Viewed', '80m'],
            ['Pricing Viewed', '20m'],
          ],
        },
      ],
    },
    {
      says: 'In journeys: only what came after the entry, as with events.',
      yaml: 'sequence: [Email Opened, Upgrade Page Viewed]\nsince: entry',
      inRun: true,
      holds: [
        {
          who: 'somebody who entered three days ago, and did both since',
          entered: '3d',
          did: [
            ['Email Opened', '2d'],
            ['Upgrade Page Viewed', '1d'],
          ],
        },
      ],
      not: [
        {
          who: 'somebody whose email was opened before',
          entered: '3d',
          did: [
            ['Email Opened', '4d'],
            ['Upgrade Page Viewed', '1d'],
          ],
        },
      ],
    },
  ],
};
