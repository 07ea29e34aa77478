import { expect, test } from 'vitest';
import { EMAIL, type Files, messagesOf } from './folder.ts';

/** Files of the right shape that cannot be meant, with everything that an author is told. */
const journey = (steps: string, more = '') => `journey: a\nenter: { event: X }\n${more}steps:\n${steps}`;

const BROKEN: readonly [name: string, files: Files, messages: readonly string[]][] = [
  [
    'no settings',
    { 'settings.yaml': '', 'a.yaml': 'audience: a\ntrait: whatever\nis: x\n' },
    [
      'settings.yaml:1:1  The workspace has no settings. Add `settings.yaml` with `settings: <name>`, `timezone` and `sender`.',
    ],
  ],
  [
    'the same name twice',
    {
      'a.yaml': 'audience: a\nevent: X\n',
      'b.yaml': 'audience: a\nevent: Y\n',
      'c.yaml': 'settings: again\ntimezone: UTC\nsender: A <a@b>\n',
    },
    [
      'b.yaml:1:11  The audience `a` is defined twice. It is in a.yaml too.',
      'settings.yaml:1:11  The workspace has settings twice. They are in c.yaml too.',
    ],
  ],
  [
    'references to nothing',
    {
      'a.yaml': journey(
        '  - email: helo\n  - in-app: hello\n  - sales-task: hello\n',
        'exit: { when: { audience: vip } }\n',
      ).replace('event: X', 'audience: vips-all'),
      'b.yaml':
        'audience: vips\nall: [{ audience: vipz }, { trait: plann, is: free }, { trait: address.city, is: Bonn }, { trait: plan.name, is: x }, { trait: account.nme, is: x }]\n',
      'hello.mjml': EMAIL,
    },
    [
      'a.yaml:2:20  There is no audience `vips-all`. There is `vips`.',
      'a.yaml:3:27  There is no audience `vip`. Did you mean `vips`?',
      'a.yaml:5:12  There is no email template `helo`. Did you mean `hello`?',
      'a.yaml:6:13  There is no in-app template `hello`.',
      'a.yaml:7:17  There is no sales task template `hello`.',
      'b.yaml:2:19  There is no audience `vipz`. Did you mean `vips`?',
      'b.yaml:2:36  There is no trait `plann`. Did you mean `plan`?',
      'b.yaml:2:99  There is no trait `plan.name`. Declare it under `traits` in the settings.',
      'b.yaml:2:128  There is no trait `account.nme`. Did you mean `account.name`?',
    ],
  ],
  [
    'no complaint about what refers to a broken file',
    {
      'a.yaml': journey('  - email: hello\n'),
      'hello.mjml': EMAIL.replace('subject', 'subjct'),
      'b.yaml': 'audience: b\naudiences: [\n',
      'c.yaml': 'audience: c\nnot: { audience: b }\n',
    },
    [
      'b.yaml:3:1  The bracket opened above is not closed before this. Close it with `]`.',
      'hello.mjml:2:1  `subject` is missing.',
      'hello.mjml:3:1  Unknown key `subjct`. Did you mean `subject`?',
    ],
  ],
  [
    'audiences in a circle',
    {
      'a.yaml': 'audience: a\nnot: { audience: b }\n',
      'b.yaml': 'audience: b\nall: [{ event: X }, { audience: c }]\n',
      'c.yaml': 'audience: c\nany: [{ audience: a }]\n',
    },
    ['a.yaml:1:11  The audience `a` refers to itself: a → b → c → a. Take one of these references out.'],
  ],
  [
    'computed traits in a circle, and one that is stored too',
    {
      'a.yaml':
        'trait: a\nratio: { of: b, to: plan }\n---\ntrait: b\ndaysSince: a\n---\ntrait: plan\ncount: { event: X }\n---\ntrait: d\ndaysSince: createdat\n',
    },
    [
      'a.yaml:5:12  The trait `a` is computed from itself: a → b → a. Take one of these references out.',
      'a.yaml:7:8  The trait `plan` is both stored and computed. Give one of them another name.',
      'a.yaml:11:12  There is no trait `createdat`. Did you mean `createdAt`?',
    ],
  ],
  [
    'clashing step ids',
    {
      'a.yaml': journey(
        '  - email: hello\n  - { id: pause, wait: 1h }\n  - email: hello\n  - { id: pause, wait: 1h }\n  - { id: email-hello, wait: 2h }\n',
      ),
      'hello.mjml': EMAIL,
    },
    [
      'a.yaml:6:5  Two steps have the id `email-hello`. Give this step an `id` of its own.',
      'a.yaml:7:11  Two steps have the id `pause`. Choose another id.',
      'a.yaml:8:11  Two steps have the id `email-hello`. Choose another id.',
    ],
  ],
  [
    'steps that nobody reaches',
    {
      'a.yaml': journey(
        '  - branch:\n      - if: { event: Y }\n        then:\n          - exit: one\n          - wait: 1h\n      - else: [{ exit: two }]\n  - wait: 1h\n  - wait: 2h\n',
      ),
    },
    [
      'a.yaml:8:13  This step is never reached: `exit` stands before it. Take it out, or move the `exit`.',
      'a.yaml:10:5  This step is never reached: every way of the step before it exits. Take it out, or move the `exit`.',
    ],
  ],
  [
    'waits that outlast the journey',
    {
      'a.yaml': journey(
        '  - wait: 10d\n  - branch:\n      - if: { event: Y }\n        then: [{ wait: 5d }]\n  - wait-until: { event: Z }\n    timeout: 4 days\n    onTimeout: [{ email: hello }]\n',
        'exit: { after: 14d }\n',
      ),
      'hello.mjml': EMAIL,
    },
    [
      'a.yaml:8:16  The waits up to here come to 15 days, and the journey ends after 14 days. Shorten the waits, or raise `after` in `exit`.',
      'a.yaml:9:5  The waits up to here come to 14 days, and the journey ends after 14 days. Shorten the waits, or raise `after` in `exit`.',
    ],
  ],
  [
    'shares that are not the whole',
    {
      'a.yaml': journey(
        '  - split: { one: { share: 50%, steps: [{ email: hello }] }, two: { share: 40%, steps: [] } }\n',
      ),
      'hello.mjml': EMAIL,
    },
    ['a.yaml:4:12  The shares of the split come to 90%. Make them 100% together.'],
  ],
  [
    '`since` where there is no entry',
    { 'a.yaml': 'audience: a\nevent: X\nsince: entry\n' },
    ['a.yaml:3:8  An audience has no entry that `since` could mean. Use `within`, or leave it out.'],
  ],
  [
    'traits that cannot be set',
    {
      'a.yaml': journey('  - set-trait: { plam: pro, plan: 3, orders: 1 }\n'),
      'b.yaml': 'trait: orders\ncount: { event: X }\n',
    },
    [
      'a.yaml:4:24  There is no trait `plam` to set. Did you mean `plan`?',
      'a.yaml:4:35  The trait `plan` is a string, and 3 is none.',
      'a.yaml:4:46  The trait `orders` is computed and cannot be set. Set one of another name.',
    ],
  ],
];

test.each(BROKEN)('%s', async (_, files, messages) => {
  expect(await messagesOf(files)).toEqual(messages);
});
