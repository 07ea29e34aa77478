import { expect, test } from 'vitest';
import { type Files, messagesOf, workspaceOf } from './folder.ts';

const PLAN = `
plan: shop-events
unplanned: hold
events:
  Feature Limit Reached:
    rule: hold
    required: { feature: string, current_usage: integer }
    allowed: { plan: { in: [free, pro] }, seats: { in: [1, 2.5] }, "address.city": string, ref: { in: [a, 1] } }
    others: no
  Order Completed: {}
identify: { allowed: { plan: string, createdAt: date } }
`;

test('a tracking plan is compiled: required and allowed properties by path, with a type where the values tell one', async () => {
  const { trackingPlan } = await workspaceOf({ 'plan.yaml': PLAN });
  expect(trackingPlan).toEqual({
    unplanned: 'hold',
    events: {
      'Feature Limit Reached': {
        rule: 'hold',
        others: false,
        fields: {
          feature: { type: 'string', required: true },
          current_usage: { type: 'integer', required: true },
          plan: { type: 'string', in: ['free', 'pro'], required: false },
          seats: { type: 'number', in: [1, 2.5], required: false },
          'address.city': { type: 'string', required: false },
          ref: { in: ['a', 1], required: false },
        },
      },
      'Order Completed': { rule: 'pass', others: true, fields: {} },
    },
    identify: {
      rule: 'pass',
      others: true,
      fields: { plan: { type: 'string', required: false }, createdAt: { type: 'date', required: false } },
    },
  });
});

test('several files make one plan; a workspace without any has none', async () => {
  const { trackingPlan } = await workspaceOf({
    'a.yaml': 'plan: a\nevents: { X: { rule: hold } }\n',
    'b.yaml': 'plan: b\nunplanned: hold\nevents: { Y: {} }\n',
  });
  expect(Object.keys(trackingPlan?.events ?? {})).toEqual(['X', 'Y']);
  expect(trackingPlan?.unplanned).toBe('hold');
  expect('trackingPlan' in (await workspaceOf({}))).toBe(false);
});

const BROKEN: readonly [name: string, files: Files, messages: readonly string[]][] = [
  [
    'types that there are not, and rules that there are not',
    {
      'a.yaml':
        'plan: a\nunplanned: drop\nevents:\n  X:\n    rule: refuse\n    required: { a: strin, b: 3, c: {}, d: { inn: [1] } }\n    others: maybe\n',
    },
    [
      'a.yaml:2:12  `unplanned` must be `pass` or `hold`, not "drop".',
      'a.yaml:5:11  `rule` must be `pass` or `hold`, not "refuse".',
      'a.yaml:6:20  `a` must be one of string, number, integer, boolean, date, list, object, not "strin". Did you mean `string`?',
      'a.yaml:6:30  `b` must be a type (string, number, integer, boolean, date, list, object), or a map such as `{ in: [free, pro] }`, not 3.',
      'a.yaml:6:36  `c` needs `type` or `in`.',
      'a.yaml:6:45  Unknown key `inn` in `d`. Did you mean `in`?',
      'a.yaml:7:13  `others` must be yes or no, not "maybe".',
    ],
  ],
  [
    'the same planned twice',
    {
      'a.yaml': 'plan: a\nunplanned: hold\nevents: { X: {} }\nidentify: {}\n',
      'b.yaml': 'plan: b\nunplanned: pass\nevents: { X: {} }\nidentify: {}\n',
      'c.yaml': 'plan: a\nevents: {}\n',
    },
    [
      'b.yaml:2:12  `unplanned` is planned twice. It is in a.yaml too.',
      'b.yaml:3:14  The event `X` is planned twice. It is in a.yaml too.',
      'b.yaml:4:11  `identify` is planned twice. It is in a.yaml too.',
      'c.yaml:1:7  The tracking plan `a` is defined twice. It is in a.yaml too.',
    ],
  ],
  [
    'what contradicts itself',
    {
      'a.yaml':
        'plan: a\nevents:\n  X:\n    required: { a: string, n: { type: integer, in: [1, 2.5] } }\n    allowed: { a: string, a.b: number }\n',
    },
    [
      'a.yaml:4:56  2.5 is not of type integer. Take it out, or give another `type`.',
      'a.yaml:5:19  `a` is both required and allowed. Keep one of them.',
      'a.yaml:5:32  `a.b` cannot be inside `a`, which is of type string. Make `a` an object, or take one of them out.',
    ],
  ],
  [
    'traits that the settings declare otherwise',
    {
      'a.yaml':
        'plan: a\nidentify: { required: { plan: number, plam: string, other: string }, allowed: { address: object } }\ngroup: { allowed: { name: { in: [1, 2] } } }\n',
    },
    [
      'a.yaml:2:31  The trait `plan` is of type number here and of type string in the settings. Give both the same type.',
      'a.yaml:2:45  The settings declare no trait `plam`. Did you mean `plan`?',
      'a.yaml:3:27  The trait `name` is of type integer here and of type string in the settings. Give both the same type.',
    ],
  ],
];

test.each(BROKEN)('%s', async (_, files, messages) => {
  expect(await messagesOf(files)).toEqual(messages);
});
