import { expect, test } from 'vitest';
import { type Files, LANGUAGE_SETTINGS, messagesOf } from './folder.ts';

/** Traits, formulas and scores that cannot be meant, with everything that an author is told. */
const BROKEN: readonly [name: string, files: Files, messages: readonly string[]][] = [
  [
    'tests that can never be meant',
    {
      'a.yaml': `audience: a
all:
  - { trait: seats, atLeast: '5' }
  - { trait: seats, olderThan: 3d }
  - { trait: plan, in: [1, free] }
  - { trait: plan, is: 3 }
  - { trait: vip, atLeast: 1 }
  - { trait: vip, is: yes }
  - { trait: seats, contains: x }
  - { trait: plan, contains: 4 }
  - { trait: tags, is: beta }
  - { trait: createdAt, is: soon }
  - { trait: plan, newerThan: 3d }
  - { trait: account.licensed, is: many }
  - { trait: uses, is: often }
  - { trait: address.zip, is: 4 }
  - { trait: plan, is: null }
  - { trait: seats, atLeast: { trait: plan } }
  - { trait: seats, is: { trait: platn } }
  - { trait: tags, above: { trait: seats } }
---
trait: uses
count: { event: X }
---
trait: r
ratio: { of: plan, to: seats }
---
trait: d
daysSince: seats
`,
    },
    [
      'a.yaml:3:30  The trait `seats` is a number, and "5" is none. Take it out of its quotes.',
      'a.yaml:4:32  The trait `seats` is a number, and `olderThan` asks about a date. If it is one, declare it as `date`.',
      'a.yaml:5:24  The trait `plan` is a string, and 1 is none. Put it in quotes.',
      'a.yaml:6:24  The trait `plan` is a string, and 3 is none. Put it in quotes.',
      'a.yaml:7:28  The trait `vip` is a boolean, which has no order. Use `is` or `exists`.',
      'a.yaml:8:23  The trait `vip` is a boolean, and "yes" is none.',
      'a.yaml:9:31  The trait `seats` is a number, and only texts and lists contain something. Use `is`.',
      'a.yaml:10:30  The trait `plan` is a string, and only text can be in it. Put the value in quotes.',
      'a.yaml:11:24  The trait `tags` is a list, and "beta" is none. Use `contains`.',
      'a.yaml:12:29  The trait `createdAt` is a date, and "soon" is none.',
      'a.yaml:13:31  The trait `plan` is a string, and `newerThan` asks about a date. If it is one, declare it as `date`.',
      'a.yaml:14:36  The trait `account.licensed` is a number, and "many" is none.',
      'a.yaml:15:24  The trait `uses` is a number, and "often" is none.',
      'a.yaml:18:30  The trait `seats` is a number, and `plan` is a string. Compare values of one type.',
      'a.yaml:19:34  There is no trait `platn`. Did you mean `plan`?',
      'a.yaml:20:27  The trait `tags` is a list, which has no order. Use `contains` or `exists`.',
      'a.yaml:26:14  `plan` is a string, and only numbers can be reckoned with.',
      'a.yaml:29:12  `seats` is a number, and days are counted from a date. If it is one, declare it as `date`.',
    ],
  ],
  [
    'formulas that cannot be reckoned',
    {
      'a.yaml': `trait: a
formula: seats / uses
---
trait: b
formula: seats /
---
trait: c
formula: seats % 2
---
trait: d
formula: "plan * 2 + setas"
---
trait: e
formula: round(seats)
---
trait: f
formula: ago(seats, "30d") + ago(uses, 30)
---
trait: g
formula: max(seats)
---
trait: h
formula: seats / (uses - 1) + seats / max(uses, 1) / 2 + seats / (uses + 1) + seats / orElse(uses, 1)
---
trait: i
formula: a b
---
trait: j
formula: daysSince(plan)
---
trait: k
formula: 'plan > 3'
---
trait: uses
count: { event: X }
---
trait: l
growth: { of: seats, over: 30d }
---
trait: m
growth: { of: many, over: 30d }
---
trait: many
accounts: all
---
trait: n
formula: orElse(seats)
otherwise: nothing
`,
    },
    [
      'a.yaml:2:16  The formula divides by `uses`, which may be 0. Say what it is then: add `otherwise: 0` or `otherwise: none`, or divide by `max(uses, 1)`.',
      'a.yaml:5:16  The formula cannot be read: Expected expression after /. It takes traits, numbers, `+ - * /`, parentheses, and `min`, `max`, `orElse`, `daysSince`, `ago` and `trait`.',
      'a.yaml:8:16  A formula has no `%`. It takes traits, numbers, `+ - * /`, parentheses, and `min`, `max`, `orElse`, `daysSince`, `ago` and `trait`.',
      'a.yaml:11:11  `plan` is a string, and only numbers can be reckoned with.',
      'a.yaml:11:22  There is no trait `setas`. Did you mean `seats`?',
      'a.yaml:14:10  A formula has no function `round`. It takes traits, numbers, `+ - * /`, parentheses, and `min`, `max`, `orElse`, `daysSince`, `ago` and `trait`.',
      'a.yaml:17:10  `ago` looks at what was, and the stored trait `seats` has no past. Take a trait that is computed from events, such as `count` or `people`.',
      'a.yaml:17:10  `ago` takes a value and a duration in quotes, as in `ago(users, "30d")`.',
      'a.yaml:20:10  `max` takes two values or more, as in `max(a, b)`.',
      'a.yaml:23:16  The formula divides by something that may be 0. Say what it is then: add `otherwise: 0` or `otherwise: none`.',
      'a.yaml:23:85  The formula divides by something that may be 0. Say what it is then: add `otherwise: 0` or `otherwise: none`.',
      'a.yaml:26:10  The formula cannot be read: between two values is no operator. It takes traits, numbers, `+ - * /`, parentheses, and `min`, `max`, `orElse`, `daysSince`, `ago` and `trait`.',
      'a.yaml:29:20  `plan` is a string, and days are counted from a date. If it is one, declare it as `date`.',
      'a.yaml:32:16  A formula has no `>`. It takes traits, numbers, `+ - * /`, parentheses, and `min`, `max`, `orElse`, `daysSince`, `ago` and `trait`.',
      'a.yaml:38:15  `growth` looks at what was, and the stored trait `seats` has no past. Take a trait that is computed from events, such as `count` or `people`.',
      'a.yaml:41:15  `growth` looks at what was, and who is where is known as of now only. Take a trait that is computed from events, such as `count` or `people`.',
      'a.yaml:48:12  `otherwise` must be a number, or `none` for no value, not "nothing".',
    ],
  ],
  [
    'formulas of more than is known',
    {
      'a.yaml': `trait: n
formula: orElse(seats)
otherwise: none
---
trait: o
formula: '[seats]'
---
trait: p
formula: "uses ? 1 : 2"
---
trait: q
formula: seats["x"]
---
trait: r
formula: "'seats'"
---
trait: s
formula: '!seats'
---
trait: t
formula: p + t
---
trait: u
formula: trait("no-such")
---
trait: w
formula: seats / 0
---
trait: uses
count: { event: X }
`,
    },
    [
      'a.yaml:2:10  `orElse` takes two values: `orElse(a, b)` is `b` where there is no `a`.',
      'a.yaml:6:11  A formula has no `[`. It takes traits, numbers, `+ - * /`, parentheses, and `min`, `max`, `orElse`, `daysSince`, `ago` and `trait`.',
      'a.yaml:9:16  A formula has no `?`. It takes traits, numbers, `+ - * /`, parentheses, and `min`, `max`, `orElse`, `daysSince`, `ago` and `trait`.',
      'a.yaml:12:15  A formula has no `[`. It takes traits, numbers, `+ - * /`, parentheses, and `min`, `max`, `orElse`, `daysSince`, `ago` and `trait`.',
      "a.yaml:15:11  A formula has no `'seats'`. It takes traits, numbers, `+ - * /`, parentheses, and `min`, `max`, `orElse`, `daysSince`, `ago` and `trait`.",
      'a.yaml:18:11  A formula has no `!`. It takes traits, numbers, `+ - * /`, parentheses, and `min`, `max`, `orElse`, `daysSince`, `ago` and `trait`.',
      'a.yaml:21:14  The trait `t` is computed from itself: t → t. Take one of these references out.',
      'a.yaml:24:17  There is no trait `no-such`. Declare it under `traits` in the settings.',
      'a.yaml:27:16  The formula divides by 0. Divide by another number.',
    ],
  ],
  [
    'scores',
    {
      'a.yaml': `score: s
signals:
  - { signal: a, weight: 1, event: X, decay: fast }
  - { signal: a, weight: heavy, event: X }
  - { signal: b, weight: 1 }
  - { signal: c, event: X, most: 0 }
bands: {}
---
score: t
signals: []
---
score: u
signals:
  - { signal: a, weight: 1, event: X, decay: [{ until: 30d, share: 100% }, { until: 14d, share: 2 }] }
`,
      'b.yaml': `score: v
signals:
  - { signal: a, weight: 1, event: X, decay: [{ until: 30d, share: 100% }, { until: 14d, share: 0.5 }] }
  - { signal: a, weight: 1, event: X }
bands: { hot: 10, warm: 10 }
value: 10
---
score: w
signals: [{ signal: a, weight: 1, event: X }]
outOf: 10
value: plan
---
audience: a
all: [{ trait: w.band, is: hot }, { trait: v.bnd, is: hot }, { trait: w.expected, atLeast: high }]
---
trait: v
count: { event: X }
---
score: seats
signals: [{ signal: a, weight: 1, event: X }]
`,
    },
    [
      'a.yaml:3:46  `decay` must be `steps`, `none`, a map such as `{ halfLife: 14d }`, or a list of `{ until: 14d, share: 50% }`, not "fast".',
      'a.yaml:4:26  `weight` must be a number of points, not "heavy".',
      'a.yaml:5:5  A signal has one of `event`, `if`; this has none of them.',
      'a.yaml:6:5  `weight` is missing in `signals`.',
      'a.yaml:6:34  `most` must be above 0, not 0.',
      'a.yaml:7:8  `bands` must name at least one band, such as `{ hot: 60 }`.',
      'a.yaml:10:10  `signals` must hold at least one signal.',
      'a.yaml:14:97  `share` must be a share such as `50%` or `0.5`, not 2.',
      'b.yaml:1:8  The name `v` is that of a trait, too. Give one of them another name.',
      'b.yaml:3:85  The steps of a decay go from the youngest age up. Put them in that order.',
      'b.yaml:4:15  Two signals are named `a`. Give one of them another name.',
      'b.yaml:5:25  The bands `hot` and `warm` begin at the same score. Keep one of them.',
      'b.yaml:6:8  `value` is multiplied with the propensity, which needs `outOf`. Add `outOf: 100`.',
      'b.yaml:11:8  `plan` is a string, and only numbers can be reckoned with.',
      'b.yaml:14:16  The score `w` has no `band`. It has `band` where it has `bands`, `propensity` with `outOf`, and `expected` with `value`.',
      'b.yaml:14:44  The score `v` has no `bnd`. Did you mean `v.band`?',
      'b.yaml:14:92  The trait `w.expected` is a number, and "high" is none.',
      'b.yaml:19:8  The trait `seats` is both stored and computed. Give one of them another name.',
    ],
  ],
  [
    'traits of the wrong shape',
    {
      'a.yaml': `trait: a
newCount: { event: X, property: p }
---
trait: b
newList: { event: X, property: p, within: today }
---
trait: c
count: { event: X, since: entry }
---
trait: d
people: some
of: accounts
---
trait: e
firstAt: { event: X, property: p }
---
trait: f
formula: 3
`,
    },
    [
      'a.yaml:2:11  `within` is missing in `newCount`.',
      'a.yaml:5:43  `within` must be a duration such as `30m`, `12h` or `14 days`, not "today".',
      'a.yaml:8:27  What events count from has one of `last`, `first`.',
      'a.yaml:11:9  Which people are counted is `all`, or it has one of `event`, `audience`, `that`.',
      'a.yaml:15:22  Unknown key `property` in `firstAt`. Known here: event, where, within, since, upTo.',
      'a.yaml:18:10  `formula` must be text, not 3.',
    ],
  ],
];

test.each(BROKEN)('%s', async (_, files, messages) => {
  expect(await messagesOf({ 'settings.yaml': LANGUAGE_SETTINGS, ...files })).toEqual(messages);
});
