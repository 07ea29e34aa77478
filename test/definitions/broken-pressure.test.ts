import { expect, test } from 'vitest';
import { EMAIL, type Files, messagesOf, SETTINGS } from './folder.ts';

/** Caps and hours that cannot be, with everything that an author is told. */
const journey = (steps: string, more = '') => `journey: a\nenter: { event: X }\n${more}steps:\n${steps}`;
const RECEIPT = EMAIL.replace('email: hello', 'email: receipt\ntransactional: true\ncategory: billing');

const BROKEN: readonly [name: string, files: Files, messages: readonly string[]][] = [
  [
    'caps of the wrong shape',
    {
      'settings.yaml': `${SETTINGS}caps:
  - { atMost: 1 }
  - { atMost: 1, within: 7d, per: week }
  - { atMost: 1, per: fortnight }
  - { atMost: 1, per: day, of: accounts }
  - { atMost: 1, per: day, categry: news }
`,
    },
    [
      'settings.yaml:7:5  A cap has `within`, such as `7d`, or `per`, such as `week`.',
      'settings.yaml:8:35  A cap has `within` or `per`, and this has both.',
      'settings.yaml:9:23  `per` must be `day`, `week` or `month`, not "fortnight".',
      'settings.yaml:10:32  `of` must be `account`, or is left out, not "accounts". Did you mean `account`?',
      'settings.yaml:11:28  Unknown key `categry` in `caps`. Did you mean `category`?',
    ],
  ],
  [
    'caps on a category that nothing has',
    {
      'settings.yaml': `${SETTINGS}caps: [{ category: bilings, atMost: 1, per: day }]\n`,
      'a.yaml': journey('  - email: hello\n', 'caps: [{ category: news, atMost: 1, per: day }]\n'),
      'hello.mjml': EMAIL,
      'receipt.mjml': RECEIPT,
    },
    [
      'a.yaml:3:20  No template has the category `news`. There is `marketing`, `billing`.',
      'settings.yaml:6:20  No template has the category `bilings`. Did you mean `billing`?',
    ],
  ],
  [
    'hours of the wrong shape',
    {
      'settings.yaml': `${SETTINGS}quietHours:
  - { channel: sms, from: '22:00', to: '8:00' }
  - { from: '9:00', to: '9:00' }
  - {}
  - { days: [mondays] }
`,
      'a.yaml': journey(`  - email: hello
    send: { from: 9am, to: '25:00' }
    refused: later
  - { id: two, email: hello, send: { days: [] }, refused: { cap: never, hours: wait } }
`),
      'hello.mjml': EMAIL.replace('subject: Hello', "subject: Hello\nsend: { untill: '9:00' }"),
    },
    [
      'a.yaml:5:19  `from` must be a time of day such as `9:00`, not "9am".',
      'a.yaml:5:28  `to` must be a time of day such as `9:00`, not "25:00".',
      'a.yaml:6:14  `refused` must be `skip`, `wait` or `leave`, or a map such as `{ cap: wait, unwanted: leave }`, not "later".',
      'a.yaml:7:44  `days` must name at least one weekday.',
      'a.yaml:7:66  `cap` must be `skip`, `wait` or `leave`, not "never".',
      'hello.mjml:4:9  Unknown key `untill` in `send`. Known here: days, from, to.',
      'settings.yaml:7:16  `channel` must be `email`, `in-app` or `sales-task`, not "sms".',
      'settings.yaml:8:25  `to` must be another time than `from`, not "9:00".',
      'settings.yaml:9:5  Hours have `days`, `from` or `to`.',
      'settings.yaml:10:14  `days` must be one of monday, tuesday, wednesday, thursday, friday, saturday, sunday, not "mondays". Did you mean `monday`?',
    ],
  ],
  [
    'hours that never come',
    {
      'settings.yaml': `${SETTINGS}quietHours: [{ channel: email, from: '17:00', to: '9:00' }]\n`,
      'a.yaml': journey(`  - { email: hello, send: { from: '18:00' } }
  - { id: own, email: morning, send: { from: '12:00', to: '13:00' } }
`),
      'hello.mjml': EMAIL,
      'morning.mjml': EMAIL.replace('email: hello', "email: morning\nsend: { from: '9:00', to: '11:00' }"),
    },
    [
      'a.yaml:4:27  This message never goes out: its own, the quiet hours leave no time. Let them have an hour in common.',
      'a.yaml:5:38  This message never goes out: its own, those of its template, the quiet hours leave no time. Let them have an hour in common.',
    ],
  ],
  [
    'what holds for no receipt',
    {
      'a.yaml': journey("  - { email: receipt, send: { from: '9:00' }, refused: wait }\n"),
      'receipt.mjml': RECEIPT,
    },
    [
      'a.yaml:4:29  The email `receipt` is transactional: no hours and no caps hold for it. Take `send` out.',
      'a.yaml:4:56  The email `receipt` is transactional: no hours and no caps hold for it. Take `refused` out.',
    ],
  ],
];

test.each(BROKEN)('%s', async (_, files, messages) => {
  expect(await messagesOf(files)).toEqual(messages);
});
