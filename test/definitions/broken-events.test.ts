import { expect, test } from 'vitest';
import { type Files, FORGETFUL_SETTINGS, LANGUAGE_SETTINGS, messagesOf } from './folder.ts';

/** Events and sequences that cannot be meant, with everything that an author is told. */
const BROKEN: readonly [name: string, files: Files, messages: readonly string[]][] = [
  [
    'windows longer than history',
    {
      'settings.yaml': FORGETFUL_SETTINGS,
      'a.yaml': `audience: a
all:
  - { event: X, within: 100d }
  - { event: X, within: 91 calendar days }
  - sequence: [A, { event: B, within: 100d }]
    thenNot: { event: C, within: 13 weeks }
    within: 2y
  - sequence: [A, B]
    within: 10d
  - sequence: [A, { event: B, within: 60d }]
    within: 60d
  - { event: X, since: { first: Y }, within: 10d }
  - { event: X, since: { last: Y } }
  - { event: X, since: { last: Y }, upTo: 60d, within: 60d }
  - { event: X, since: { last: Y }, upTo: 60d, within: 30d }
  - { event: X, within: 90d }
---
trait: b
count: { event: X, within: 365 days }
---
trait: g
growth: { of: h, over: 30d }
---
trait: h
count: { event: X, within: 80d }
---
trait: f
formula: ago(h, "12d")
---
score: s
signals:
  - { signal: a, weight: 1, event: X, decay: { halfLife: 14d } }
  - { signal: b, weight: 1, event: X, decay: [{ until: 20d, share: 100% }, { until: 120d, share: 50% }] }
---
trait: n
newList: { event: X, property: y, within: 30d }
`,
    },
    [
      'a.yaml:3:25  This looks back 100 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:4:25  This looks back 91 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:5:39  This looks back 100 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:6:34  This looks back 91 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:7:13  This looks back 730.5 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:8:15  This sequence may begin before the 90 days that events are kept. Add `within` to it and to every event after the first.',
      'a.yaml:10:15  This looks back 120 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:12:24  Events are kept for 90 days, so which was the first is not known for ever. Use `last`, or take `keepHistory` out of the settings.',
      'a.yaml:13:24  The event it counts from may be older than the 90 days that events are kept. Add `upTo` and `within`.',
      'a.yaml:14:24  This looks back 120 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:19:28  This looks back 365 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:22:15  This looks back 110 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:28:10  This looks back 92 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:32:58  This looks back 140 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:33:85  This looks back 120 days, and events are kept for 90 days. Shorten it, or raise `keepHistory` in the settings.',
      'a.yaml:36:10  What is new shows beside everything before, and events are kept for 90 days. Use `uniqueCount` or `uniqueList`, or take `keepHistory` out of the settings.',
    ],
  ],
  [
    'windows and sequences of the wrong shape',
    {
      'a.yaml': `audience: a
all:
  - { event: X, within: 7 calender days }
  - { event: X, within: yesterday }
  - { event: X, since: { lst: Y } }
  - { event: X, since: { last: 4 } }
  - { event: X, upTo: 2d }
  - { event: X, since: { last: Y }, upTo: soon }
  - { event: X, since: entry }
  - sequence: [A]
  - sequence: [A, B]
    session: false
  - sequence: [{ event: A, within: 1d }, B]
  - sequence: [A, B]
    since: entry
  - sequence: [A, B]
    times: 2
  - sequence: A then B
`,
    },
    [
      'a.yaml:3:25  `within` must be a duration such as `30m` or `14 days`, or `7 calendar days`, or `today`, not "7 calender days".',
      'a.yaml:4:25  `within` must be a duration such as `30m` or `14 days`, or `7 calendar days`, or `today`, not "yesterday".',
      'a.yaml:5:24  `since` must be `entry`, or a map such as `{ last: Logged In }`.',
      'a.yaml:6:24  `since` must be `entry`, or a map such as `{ last: Logged In }`.',
      'a.yaml:8:43  `upTo` must be a duration such as `30m`, `12h` or `14 days`, not "soon".',
      'a.yaml:10:15  `sequence` must hold at least two events.',
      'a.yaml:12:14  `session` must be true, or the longest pause, such as `45m`, not false.',
      'a.yaml:17:5  Unknown key `times` in `all`. Known here: sequence, without, thenNot, within, since, session.',
      'a.yaml:18:15  `sequence` must be a list of events, not "A then B".',
    ],
  ],
  [
    'windows that count from nothing',
    {
      'a.yaml': `audience: a
all:
  - { event: X, upTo: 2d }
  - { event: X, since: entry }
  - sequence: [{ event: A, within: 1d }, B]
    since: entry
`,
    },
    [
      'a.yaml:3:23  `upTo` has no event to count from. Add one, such as `since: { last: Logged In }`.',
      'a.yaml:4:24  An audience has no entry that `since` could mean. Use `within`, or leave it out.',
      'a.yaml:5:36  Before the first event of a sequence is none that `within` could count from. Take it out.',
      'a.yaml:6:12  An audience has no entry that `since` could mean. Use `within`, or leave it out.',
    ],
  ],
];

test.each(BROKEN)('%s', async (_, files, messages) => {
  expect(await messagesOf({ 'settings.yaml': LANGUAGE_SETTINGS, ...files })).toEqual(messages);
});
