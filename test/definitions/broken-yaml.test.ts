import { expect, test } from 'vitest';
import { KIND_NAMES } from '../../src/definitions/schema.ts';
import { type Files, messagesOf } from './folder.ts';

const KINDS = KIND_NAMES.map((kind) => `\`${kind}\``).join(', ');

/** Files that cannot be read, or are not of the right shape, with everything that an author is told. */
const BROKEN: readonly [name: string, files: Files, messages: readonly string[]][] = [
  [
    'a bracket left open',
    { 'a.yaml': 'audience: a\nany: [ { event: X }\n' },
    ['a.yaml:3:1  The bracket opened above is not closed before this. Close it with `]`.'],
  ],
  [
    'a tab for indentation',
    { 'a.yaml': 'audience: a\nnot:\n\tevent: X\n' },
    ['a.yaml:3:1  A tab is used for indentation. Use spaces.'],
  ],
  [
    'a text with a colon and no quotes',
    { 'a.yaml': 'sales-task: a\ntitle: Payment: failed\n' },
    ['a.yaml:2:8  A key stands where YAML allows none. Quote a text that holds `: `, or mend the indentation.'],
  ],
  [
    'Liquid without quotes',
    { 'a.yaml': 'sales-task: a\ntitle: {{ person.firstName }} waits\nowner: me\nbrief: x\n' },
    ['a.yaml:2:8  YAML takes the `{{` for a map. Put the whole text in quotes.'],
  ],
  [
    'Liquid and nothing else without quotes',
    { 'a.yaml': 'sales-task: a\ntitle: {{ person.firstName }}\nowner: me\nbrief: x\n' },
    ['a.yaml:2:8  YAML takes the `{{` for a map. Put the whole text in quotes.'],
  ],
  [
    'a key twice',
    { 'a.yaml': 'audience: a\nevent: X\nevent: Y\n' },
    ['a.yaml:3:1  The key `event` stands here twice. Keep one of them.'],
  ],
  [
    'an anchor that is not there',
    { 'a.yaml': 'audience: a\nnot: *other\n' },
    ['a.yaml:2:6  There is no anchor `&other` above. Quote it if it is a text.'],
  ],
  [
    'a file of no kind',
    { 'a.yaml': 'jorney: a\nsteps: []\n' },
    [`a.yaml:1:1  A definition has one of ${KINDS} at top level; this has none. Did you mean \`journey\`?`],
  ],
  [
    'a list where a definition should be',
    { 'a.yaml': '- event: X\n' },
    [`a.yaml:1:1  A definition has one of ${KINDS} at top level; this has none.`],
  ],
  [
    'unknown keys',
    { 'a.yaml': 'journey: a\nenter: { event: X, agian: never }\nstps: []\nsteps: [{ wait: 1h, foo: 1 }]\n' },
    [
      'a.yaml:2:20  Unknown key `agian` in `enter`. Did you mean `again`?',
      'a.yaml:3:1  Unknown key `stps`. Did you mean `steps`?',
      'a.yaml:4:21  Unknown key `foo` in `steps`. Known here: id, wait.',
    ],
  ],
  [
    'missing keys',
    { 'a.yaml': 'journey: a\nsteps:\n  - wait-until: { event: X }\n' },
    ['a.yaml:1:1  `enter` is missing.', 'a.yaml:3:5  `timeout` is missing in `steps`.'],
  ],
  [
    'a step of no kind',
    { 'a.yaml': 'journey: a\nenter: { event: X }\nsteps:\n  - emial: hello\n  - { id: x }\n' },
    [
      'a.yaml:4:5  A step has one of `wait`, `wait-until`, `branch`, `split`, `experiment`, `offer`, `repeat`, `email`, `in-app`, `sales-task`, `webhook`, `set-trait`, `exit`; this has none of them. Did you mean `email`?',
      'a.yaml:5:5  A step has one of `wait`, `wait-until`, `branch`, `split`, `experiment`, `offer`, `repeat`, `email`, `in-app`, `sales-task`, `webhook`, `set-trait`, `exit`; this has none of them.',
    ],
  ],
  [
    'a step of two kinds',
    { 'a.yaml': 'journey: a\nenter: { event: X, audience: a }\nsteps:\n  - { wait: 1h, exit: done }\n' },
    [
      'a.yaml:2:8  An entry has one of `audience`, `leaves`, `event`, `request`, `at`, `every`; this has `event`, `audience`. Keep one of them.',
      'a.yaml:4:5  A step has one of `wait`, `wait-until`, `branch`, `split`, `experiment`, `offer`, `repeat`, `email`, `in-app`, `sales-task`, `webhook`, `set-trait`, `exit`; this has `wait`, `exit`. Keep one of them.',
    ],
  ],
  [
    'bad durations',
    {
      'a.yaml':
        'journey: a\nenter: { event: X, again: after soon }\nexit: { after: 14 }\nsteps:\n  - wait: 3 fortnights\n  - wait: 0h\n',
    },
    [
      'a.yaml:2:27  `again` must be `never`, `always`, like `after 90d`, or a map such as `{ after: 90d, atMost: 3 }`, not "after soon".',
      'a.yaml:3:16  `after` must be a duration such as `30m`, `12h` or `14 days`, not 14.',
      'a.yaml:5:11  `wait` must be a duration such as `30m`, `12h` or `14 days`, not "3 fortnights".',
      'a.yaml:6:11  `wait` must be longer than nothing, not "0h".',
    ],
  ],
  [
    'bad shares',
    {
      'a.yaml':
        'journey: a\nenter: { event: X }\nholdout: 100%\nsteps:\n  - split: { one: { share: 0.5, steps: [] }, two: { share: 150%, steps: [] } }\n',
    },
    [
      'a.yaml:3:10  `holdout` must be below 100%, or nobody gets anything, not "100%".',
      'a.yaml:5:28  `share` must be a share such as `10%`, not 0.5.',
      'a.yaml:5:60  `share` must be at most 100%, not "150%".',
    ],
  ],
  [
    'a bad hold-out and priority',
    { 'a.yaml': 'journey: a\nenter: { event: X }\nholdout: -5%\npriority: high\nsteps: [{ wait: 1h }]\n' },
    [
      'a.yaml:3:10  `holdout` must be a share such as `10%`, not "-5%".',
      'a.yaml:4:11  `priority` must be a number, not "high".',
    ],
  ],
  [
    'bad settings',
    {
      'settings.yaml':
        'settings: Test\ntimezone: Europe/Berln\nsender: me@example.com\ntraits: { plan: strin }\ncaps: [{ chanel: email, atMost: 0, within: 7d }]\nemailRate: 0\nonUncertainSend: retry\n',
    },
    [
      'settings.yaml:1:11  `settings` must be a name in small letters, digits and hyphens, such as `cart-recovery`, not "Test".',
      'settings.yaml:2:11  `timezone` must be an IANA time zone such as `Europe/Berlin`, not "Europe/Berln". Did you mean `Europe/Berlin`?',
      'settings.yaml:3:9  `sender` must be like `Name <name@example.com>`, not "me@example.com".',
      'settings.yaml:4:17  `plan` must be one of string, number, boolean, date, list, object, not "strin". Did you mean `string`?',
      'settings.yaml:5:10  Unknown key `chanel` in `caps`. Did you mean `channel`?',
      'settings.yaml:5:33  `atMost` must be a whole number, at least 1, not 0.',
      'settings.yaml:6:12  `emailRate` must be a number of emails per second, not 0.',
      'settings.yaml:7:18  `onUncertainSend` must be `again` or `hold`, not "retry".',
    ],
  ],
  [
    'conditions of the wrong shape',
    {
      'a.yaml':
        'audience: a\nall:\n  - { trait: plan }\n  - { trait: plan, in: free }\n  - { trait: plan, equals: free }\n  - { event: X, times: 4 }\n  - { event: X, times: { atLeats: 2 } }\n  - { event: X, times: { exactly: 1, atMost: 2 } }\n  - { event: X, where: { color: [red] } }\n  - { event: X, since: start }\n  - { evnt: X }\n  - plan\n',
    },
    [
      'a.yaml:3:5  This trait is tested for nothing; add one of `is`, `isNot`, `in`, `notIn`, `contains`, `notContains`, `exists`, `atLeast`, `atMost`, `above`, `below`, `olderThan`, `newerThan`.',
      'a.yaml:4:24  `in` must be a list such as `[free, starter]`, not "free".',
      'a.yaml:5:20  Unknown key `equals` in `all`. Known here: trait, is, isNot, in, notIn, contains, notContains, exists, atLeast, atMost, above, below, olderThan, newerThan.',
      'a.yaml:6:24  `times` must be a map of keys, not 4.',
      'a.yaml:7:26  Unknown key `atLeats` in `times`. Did you mean `atLeast`?',
      'a.yaml:8:24  `times` has `exactly` beside `atLeast` or `atMost`; keep one.',
      'a.yaml:9:33  `color` must be a value, or a test such as `{ atLeast: 100 }` or `{ in: [a, b] }`.',
      'a.yaml:10:24  `since` must be `entry`, or a map such as `{ last: Logged In }`, not "start".',
      'a.yaml:11:7  A condition has one of `all`, `any`, `not`, `trait`, `event`, `sequence`, `account`, `accounts`, `people`, `audience`; this has none of them. Did you mean `event`?',
      'a.yaml:12:5  A condition has one of `all`, `any`, `not`, `trait`, `event`, `sequence`, `account`, `accounts`, `people`, `audience`.',
    ],
  ],
  ['an empty group', { 'a.yaml': 'audience: a\nall: []\n' }, ['a.yaml:2:6  `all` must hold at least one condition.']],
  [
    'a computed trait of no kind',
    { 'a.yaml': 'trait: a\nuniqueLst: { event: X }\n---\ntrait: b\nsum: { event: X }\n' },
    [
      'a.yaml:2:1  A computed trait has one of `count`, `firstAt`, `lastAt`, `people`, `sum`, `average`, `min`, `max`, `first`, `last`, `uniqueCount`, `uniqueList`, `newCount`, `newList`, `usualHour`, `formula`, `ratio`, `growth`, `daysSince`, `accounts`; this has none of them. Did you mean `uniqueList`?',
      'a.yaml:5:6  `property` is missing in `sum`.',
    ],
  ],
  [
    'empty and misplaced ways of a branch',
    {
      'a.yaml':
        'journey: a\nenter: { event: X }\nsteps:\n  - branch:\n      - if: { event: Y }\n        then: []\n      - else: [{ wait: 1h }]\n      - if: { event: Z }\n        then: [{ wait: 1h }]\n  - branch: []\n',
    },
    [
      'a.yaml:6:15  `then` must hold at least one step.',
      'a.yaml:8:9  This way comes after `else` and is never taken; `else` goes last.',
      'a.yaml:10:13  `branch` must have at least one way.',
    ],
  ],
  [
    'bad web addresses',
    {
      'a.yaml':
        "journey: a\nenter: { event: X }\nsteps:\n  - webhook: { url: example.com/hook }\n---\nin-app: b\nplacement: top\ntitle: x\nbody: x\nbutton: { label: Go, url: 'javascript:alert(1)' }\n",
    },
    [
      'a.yaml:4:21  `url` must be a web address such as `https://example.com/hook`, not "example.com/hook".',
      'a.yaml:7:12  `placement` must be one of banner, sidebar, footer, modal, tooltip, nav, not "top".',
      'a.yaml:10:27  `url` must be a web address, or a path that begins with `/`, not "javascript:alert(1)".',
    ],
  ],
  [
    'names that are none',
    { 'a.yaml': 'audience: High Intent\nevent: X\n---\ntrait: 1st\ncount: { event: X }\n' },
    [
      'a.yaml:1:11  `audience` must be a name in small letters, digits and hyphens, such as `cart-recovery`, not "High Intent".',
      'a.yaml:4:8  `trait` must be a name of letters, digits, `_` and `-`, such as `exports_last_30_days`, not "1st".',
    ],
  ],
  [
    'an email in a YAML file',
    { 'a.yaml': 'email: hello\nsubject: Hello\n' },
    ['a.yaml:1:1  An email is a template of its own. Put it into an `.mjml` file.'],
  ],
  [
    'an email without front matter',
    { 'a.mjml': '<mjml></mjml>\n' },
    [
      'a.mjml:1:1  The template has no front matter. Begin it with `---`, `email: <name>`, `subject: <text>` and `---`.',
    ],
  ],
  [
    'an email with bad front matter',
    { 'a.mjml': '---\nemail: a\nsubjct: x\n---\n<mjml></mjml>\n' },
    ['a.mjml:2:1  `subject` is missing.', 'a.mjml:3:1  Unknown key `subjct`. Did you mean `subject`?'],
  ],
];

test.each(BROKEN)('%s', async (_, files, messages) => {
  expect(await messagesOf(files)).toEqual(messages);
});

test('a folder that is not there', async () => {
  const { loadWorkspace } = await import('../../src/definitions/workspace.ts');
  expect(await loadWorkspace('/nowhere/at/all')).toMatchObject({
    problems: [{ message: expect.stringContaining('ENOENT') }],
  });
});
