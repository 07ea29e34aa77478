/**
 * Examples of computed traits and of scores, with the values they have.
 * @module
 */
import type { Example, ValueExample } from './example.ts';

const EXPORTS: Example['did'] = [
  ['Export Completed', '40d', { format: 'csv', rows: 100 }],
  ['Export Completed', '20d', { format: 'pdf', rows: 50 }],
  ['Export Completed', '2d', { format: 'csv', rows: 300 }],
];
const exporter: Example = {
  who: 'csv with 100 rows 40 days ago, pdf with 50 rows 20 days ago, csv with 300 rows two days ago',
  did: EXPORTS,
};
const nobody: Example = { who: 'somebody without an export' };
const LIMIT: Example = {
  who: 'somebody who reached 80 of 100',
  did: [['Feature Limit Reached', '3d', { current_usage: 80, plan_limit: 100 }]],
};
const LIMITS = `---
trait: current_usage
last: { event: Feature Limit Reached, property: current_usage }
---
trait: plan_limit
last: { event: Feature Limit Reached, property: plan_limit }`;

export const VALUE_EXAMPLES: readonly ValueExample[] = [
  {
    says: 'How many; `within`, `where`, `since` and `upTo` are as in conditions.',
    yaml: 'trait: exports_last_30_days\ncount: { event: Export Completed, within: 30d }',
    values: [
      { who: exporter, is: 2 },
      { who: nobody, is: 0 },
    ],
  },
  ...(
    [
      ['The sum of a property', 'sum', 'rows', 450, 0],
      ['Its average', 'average', 'rows', 150, undefined],
      ['Its least value', 'min', 'rows', 50, undefined],
      ['Its greatest', 'max', 'rows', 300, undefined],
      ['The first one', 'first', 'format', 'csv', undefined],
      ['The most recent one', 'last', 'format', 'csv', undefined],
      ['How many different ones', 'uniqueCount', 'format', 2, 0],
      ['Which ones', 'uniqueList', 'format', ['csv', 'pdf'], []],
    ] as const
  ).map(([what, fn, property, is, without]) => ({
    says: `${what}:`,
    yaml: `trait: exported_${fn.toLowerCase()}\n${fn}: { event: Export Completed, property: ${property} }`,
    values: [
      { who: exporter, is },
      { who: nobody, ...(without !== undefined && { is: without }) },
    ],
  })),
  {
    says: 'When the first one was, as a date:',
    yaml: 'trait: first_export\nfirstAt: { event: Export Completed }',
    values: [{ who: exporter, is: '2026-01-29T12:00:00.000Z' }, { who: nobody }],
  },
  {
    says: 'When the last one was:',
    yaml: 'trait: last_export\nlastAt: { event: Export Completed }',
    values: [{ who: exporter, is: '2026-03-08T12:00:00.000Z' }, { who: nobody }],
  },
  {
    says: 'The hour of the day in which most of them happened, by the person’s clock: for a `wait` until the hour in which somebody usually reads or works. Of fewer than `atLeast` (3) there is none.',
    yaml: 'trait: usual_hour\nusualHour: { event: Export Completed, within: 90d, atLeast: 2 }',
    values: [{ who: exporter, is: 12 }, { who: nobody }],
  },
  {
    says: 'How many values are new: there within the time, and never before it.',
    yaml: 'trait: new_formats\nnewCount: { event: Export Completed, property: format, within: 30d }',
    values: [{ who: exporter, is: 1 }],
  },
  {
    says: 'Which ones are:',
    yaml: 'trait: new_departments\nof: accounts\nnewList: { event: Team Member Invited, property: department, within: 30d }',
    of: 'accounts',
    values: [
      {
        who: {
          who: 'an account with invitations to sales 60 days ago, and to sales and legal last week',
          did: [
            ['Team Member Invited', '60d', { department: 'sales' }],
            ['Team Member Invited', '7d', { department: 'sales' }],
            ['Team Member Invited', '6d', { department: 'legal' }],
          ],
        },
        is: ['legal'],
      },
    ],
  },
  {
    says: 'Arithmetic: `+ - * /`, parentheses, `min`, `max`. What divides by something that may be 0 says what comes then: `otherwise` with a number, or `none`.',
    yaml: `trait: usage\nformula: current_usage / plan_limit\notherwise: none\n${LIMITS}`,
    values: [{ who: LIMIT, is: 0.8 }, { who: { who: 'somebody who reached no limit' } }],
  },
  {
    says: 'The functions: `orElse(a, b)` is `b` where there is no `a`; `daysSince(date)` counts whole days; `ago(trait, "30d")` is what a trait made of events was then; `trait("…")` reads one with a hyphen in its name.',
    yaml: `trait: pace
formula: (exports - ago(exports, "30d")) / max(daysSince(first_export), 1) + orElse(bonus, 0) * -1
---
trait: exports
count: { event: Export Completed }
---
trait: first_export
firstAt: { event: Export Completed }
---
trait: bonus
sum: { event: Bonus Given, property: points }`,
    values: [{ who: exporter, is: 0.05 }],
  },
  {
    says: 'The short form of one trait divided by another; nothing where the other is 0.',
    yaml: `trait: usage_ratio\nratio: { of: current_usage, to: plan_limit }\n${LIMITS}`,
    values: [{ who: LIMIT, is: 0.8 }],
  },
  {
    says: 'By which share something has grown against so long before: 0.2 for a fifth. Nothing where it was 0.',
    yaml: 'trait: growing\ngrowth: { of: exports_last_30_days, over: 30d }\n---\ntrait: exports_last_30_days\ncount: { event: Export Completed, within: 30d }',
    values: [{ who: exporter, is: 1 }, { who: nobody }],
  },
  {
    says: 'Whole days since a date. `calendar: true` counts midnights.',
    yaml: 'trait: account_age_days\ndaysSince: createdAt\ncalendar: true',
    values: [
      { who: { who: 'somebody who came yesterday evening', traits: { createdAt: '2026-03-09T20:00:00Z' } }, is: 1 },
    ],
  },
  {
    says: 'Of accounts: how many different people did it.',
    yaml: "trait: active_people\nof: accounts\npeople: { event: '*', within: 30d }",
    of: 'accounts',
    values: [
      {
        who: {
          who: 'an account where one person came twice and another once',
          did: [
            ['Logged In', '9d', {}, 1],
            ['Logged In', '8d', {}, 2],
            ['Logged In', '7d', {}, 1],
          ],
        },
        is: 2,
      },
    ],
  },
  {
    says: 'Of accounts: how many of the people a condition holds of (`that`), or are in an `audience`. `people: all` is how many there are.',
    yaml: 'trait: admins\nof: accounts\npeople: { that: { trait: role, is: admin } }',
    of: 'accounts',
    values: [{ who: { who: 'an account of 12 people, 2 of them admins', related: { total: 12, matching: 2 } }, is: 2 }],
  },
  {
    says: 'Of people: how many accounts they have, or how many of those are in an audience.',
    yaml: 'trait: accounts_owned\naccounts: all',
    values: [{ who: { who: 'somebody with 3 accounts', related: { total: 3, matching: 0 } }, is: 3 }],
  },
];

