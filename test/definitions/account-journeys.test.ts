import { expect, test } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { EMAIL, type Files, messagesOf, workspaceOf } from './folder.ts';

const SETTINGS = `settings: test
timezone: UTC
sender: Shop <shop@example.test>
traits: { role: string, logins: number, firstName: string }
accountTraits: { seats: number, upsell_ready: boolean }
`;

const ROLES = `role: champion
that: { trait: role, isNot: buyer }
most: logins
---
role: team
atMost: 5
---
audience: big
of: accounts
trait: seats
atLeast: 50
---
audience: buyers
trait: role
is: buyer
---
trait: exports
of: accounts
count: { event: Export Completed }
`;

const TASK = `sales-task: more-seats
title: '{{ account.exports }} exports of {{ account.id }}'
owner: expansion
brief: '{% for one in stakeholders %}{{ one.email }}{% endfor %}'
`;

const FILES: Files = { 'settings.yaml': SETTINGS, 'roles.yaml': ROLES, 'hello.mjml': EMAIL };

test('a journey of accounts carries the roles of those who get its messages, and of those whom a task names', async () => {
  const { journeys } = await workspaceOf({
    ...FILES,
    'task.yaml': TASK,
    'a.yaml': `journey: a
of: accounts
enter: { audience: big, again: always }
goal: { trait: seats, atLeast: 100 }
steps:
  - { email: hello, to: champion }
  - { sales-task: more-seats, stakeholders: [champion, team] }
  - { set-trait: { upsell_ready: true } }
`,
  });
  const champion = {
    key: 'champion',
    that: { kind: 'value', of: { kind: 'trait', path: 'role' }, test: { op: 'isNot', value: 'buyer' } },
    order: { first: 'most', of: 'logins', value: { kind: 'trait', path: 'logins' } },
    atMost: 1,
  };
  const team = { key: 'team', that: null, order: null, atMost: 5 };
  const journey = journeys.a?.journey;
  expect(journey).toMatchObject({
    of: 'account',
    enter: { by: 'audience', audience: 'big' },
    exit: { after: 30 * DAY },
    computed: {},
    computedOfAccount: { exports: { kind: 'aggregate', fn: 'count' } },
  });
  expect(journey?.steps['email-hello']).toMatchObject({ kind: 'email', to: champion });
  expect(journey?.steps['sales-task-more-seats']).toMatchObject({ stakeholders: [champion, team] });
});

test('a journey of people knows nothing of it', async () => {
  const { journeys } = await workspaceOf({
    ...FILES,
    'a.yaml': 'journey: a\nenter: { event: X }\nsteps: [{ email: hello }]\n',
  });
  const journey = journeys.a?.journey ?? {};
  expect(Object.keys(journey)).not.toContain('of');
  expect(Object.keys(journey)).not.toContain('computedOfAccount');
});

const BROKEN: readonly [name: string, files: Files, messages: readonly string[]][] = [
  [
    'roles',
    {
      'r.yaml': `role: a
that: { trait: rolle, is: x }
most: logins
least: logins
---
role: b
most: exports
atMost: 101
---
role: c
least: lgins
---
role: d
that: { audience: big }
---
role: champion
`,
    },
    [
      'r.yaml:4:8  `least` has both `most` and `least`; keep one.',
      'r.yaml:8:9  `atMost` must be a whole number from 1 to 100, not 101.',
      'r.yaml:11:8  There is no trait `lgins`. Did you mean `logins`?',
      'r.yaml:14:19  The audience `big` is of accounts, and this asks about people. Write `account: { audience: big }`.',
      'roles.yaml:1:7  The role `champion` is defined twice. It is in r.yaml too.',
    ],
  ],
  [
    'messages to nobody in particular',
    {
      'task.yaml': TASK,
      'a.yaml': `journey: a
of: accounts
enter: { audience: buyers }
steps:
  - email: hello
  - { id: two, email: hello, to: champoin }
  - { sales-task: more-seats, stakeholders: [champion, buyr] }
  - { id: three, sales-task: more-seats, stakeholders: [] }
  - { set-trait: { role: x } }
`,
    },
    ['a.yaml:8:56  `stakeholders` must name at least one role.'],
  ],
  [
    'what is not there',
    {
      'task.yaml': TASK,
      'a.yaml': `journey: a
of: accounts
enter: { audience: buyers }
steps:
  - email: hello
  - { id: two, email: hello, to: champoin }
  - { sales-task: more-seats, stakeholders: [champion, buyr] }
  - { set-trait: { role: x } }
  - webhook: { url: 'https://example.test', body: { who: '{{ person.role }}' } }
  - sales-task: call
---
sales-task: call
title: Call {{ person.role }}
owner: sales
brief: '{{ stakeholder }}'
`,
    },
    [
      'a.yaml:3:20  The audience `buyers` is of people, and this journey is about accounts. Take `of: accounts` out, or enter by an audience of accounts.',
      'a.yaml:5:12  An account gets no messages itself: some of its people do. Say which role, such as `to: champion`.',
      'a.yaml:6:34  There is no role `champoin`. Did you mean `champion`?',
      'a.yaml:7:56  There is no role `buyr`. There is `champion`, `team`.',
      'a.yaml:8:26  There is no trait `role` to set. Declare it under `accountTraits` in the settings.',
      'a.yaml:9:14  The webhook names `person.role`, and here it is about an account as a whole. Name traits of the account.',
      'a.yaml:10:5  The template `call` names `person.role`, and here it is about an account as a whole. Name traits of the account, or the people in `stakeholders`.',
      'a.yaml:15:12  Unknown variable `stakeholder`. Did you mean `stakeholders`?',
    ],
  ],
  [
    'what only journeys of accounts have',
    {
      'task.yaml': TASK,
      'a.yaml': `journey: a
enter: { event: X }
steps:
  - { email: hello, to: champion }
  - { sales-task: more-seats, stakeholders: [champion] }
---
journey: b
of: accounts
enter: { event: X }
steps:
  - { sales-task: more-seats }
---
in-app: note
placement: banner
title: note
body: '{{ account.exports }} {{ stakeholders }}'
`,
    },
    [
      'a.yaml:4:25  `to` is for journeys of accounts; here the person it is about gets it. Take it out, or say `of: accounts` at the top.',
      'a.yaml:5:5  The template `more-seats` names `account.exports`, which is computed of accounts, and this journey is about people. Take another template, or a stored trait of the account.',
      'a.yaml:5:45  `stakeholders` are for journeys of accounts; this task is about one person. Take it out, or say `of: accounts` at the top.',
      'a.yaml:16:11  `exports` is computed of accounts, and only journeys of accounts can name it. Take a stored trait of the account, or a trait of the person.',
      'a.yaml:16:33  `stakeholders` are there in sales tasks only. Leave them out.',
    ],
  ],
];

test.each(BROKEN)('%s', async (_, files, messages) => {
  expect(await messagesOf({ ...FILES, ...files })).toEqual(messages);
});

test('without any role, a step says how to define one', async () => {
  const files = {
    'settings.yaml': SETTINGS,
    'hello.mjml': EMAIL,
    'a.yaml': 'journey: a\nof: accounts\nenter: { event: X }\nsteps: [{ email: hello }]\n',
  };
  expect(await messagesOf(files)).toEqual([
    'a.yaml:4:18  An account gets no messages itself: some of its people do. Define a `role`, and name it with `to`.',
  ]);
});
