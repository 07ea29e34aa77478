import { expect, test } from 'vitest';
import { type Files, LANGUAGE_SETTINGS, messagesOf } from './folder.ts';

/** Questions to the wrong kind, circles, and what the tracking plan does not know, with everything that an author is told. */
const BROKEN: readonly [name: string, files: Files, messages: readonly string[]][] = [
  [
    'what is asked of the wrong kind',
    {
      'a.yaml': `audience: a
all:
  - { audience: big }
  - { people: { that: { event: X } } }
  - { account: { audience: a2 } }
  - { accounts: { audience: bigg, howMany: 3 } }
---
audience: a3
all:
  - { audience: big }
  - { people: { that: { event: X } } }
  - { account: { audience: a2 } }
  - { accounts: { audience: bigg } }
  - { trait: licensed, atLeast: 3 }
  - { trait: account.use, atLeast: 3 }
  - { trait: use, atLeast: 3 }
  - account: { event: X, since: entry }
---
audience: a2
event: X
---
audience: big
of: accounts
all:
  - { trait: account.licensed, atLeast: 5 }
  - { trait: seats, atLeast: 5 }
  - { trait: orders, atLeast: 5 }
  - { account: { event: X } }
  - { audience: a2 }
  - { trait: domian, is: x }
---
trait: use
of: accounts
count: { event: X }
---
trait: orders
count: { event: X }
---
trait: folk
people: { event: X }
---
trait: folk2
people: all
---
trait: accs
of: accounts
accounts: { audience: big }
---
journey: j
enter: { audience: big }
goal: { people: { that: { event: X } } }
steps: [{ wait: 1h }]
---
audience: of-what
of: account
event: X
`,
    },
    [
      'a.yaml:6:44  `howMany` must be `all`, or a map such as `{ atLeast: 3 }`, not 3.',
      'a.yaml:10:17  The audience `big` is of accounts, and this asks about people. Write `account: { audience: big }`.',
      'a.yaml:11:15  `people` is asked of accounts, and this is about people. Add `of: accounts` where this is defined, or ask inside of `account: …`.',
      'a.yaml:12:28  The audience `a2` is of people, and this asks about accounts. Write `people: { audience: a2 }`.',
      'a.yaml:13:29  There is no audience `bigg`. Did you mean `big`?',
      'a.yaml:14:14  The trait `licensed` is of accounts, and this is about people. Write `account.licensed`.',
      'a.yaml:15:14  `account.` reads stored traits, and `use` is computed. Ask it of the account: `account: { trait: use, … }`.',
      'a.yaml:17:33  An audience has no entry that `since` could mean. Use `within`, or leave it out.',
      'a.yaml:25:14  This is about accounts, and reads their traits without `account.`. Write `licensed`.',
      'a.yaml:26:14  The trait `seats` is of people, and this is about accounts. Ask it of them: `people: { that: { trait: seats, … } }`.',
      'a.yaml:28:16  `account` is asked of people, and this is about accounts. Leave it out, or ask inside of `people: { that: … }`.',
      'a.yaml:29:17  The audience `a2` is of people, and this asks about accounts. Write `people: { audience: a2 }`.',
      'a.yaml:30:14  There is no trait `domian`. Did you mean `domain`?',
      'a.yaml:40:9  `people` counts who did it in an account, and this trait is of people. Add `of: accounts`, or take `count`.',
      'a.yaml:43:9  `people` is asked of accounts, and this is about people. Add `of: accounts` where this is defined, or ask inside of `account: …`.',
      'a.yaml:47:11  `accounts` is asked of people, and this is about accounts. Leave it out, or ask inside of `people: { that: … }`.',
      'a.yaml:50:20  The audience `big` is of accounts, and this journey is about people. Say `of: accounts` at the top, or enter by an audience of people.',
      'a.yaml:51:17  `people` is asked of accounts, and this is about people. Add `of: accounts` where this is defined, or ask inside of `account: …`.',
      'a.yaml:55:5  `of` must be `people` or `accounts`, not "account". Did you mean `accounts`?',
    ],
  ],
  [
    'nobody in particular counted',
    {
      'a.yaml': `audience: a
all:
  - { people: { audience: x, that: { event: X } } }
  - { people: { event: X } }
  - { people: x }
  - { accounts: { audience: x, howMany: many } }
`,
    },
    [
      'a.yaml:3:15  Who is counted has one of `audience`, `that`; this has `audience`, `that`. Keep one of them.',
      'a.yaml:4:15  Who is counted has one of `audience`, `that`; this has none of them.',
      'a.yaml:5:15  Who is counted has one of `audience`, `that`.',
      'a.yaml:6:41  `howMany` must be `all`, or a map such as `{ atLeast: 3 }`, not "many".',
    ],
  ],
  [
    'circles through accounts, people and scores',
    {
      'a.yaml': `audience: a
account: { audience: b }
---
audience: b
of: accounts
people: { that: { all: [{ event: X }, { audience: a }] } }
---
audience: c
trait: s
atLeast: 3
---
score: s
signals:
  - { signal: c, weight: 1, if: { audience: c } }
---
score: s2
signals:
  - { signal: c, weight: 1, if: { trait: t2, atLeast: 1 } }
bands: { hot: 3 }
---
trait: t2
accounts: { that: { trait: t3, atLeast: 1 } }
---
trait: t3
of: accounts
people: { that: { trait: s2.band, is: hot } }
`,
    },
    [
      'a.yaml:1:11  The audience `a` refers to itself: a → b → a. Take one of these references out.',
      'a.yaml:8:11  The audience `c` refers to itself: c → c. Take one of these references out.',
      'a.yaml:18:42  The trait `t2` is computed from itself: t2 → t3 → s2 → t2. Take one of these references out.',
    ],
  ],
  [
    'properties that the tracking plan does not know',
    {
      'a.yaml': `plan: p
events:
  Order Completed: { required: { total: number, currency: string }, allowed: { items: list, at: date, shop.name: string }, others: no }
  Logged In: { required: { device: { in: [phone, desk] } } }
---
audience: a
all:
  - { event: Order Completed, where: { totl: { atLeast: 3 }, currency: EUR, total: { atLeast: '3' } } }
  - { event: Order Completed, where: { items.price: 3, shop.name: x, shop: { exists: true }, currency.code: x } }
  - { event: Order Completed, where: { total: { olderThan: 3d } } }
  - { event: [Order Completed, Logged In], where: { device: 3 } }
  - { event: Other, where: { totl: 3 } }
  - { event: Logged In, where: { device: { in: [phone, desc] }, other: 3 } }
  - { event: X, since: { last: { event: Order Completed, where: { nothing: 1 } } } }
  - sequence: [X, { event: Order Completed, where: { totall: 1 } }]
---
trait: s
sum: { event: Order Completed, property: currency }
---
trait: l
uniqueList: { event: Order Completed, property: sku }
---
trait: shop
last: { event: Order Completed, property: shop.name }
---
audience: b
all: [{ trait: shop, atLeast: 3 }, { trait: shop, is: here }]
---
journey: j
enter: { event: Order Completed, where: { toal: 4 } }
steps: [{ wait: 1h }]
`,
    },
    [
      'a.yaml:8:46  By the tracking plan `Order Completed` has no property `totl`. Did you mean `total`?',
      'a.yaml:8:84  By the tracking plan `total` of `Order Completed` is a number, and "3" is none. Take it out of its quotes.',
      'a.yaml:9:109  By the tracking plan `Order Completed` has no property `currency.code`. Did you mean `currency`?',
      'a.yaml:10:47  By the tracking plan `total` of `Order Completed` is a number, and `olderThan` asks about a date. If it is one, declare it as `date`.',
      'a.yaml:11:61  By the tracking plan `Order Completed` has no property `device`. There is `total`, `currency`, `items`, `at`, `shop.name`.',
      'a.yaml:11:61  By the tracking plan `device` of `Logged In` is a string, and 3 is none. Put it in quotes.',
      'a.yaml:13:42  By the tracking plan `device` of `Logged In` is never "desc". Did you mean `desk`?',
      'a.yaml:14:76  By the tracking plan `Order Completed` has no property `nothing`. There is `total`, `currency`, `items`, `at`, `shop.name`.',
      'a.yaml:15:62  By the tracking plan `Order Completed` has no property `totall`. Did you mean `total`?',
      'a.yaml:18:42  By the tracking plan `currency` of `Order Completed` is a string, and this reckons with numbers. Take `first`, `last`, `uniqueCount` or `uniqueList`.',
      'a.yaml:21:49  By the tracking plan `Order Completed` has no property `sku`. There is `total`, `currency`, `items`, `at`, `shop.name`.',
      'a.yaml:27:31  The trait `shop` is a string, and 3 is none. Put it in quotes.',
      'a.yaml:30:49  By the tracking plan `Order Completed` has no property `toal`. Did you mean `total`?',
    ],
  ],
  [
    'texts that name parts of scores, and computed traits of accounts',
    {
      'a.yaml': `score: s
signals: [{ signal: a, weight: 1, event: X }]
bands: { hot: 3 }
---
trait: acc
of: accounts
count: { event: X }
---
sales-task: t
title: '{{ person.s }} {{ person.s.band }} {{ person["s.band"] }} {{ person.acc }} {{ account.acc }}'
owner: me
brief: x
`,
    },
    [
      'a.yaml:10:27  `s.band` is one name. Write `person["s.band"]`.',
      'a.yaml:10:70  `acc` is computed of accounts, and only journeys of accounts can name it. Take a stored trait of the account, or a trait of the person.',
      'a.yaml:10:87  `acc` is computed of accounts, and only journeys of accounts can name it. Take a stored trait of the account, or a trait of the person.',
    ],
  ],
];

test.each(BROKEN)('%s', async (_, files, messages) => {
  expect(await messagesOf({ 'settings.yaml': LANGUAGE_SETTINGS, ...files })).toEqual(messages);
});