const buyer: Example = {
  who: 'an admin with an export ten days ago and another 20 days ago',
  traits: { role: 'admin', seats: 4 },
  did: [
    ['Export Completed', '20d'],
    ['Export Completed', '10d'],
  ],
};

export const SCORE_EXAMPLES: readonly ValueExample[] = [
  {
    says: 'Points of events wear off: full to 14 days, half to 30, a quarter to 60, then nothing. Points of a condition are there while it holds.',
    yaml: `score: intent
signals:
  - { signal: exports, weight: 20, event: Export Completed, most: 60 }
  - { signal: admin, weight: 15, if: { trait: role, is: admin } }
bands: { hot: 60, warm: 30 }
outOf: 90
value: 1200`,
    values: [
      { who: buyer, is: 45 },
      { who: buyer, of: 'intent.band', is: 'warm' },
      { who: buyer, of: 'intent.propensity', is: 0.5 },
      { who: buyer, of: 'intent.expected', is: 600 },
    ],
  },
  {
    says: 'Other ways to wear off: by half each `halfLife`, by steps of your own, or not at all (`none`; `steps` is the default).',
    yaml: `score: interest
signals:
  - { signal: exports, weight: 8, event: Export Completed, decay: { halfLife: 10d } }
  - { signal: looks, weight: 4, event: Upgrade Page Viewed, within: 30d, decay: [{ until: 7d, share: 100% }, { until: 30d, share: 25% }] }
  - { signal: upgrades, weight: -50, event: Account Upgraded, decay: none }`,
    values: [{ who: buyer, is: 6 }],
  },
];
