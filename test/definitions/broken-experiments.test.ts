import { expect, test } from 'vitest';
import { EMAIL, messagesOf } from './folder.ts';

const journey = (steps: string, more = '') => ({
  'a.yaml': `journey: a\nenter: { event: X }\n${more}steps:\n${steps}`,
  'hello.mjml': EMAIL,
});
const GOAL = 'goal: { event: Order Completed }\n';

test.each<[string, Record<string, string>, string[]]>([
  [
    "shares that are not the whole, or not everybody's",
    journey(
      '  - experiment: tone\n    variants:\n      one: { share: 50%, email: hello }\n      two: { share: 40%, wait: 1h }\n' +
        '  - experiment: timing\n    variants:\n      one: { share: 50%, wait: 1h }\n      two: { wait: 2h }\n',
    ),
    [
      'a.yaml:6:7  The shares of the experiment come to 90%. Make them 100% together.',
      'a.yaml:11:12  The variant `two` has no share, and others have one. Give all a share, or none.',
    ],
  ],
  [
    'one variant, and one that stands twice',
    journey('  - experiment: tone\n    variants: { one: { email: hello } }\n'),
    ['a.yaml:5:15  `variants` must have at least two variants.'],
  ],
  [
    'a variant that stands twice',
    journey('  - experiment: tone\n    variants:\n      one: { wait: 1h }\n      one: { wait: 2h }\n'),
    ['a.yaml:7:7  The key `one` stands here twice. Keep one of them.'],
  ],
  [
    'variants that are none, and a shape of their own',
    journey(
      '  - experiment: tone\n    variants:\n      one: { share: 50% }\n      two: { share: 50%, wait: 1h, email: hello }\n      three: { wait: 1h, stopped: soon }\n',
    ),
    [
      'a.yaml:6:12  A variant has one of `steps`, `wait`, `email`, `in-app`, `sales-task`, `webhook`, `set-trait`, `exit`; this has none of them.',
      'a.yaml:7:12  A variant has one of `steps`, `wait`, `email`, `in-app`, `sales-task`, `webhook`, `set-trait`, `exit`; this has `wait`, `email`. Keep one of them.',
      'a.yaml:8:35  `stopped` must be true or `go-over`, not "soon".',
    ],
  ],
  [
    'a template and a control that are not there',
    journey('  - experiment: tone\n    control: twoo\n    variants: { one: { email: helo }, two: { steps: [] } }\n'),
    [
      'a.yaml:5:14  There is no variant `twoo`. Did you mean `two`?',
      'a.yaml:6:31  There is no email template `helo`. Did you mean `hello`?',
    ],
  ],
  [
    'nothing that anybody new could get',
    journey(
      '  - experiment: tone\n    variants: { one: { wait: 1h, stopped: true }, two: { wait: 2h, stopped: go-over } }\n' +
        '  - experiment: timing\n    variants: { one: { share: 100%, wait: 3h, stopped: true }, two: { share: 0%, wait: 4h } }\n',
    ),
    [
      'a.yaml:5:15  Every variant is stopped, so that nobody new could get one. Let one go on, or take the experiment out.',
      'a.yaml:7:15  Every variant that is not stopped has a share of 0%. Give one of them a share.',
    ],
  ],
  [
    'two experiments of one name',
    journey(
      '  - experiment: tone\n    variants: { one: { wait: 1h }, two: { wait: 2h } }\n  - id: again\n    experiment: tone\n    variants: { one: { wait: 3h }, two: { wait: 4h } }\n',
    ),
    ['a.yaml:7:17  Two experiments of the journey are called `tone`. Rename one of them.'],
  ],
  [
    'steps that nobody reaches since every variant exits',
    journey(
      '  - experiment: tone\n    variants: { one: { exit: enough }, two: { steps: [{ exit: also enough }] } }\n  - email: hello\n',
    ),
    ['a.yaml:6:5  This step is never reached: every way of the step before it exits. Take it out, or move the `exit`.'],
  ],
  [
    'waits in variants that outlast the journey',
    journey(
      '  - experiment: timing\n    variants: { early: { wait: 1h }, late: { wait: 15d } }\n  - email: hello\n',
      'exit: { after: 14d }\n',
    ),
    [
      'a.yaml:6:44  The waits up to here come to 15 days, and the journey ends after 14 days. Shorten the waits, or raise `after` in `exit`.',
    ],
  ],
  [
    'a winner by what is not measured',
    journey(
      '  - experiment: tone\n    variants: { one: { wait: 1h }, two: { wait: 2h } }\n    winner: { by: clicks, after: 0, confidence: 50% }\n',
      GOAL,
    ),
    [
      'a.yaml:7:19  `by` must be `conversion` or `click`, not "clicks". Did you mean `click`?',
      'a.yaml:7:34  `after` must be a whole number, at least 1, not 0.',
      'a.yaml:7:49  `confidence` must be at least 80% and below 100%, not "50%".',
    ],
  ],
  [
    'a winner by what cannot happen',
    journey(
      '  - experiment: tone\n    variants: { one: { wait: 1h }, two: { wait: 2h } }\n    winner: { by: click, after: 100 }\n' +
        '  - experiment: timing\n    variants: { one: { wait: 3h }, two: { wait: 4h } }\n    winner: { by: conversion, after: 100 }\n',
    ),
    [
      'a.yaml:6:19  The winner goes by clicks, and no step is a message to click. Take `conversion`.',
      'a.yaml:9:19  The winner goes by conversion, and the journey has no goal. Add a `goal`, or take `click`.',
    ],
  ],
  [
    'a winner by conversions that come too late to count',
    journey(
      '  - experiment: tone\n    variants: { one: { wait: 1h }, two: { wait: 2h } }\n    winner: { by: conversion, after: 100, within: 40d }\n',
      GOAL,
    ),
    [
      'a.yaml:7:51  The journey ends after 30 days, and who converts later counts for nothing. Shorten `within`, or raise `after` in `exit`.',
    ],
  ],
  [
    'a value without an event that has it',
    journey('  - email: hello\n', 'goal: { trait: plan, is: pro }\nvalue: total\n'),
    [
      'a.yaml:4:8  `value` is a property of the event that is the goal, and the goal is no event. Give the journey a goal such as `{ event: Order Completed }`, or leave `value` out.',
    ],
  ],
  [
    'a value that is no number by the tracking plan',
    {
      ...journey('  - email: hello\n', `${GOAL}value: currency\n`),
      'b.yaml': `journey: b\nenter: { event: X }\n${GOAL}value: totl\nsteps: [{ wait: 1h }]\n`,
      'plan.yaml':
        'plan: shop\nevents:\n  Order Completed:\n    required: { total: number, currency: string }\n    others: no\n',
    },
    [
      'a.yaml:4:8  By the tracking plan `currency` of `Order Completed` is a string, and what a conversion is worth is a number.',
      'b.yaml:4:8  By the tracking plan `Order Completed` has no property `totl`. Did you mean `total`?',
    ],
  ],
  [
    'hold-outs and ramps that are no share of people',
    {
      ...journey('  - email: hello\n', 'ramp: 120%\n'),
      'settings.yaml':
        'settings: test\ntimezone: Europe/Berlin\nsender: Test <test@example.com>\nholdout: 100%\ntraits: { firstName: string }\n',
    },
    [
      'a.yaml:3:7  `ramp` must be at most 100%, not "120%".',
      'settings.yaml:4:10  `holdout` must be below 100%, or nobody gets anything, not "100%".',
    ],
  ],
])('%s', async (_, files, messages) => {
  expect(await messagesOf(files)).toEqual(messages);
});
