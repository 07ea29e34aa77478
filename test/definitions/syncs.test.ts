import { describe, expect, test } from 'vitest';
import { DAY, SECOND } from '../../src/core/time.ts';
import { type Files, messagesOf, workspaceOf } from './folder.ts';

const AUDIENCE = 'audience: vips\nevent: X\n';
const sync = (more: string, name = 'crm') => `sync: ${name}\naudience: vips\nurl: https://crm.example/hook\n${more}`;

const BROKEN: readonly [name: string, files: Files, messages: readonly string[]][] = [
  [
    'an audience that is not there',
    { 's.yaml': sync('onEntry: { a: 1 }\n').replace('vips', 'vipz'), 'a.yaml': AUDIENCE },
    ['s.yaml:2:11  There is no audience `vipz`. Did you mean `vips`?'],
  ],
  [
    'an audience of accounts',
    { 's.yaml': sync('onEntry: { a: 1 }\n'), 'a.yaml': 'audience: vips\nof: accounts\nevent: X\n' },
    [
      's.yaml:2:11  The audience `vips` is of accounts, and a sync tells of people. Make an audience of their people: `account: { audience: … }`.',
    ],
  ],
  [
    'traits that are not there: as a field, in a text, beside the fields',
    {
      's.yaml': sync(
        'onEntry:\n  a: { trait: plam }\n  b: "on {{ person.plam }}"\nonExit:\n  c: { trait: address.city }\ntraits: [firstNam]\n',
      ),
      'a.yaml': AUDIENCE,
    },
    [
      's.yaml:5:15  There is no trait `plam`. Did you mean `plan`?',
      's.yaml:6:13  People have no trait `plam`. Did you mean `person.plan`?',
      's.yaml:9:10  There is no trait `firstNam`. Did you mean `firstName`?',
    ],
  ],
  [
    'what a sync has nothing of',
    { 's.yaml': sync('onEntry: { a: "{{ event.total }}" }\n'), 'a.yaml': AUDIENCE },
    ['s.yaml:4:15  A sync has no `event`. There is `person` and `account`.'],
  ],
  [
    'addresses that are none, and one that depends on the person',
    {
      's.yaml': sync('onEntry: { a: 1 }\n').replace('https:', 'ftp:'),
      't.yaml': sync('onEntry: { a: 1 }\n', 'other').replace('hook', '{{ person.plan }}'),
      'a.yaml': AUDIENCE,
    },
    [
      's.yaml:3:6  `url` must be a web address such as `https://example.com/hook`, not "ftp://crm.example/hook".',
      't.yaml:3:6  `url` must be one address for everybody, without Liquid, not "https://crm.example/{{ person.plan }}".',
    ],
  ],
  [
    'nothing to tell',
    { 's.yaml': sync(''), 'a.yaml': AUDIENCE },
    ['s.yaml:1:7  `sync` has neither `onEntry` nor `onExit`, so there is nothing to tell; add one.'],
  ],
  [
    'the same audience to the same address twice',
    {
      's.yaml': sync('onEntry: { a: 1 }\n'),
      't.yaml': sync('onExit: { b: 1 }\n', 'other').replace('crm.example', 'CRM.example:443'),
      'a.yaml': AUDIENCE,
    },
    [
      't.yaml:3:6  The sync `crm` already tells this address of `vips`. One sync can set all fields; put them together.',
    ],
  ],
  [
    'wrong shapes',
    {
      's.yaml': sync('onEntry: { a: [1] }\nrate: 20/s\nretryFor: 3\nincludExisting: true\n'),
      'a.yaml': AUDIENCE,
    },
    [
      's.yaml:4:15  `a` must be a value, a text with Liquid in it, or `{ trait: name }`.',
      's.yaml:5:7  `rate` must be like `20 per second`, not "20/s".',
      's.yaml:6:11  `retryFor` must be a duration such as `30m`, `12h` or `14 days`, not 3.',
      's.yaml:7:1  Unknown key `includExisting`. Did you mean `includeExisting`?',
    ],
  ],
];

describe('a sync that cannot be meant', () => {
  test.each(BROKEN)('%s', async (_, files, messages) => {
    expect(await messagesOf(files)).toEqual(messages);
  });
});

test('a sync is compiled with everything that it asks of a person', async () => {
  const { syncs } = await workspaceOf({
    'a.yaml': AUDIENCE,
    't.yaml': 'trait: attempts\ncount: { event: Tried }\n---\ntrait: unused\ncount: { event: Never }\n',
    's.yaml': sync(
      'onEntry: { ready: true, none: null, said: "{{ person.plan }} hit {{ person.attempts }}", hits: { trait: attempts } }\nonExit: {}\ntraits: [plan]\nrate: 20 per second\n',
    ),
  });
  const attempts = { kind: 'aggregate', fn: 'count', events: { names: ['Tried'], where: [] } };
  expect(syncs).toEqual({
    crm: {
      key: 'crm',
      audience: 'vips',
      url: 'https://crm.example/hook',
      headers: {},
      onEntry: {
        ready: { kind: 'constant', value: true },
        none: { kind: 'constant', value: null },
        said: { kind: 'text', template: '{{ person.plan }} hit {{ person.attempts }}' },
        hits: { kind: 'value', of: attempts },
      },
      onExit: {},
      traits: { plan: { kind: 'trait', path: 'plan' } },
      computed: { attempts },
      includeExisting: false,
      rate: { calls: 20, within: SECOND },
      retryFor: 3 * DAY,
    },
  });
});

test('a workspace without syncs is the same as before there were any', async () => {
  expect(await workspaceOf({ 'a.yaml': AUDIENCE })).not.toHaveProperty('syncs');
});
