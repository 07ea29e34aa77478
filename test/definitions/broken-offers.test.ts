import { expect, test } from 'vitest';
import { EMAIL, type Files, messagesOf } from './folder.ts';

/** Offers, and the steps and texts that name them, with everything that an author is told. */
const BROKEN: readonly [name: string, files: Files, messages: readonly string[]][] = [
  [
    'offers that cannot be meant',
    {
      'a.yaml': `offer: any
title: A
value: 3
propensity: 8%
---
offer: b
title: B
value: -3
propensity: 8
limit: 0
valid: { from: tomorrow, until: 2026-13-01 }
again: after lunch
texts: { email: x, sms: y }
---
offer: c
value: 3
propensity: 120%
---
offer: d
title: D
category: Big Ones
value: 3
propensity: 8%
price: 3
`,
    },
    [
      'a.yaml:1:8  The name `any` stands for every offer in a step.',
      'a.yaml:8:8  `value` must be a number of at least 0, or the name of a trait, not -3.',
      'a.yaml:9:13  `propensity` must be a share such as `8%`, or the name of a score, not 8.',
      'a.yaml:10:8  `limit` must be a whole number, at least 1, not 0.',
      'a.yaml:11:16  `from` must be a day such as `2026-03-31`, not "tomorrow".',
      'a.yaml:11:33  `until` must be a day such as `2026-03-31`, not "2026-13-01".',
      'a.yaml:12:8  `again` must be `never`, `always` or like `after 90d`, not "after lunch".',
      'a.yaml:13:20  Unknown key `sms` in `texts`. Known here: email, in-app, sales-task.',
      'a.yaml:15:1  `title` is missing.',
      'a.yaml:17:13  `propensity` must be a share such as `8%`, or the name of a score, not "120%".',
      'a.yaml:21:11  `category` must be a name in small letters, digits and hyphens, such as `cart-recovery`, not "Big Ones".',
      'a.yaml:24:1  Unknown key `price`. Known here: offer, title, description, category, eligible, value, propensity, incentive, link, texts, limit, valid, again.',
    ],
  ],
  [
    'what an offer is reckoned from',
    {
      'a.yaml': `score: intent
signals: [{ signal: a, weight: 1, event: X }]
---
score: ready
outOf: 10
signals: [{ signal: a, weight: 1, event: X }]
---
offer: a
title: '{{ offer.title }} for {{ person.frist }}'
value: plan
propensity: intent
eligible: { trait: plam, is: free }
texts: { email: '{{ unsubscribeUrl }}' }
valid: { from: 2026-04-01, until: 2026-03-31 }
---
offer: b
title: B
value: revenue
propensity: raedy
---
offer: a
title: A again
value: 3
propensity: ready
`,
    },
    [
      'a.yaml:9:8  An offer cannot name `offer` in its own texts. Write out what is meant.',
      'a.yaml:9:34  People have no trait `frist`. Declare it under `traits` in the settings.',
      'a.yaml:10:8  `plan` is a string, and only numbers can be reckoned with.',
      'a.yaml:11:13  The score `intent` has no `propensity`. It has `band` where it has `bands`, `propensity` with `outOf`, and `expected` with `value`.',
      'a.yaml:12:20  There is no trait `plam`. Did you mean `plan`?',
      'a.yaml:13:21  `unsubscribeUrl` is there in emails only. Leave it out.',
      'a.yaml:14:35  The offer is over before it begins. Take a day from 2026-04-01 on.',
      'a.yaml:18:8  There is no trait `revenue`. Declare it under `traits` in the settings.',
      'a.yaml:19:13  There is no score `raedy`. Did you mean `ready`?',
      'a.yaml:21:8  The offer `a` is defined twice. It is in a.yaml too.',
    ],
  ],
  [
    'steps that name offers, and texts where none was picked',
    {
      'a.yaml': `offer: half-price
title: Half price
value: 100
propensity: 8%
texts: { in-app: Half the price! }
---
offer: free-month
title: A free month
value: 30
propensity: 20%
texts: { email: A month for nothing }
---
in-app: banner
placement: banner
title: '{{ offer.title }}'
body: '{{ offer.text }} {{ offer.prize }} {{ offer }}'
---
journey: j
enter: { event: X }
steps:
  - in-app: banner
  - offer: [half-prize, free-month, free-month]
    none: [{ in-app: banner, id: fallback }]
  - { in-app: banner, id: shown }
  - offer: half-price
  - { in-app: banner, id: well }
  - webhook: { url: 'https://crm.example/{{ offer.key }}' }
---
journey: k
enter: { event: X }
steps:
  - webhook: { url: https://crm.example, body: { offer: '{{ offer.key }}' } }
  - offer: []
`,
    },
    [
      'a.yaml:16:28  An offer has no `prize`. Did you mean `offer.title`?',
      'a.yaml:16:46  `offer` has no value of its own. Name a part, such as `offer.title`.',
      'a.yaml:21:13  The template `banner` names `offer`, and no offer is picked before it. Put a step such as `offer: any` before it.',
      'a.yaml:22:13  There is no offer `half-prize`. Did you mean `half-price`?',
      'a.yaml:22:37  The offer `free-month` stands here twice. Keep one of them.',
      'a.yaml:23:22  The template `banner` names `offer`, and no offer is picked before it. Put a step such as `offer: any` before it.',
      'a.yaml:24:15  The template `banner` shows `offer.text`, and the offer `free-month` has none for this channel. Add `texts: { in-app: … }` to it.',
      'a.yaml:26:15  The template `banner` shows `offer.text`, and the offer `free-month` has none for this channel. Add `texts: { in-app: … }` to it.',
      'a.yaml:33:12  `offer` must name at least one offer.',
    ],
  ],
  [
    'a step where there is nothing to pick from',
    { 'a.yaml': 'journey: j\nenter: { event: X }\nsteps:\n  - offer: any\n  - offer: half-price\n' },
    [
      'a.yaml:4:12  The workspace has no offers. Define one: `offer: <name>`.',
      'a.yaml:5:12  There is no offer `half-price`.',
    ],
  ],
  [
    'offers in texts that have none',
    {
      'hello.mjml': EMAIL.replace('subject: Hello', "subject: '{{ offer.text }}'"),
      'a.yaml': 'journey: j\nenter: { event: X }\nsteps:\n  - email: hello\n',
    },
    [
      'a.yaml:4:12  The template `hello` names `offer`, and no offer is picked before it. Put a step such as `offer: any` before it.',
    ],
  ],
];

test.each(BROKEN)('%s', async (_, files, messages) => {
  expect(await messagesOf(files)).toEqual(messages);
});
