/**
 * Examples of events.
 * @module
 */
import type { ExampleSection } from './example.ts';

export const EVENT_EXAMPLES: ExampleSection = {
  title: 'What somebody has done',
  intro:
    "An event, or one of several. `'*'` is anything that people do themselves, and leaves out what happens to messages and tasks.",
  form: 'event',
  examples: [
    {
      says: 'At least once, ever:',
      yaml: '{ event: [Export Completed, Report Printed] }',
      holds: [{ who: 'somebody who exported a year ago', did: [['Export Completed', '365d']] }],
      not: [{ who: 'somebody who did neither', did: [['Logged In', '1d']] }],
    },
    {
      says: 'Only those with such properties, tested like traits. Dots lead into objects and through lists.',
      yaml: '{ event: Order Completed, where: { currency: EUR, items.price: { contains: 99 }, total: { atLeast: 100 } } }',
      holds: [
        {
          who: 'somebody who ordered for 120 EUR, one item of 99 among it',
          did: [['Order Completed', '2d', { currency: 'EUR', total: 120, items: [{ price: 99 }, { price: 21 }] }]],
        },
      ],
      not: [
        {
          who: 'somebody who ordered one item for 99 EUR',
          did: [['Order Completed', '2d', { currency: 'EUR', total: 99, items: [{ price: 99 }] }]],
        },
      ],
    },
    {
      says: 'So often in so long. What happened exactly 30 days ago is out.',
      yaml: '{ event: Export Completed, times: { atLeast: 2, atMost: 3 }, within: 30d }',
      holds: [
        {
          who: 'somebody who exported 29 and 3 days ago',
          did: [
            ['Export Completed', '29d'],
            ['Export Completed', '3d'],
          ],
        },
      ],
      not: [
        {
          who: 'somebody who exported 30 and 3 days ago',
          did: [
            ['Export Completed', '30d'],
            ['Export Completed', '3d'],
          ],
        },
      ],
    },
    {
      says: 'Nothing for three weeks, which becomes true by the clock alone:',
      yaml: "{ event: '*', times: { exactly: 0 }, within: 21d }",
      holds: [{ who: 'somebody last seen 21 days ago', did: [['Logged In', '21d']] }],
      not: [{ who: 'somebody last seen 20 days ago', did: [['Logged In', '20d']] }],
    },
    {
      says: 'Days of the calendar, from midnight to midnight, the present one among them. `within: today` is one of them. The midnight is that of the trait `timezone`, else of the workspace.',
      yaml: '{ event: Logged In, within: 2 calendar days }',
      holds: [{ who: 'somebody who logged in yesterday at 1:00', did: [['Logged In', '35h']] }],
      not: [{ who: 'somebody who logged in the day before at 23:00', did: [['Logged In', '37h']] }],
    },
    {
      says: 'Only what came after the last event of another kind, or after the `first`; `upTo` says for how long after it.',
      yaml: '{ event: Export Failed, since: { last: Plan Changed }, upTo: 2d, times: { atLeast: 2 } }',
      holds: [
        {
          who: 'somebody whose exports failed twice in the two days after the change',
          did: [
            ['Plan Changed', '20d'],
            ['Export Failed', '19d'],
            ['Export Failed', '18.5d'],
          ],
        },
      ],
      not: [
        {
          who: 'somebody whose second one failed later',
          did: [
            ['Plan Changed', '20d'],
            ['Export Failed', '19d'],
            ['Export Failed', '17d'],
          ],
        },
      ],
    },
    {
      says: 'The anchor can be told by its properties, too:',
      yaml: '{ event: Team Member Invited, since: { first: { event: Logged In, where: { device: phone } } } }',
      holds: [
        {
          who: 'somebody who invited after the first login by phone',
          did: [
            ['Logged In', '9d', { device: 'phone' }],
            ['Team Member Invited', '2d'],
          ],
        },
      ],
      not: [
        {
          who: 'somebody who invited before it',
          did: [
            ['Team Member Invited', '10d'],
            ['Logged In', '9d', { device: 'phone' }],
          ],
        },
      ],
    },
    {
      says: 'In journeys: only what came after the entry. Goals and `wait-until` count like that by themselves, where neither `within` nor `since` stands.',
      yaml: '{ event: Upgrade Page Viewed, since: entry }',
      inRun: true,
      holds: [
        {
          who: 'somebody who entered two days ago and looked yesterday',
          entered: '2d',
          did: [['Upgrade Page Viewed', '1d']],
        },
      ],
      not: [{ who: 'somebody who looked before entering', entered: '2d', did: [['Upgrade Page Viewed', '3d']] }],
    },
  ],
};
