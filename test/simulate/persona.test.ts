import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { formatProblem } from '../../src/definitions/problems.ts';
import { DEFAULT_START, type Persona, parsePersonas } from '../../src/simulate/persona.ts';

function read(text: string): Persona {
  const [persona, another] = readAll(text);
  if (persona === undefined || another !== undefined) throw new Error('That is not one persona');
  return persona;
}

function readAll(text: string): readonly Persona[] {
  const parsed = parsePersonas('ada.yaml', text);
  if ('problems' in parsed) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.personas;
}

function complaints(text: string): string[] {
  const parsed = parsePersonas('ada.yaml', text);
  return 'problems' in parsed ? parsed.problems.map(formatProblem) : [];
}

describe('a persona file', () => {
  it('says who they are and what they do when', () => {
    const text = `
userId: ada
start: 2026-03-02T09:00:00Z
traits: { plan: free, address: { city: Ulm } }
events:
  - { event: Export Completed, at: -3 days, properties: { format: csv } }
  - { event: Upgrade Page Viewed, at: 30m }
  - { event: Email Opened, at: 1.5h, byEngine: true }
  - { identify: { plan: pro }, at: 2026-03-05T12:00:00+01:00 }
`;
    expect(read(text)).toEqual({
      userId: 'ada',
      start: Date.UTC(2026, 2, 2, 9),
      traits: { plan: 'free', address: { city: 'Ulm' } },
      events: [
        { event: 'Export Completed', at: { after: -3 * DAY }, properties: { format: 'csv' } },
        { event: 'Upgrade Page Viewed', at: { after: 30 * MINUTE }, properties: {} },
        { event: 'Email Opened', at: { after: 1.5 * HOUR }, properties: {}, byEngine: true },
        { identify: { plan: 'pro' }, at: { instant: Date.UTC(2026, 2, 5, 11) } },
      ],
    });
  });

  it('may be JSON, and needs no more than a user id', () => {
    expect(read('{"userId": "ada"}')).toEqual({ userId: 'ada', start: DEFAULT_START, traits: {}, events: [] });
    expect(read('{"userId": "ada", "events": [{"event": "X", "at": "0s"}]}').events).toEqual([
      { event: 'X', at: { after: 0 }, properties: {} },
    ]);
  });

  it('may hold several', () => {
    expect(readAll('userId: ada\n---\nuserId: bob').map(({ userId }) => userId)).toEqual(['ada', 'bob']);
  });

  it('unsubscribes as the engine tells of it', () => {
    expect(read('{"userId": "ada", "events": [{"unsubscribe": "news", "at": "1h"}]}').events).toEqual([
      { event: 'Unsubscribed', at: { after: HOUR }, properties: { unsubscribed_from: 'news' }, byEngine: true },
    ]);
  });

  it('may have accounts, and colleagues in them', () => {
    const text = `
userId: ada
accounts: { acme: { plan: team } }
events: [{ group: acme, traits: { seats: 12 }, at: 1h }]
colleagues:
  - { userId: bob, accounts: { acme: {} }, events: [{ event: Signed In, at: 1 day }] }
`;
    expect(read(text)).toMatchObject({
      accounts: { acme: { plan: 'team' } },
      events: [{ group: 'acme', traits: { seats: 12 }, at: { after: HOUR } }],
      colleagues: [
        { userId: 'bob', traits: {}, accounts: { acme: {} }, events: [{ event: 'Signed In', at: { after: DAY } }] },
      ],
    });
  });

  const broken: [string, string, string[]][] = [
    ['is empty', '', ['ada.yaml:1:1  The file is empty. A persona has a `userId` and `events`.']],
    ['is a list', '- a', ['ada.yaml:1:1  The file must be a map of keys.']],
    ['names nobody', 'traits: {}', ['ada.yaml:1:1  `userId` is missing.']],
    [
      'has a key that no persona has',
      'userId: ada\ntrait: { plan: free }',
      ['ada.yaml:2:1  Unknown key `trait`. Did you mean `traits`?'],
    ],
    [
      'says "when" in its own way',
      'userId: ada\nevents:\n  - { event: Viewed, at: tomorrow }\n  - { event: Viewed, at: 5 }\n  - { event: Viewed, at: 999 years }',
      [
        'ada.yaml:3:26  `at` must be an ISO time such as `2026-03-05T12:00:00Z`, or a time after the start such as `1h` or `2 days`.',
        'ada.yaml:4:26  `at` must be an ISO time such as `2026-03-05T12:00:00Z`, or a time after the start such as `1h` or `2 days`.',
        'ada.yaml:5:26  `at` must be an ISO time such as `2026-03-05T12:00:00Z`, or a time after the start such as `1h` or `2 days`.',
      ],
    ],
    [
      'starts at no time',
      'userId: ada\nstart: 1h',
      ['ada.yaml:2:8  `start` must be an ISO time such as `2026-03-05T12:00:00Z`.'],
    ],
    ['does not say when', 'userId: ada\nevents:\n  - event: Viewed', ['ada.yaml:3:5  `at` is missing.']],
    [
      'misspells what an event has',
      'userId: ada\nevents:\n  - { event: Viewed, at: 1h, property: { a: 1 } }',
      ['ada.yaml:3:30  Unknown key `property`. Did you mean `properties`?'],
    ],
    [
      'has an event that is none',
      'userId: ada\nevents:\n  - { evnt: Viewed, at: 1h }\n  - { event: A, identify: {}, at: 1h }',
      [
        'ada.yaml:3:5  Each of `events` has one of `event`, `identify`, `unsubscribe` and `group`. Did you mean `event`?',
        'ada.yaml:4:5  Each of `events` has one of `event`, `identify`, `unsubscribe` and `group`. Make it several.',
      ],
    ],
    [
      'has values of the wrong type',
      'userId: 7\ntraits: [free]\nevents: { event: A }',
      [
        'ada.yaml:1:9  `userId` must be text.',
        'ada.yaml:2:9  `traits` must be a map of keys.',
        'ada.yaml:3:9  `events` must be a list.',
      ],
    ],
    [
      'has colleagues who are nobody',
      'userId: ada\naccounts: { acme: 1 }\ncolleagues:\n  - { accounts: { acme: {} } }\n  - { userId: bob, start: 1h, events: [{ event: A }] }\n  - bob',
      [
        'ada.yaml:2:19  `acme` must be a map of keys.',
        'ada.yaml:6:5  `colleagues` must be a map of keys.',
        'ada.yaml:4:5  `userId` is missing.',
        'ada.yaml:5:20  Unknown key `start`. Known here: userId, traits, accounts, events.',
        'ada.yaml:5:40  `at` is missing.',
      ],
    ],
    [
      'unsubscribes from nothing',
      'userId: ada\nevents:\n  - { unsubscribe: "", at: 1h }\n---\nuserId: bob\nevent: []',
      ['ada.yaml:3:20  `unsubscribe` must not be empty.', 'ada.yaml:6:1  Unknown key `event`. Did you mean `events`?'],
    ],
    [
      'is broken YAML',
      'userId: ada\nuserId: bob',
      ['ada.yaml:2:1  The key `userId` stands here twice. Keep one of them.'],
    ],
  ];
  for (const [what, text, messages] of broken) {
    it(`that ${what} is told so, with line and column`, () => {
      expect(complaints(text)).toEqual(messages);
    });
  }
});
