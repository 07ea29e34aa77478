import { describe, expect, test } from 'vitest';
import type { Journey } from '../../src/core/journey.ts';
import { DAY } from '../../src/core/time.ts';
import { messagesOf, SETTINGS, workspaceOf } from './folder.ts';

const AUDIENCES = 'audience: trialists\nevent: Trial Started\n---\naudience: big\nof: accounts\nevent: X\n';

async function enteredBy(enter: string): Promise<Journey> {
  const { journeys } = await workspaceOf({
    'a.yaml': `journey: a\nenter: ${enter}\nsteps: [{ wait: 1h }]\n`,
    'b.yaml': AUDIENCES,
  });
  const version = journeys.a;
  if (version === undefined) throw new Error('There is no journey');
  return version.journey;
}

async function saidOf(enter: string, more = ''): Promise<readonly string[]> {
  const yaml = `journey: a\nenter: ${enter}\n${more}steps: [{ wait: 1h }]\n`;
  return messagesOf({ 'a.yaml': yaml, 'b.yaml': AUDIENCES });
}

describe('by an audience', () => {
  test('that is left', async () => {
    expect((await enteredBy('{ leaves: trialists }')).enter).toEqual({ by: 'leaving', audience: 'trialists' });
  });

  test('that is not there, or is of accounts', async () => {
    expect(await saidOf('{ leaves: trialist }')).toEqual([
      'a.yaml:2:18  There is no audience `trialist`. Did you mean `trialists`?',
    ]);
    expect(await saidOf('{ leaves: big }')).toEqual([
      'a.yaml:2:18  The audience `big` is of accounts, and this journey is about people. Say `of: accounts` at the top, or enter by an audience of people.',
    ]);
  });
});

describe('again', () => {
  test('after a time, so many times, or both', async () => {
    const againOf = async (again: string) => (await enteredBy(`{ event: X, again: ${again} }`)).again;
    expect(await againOf('after 90d')).toEqual({ after: 90 * DAY });
    expect(await againOf('{ after: 90d, atMost: 3 }')).toEqual({ after: 90 * DAY, atMost: 3 });
    expect(await againOf('{ atMost: 3 }')).toEqual({ after: 0, atMost: 3 });
  });

  test('in other words', async () => {
    expect(await saidOf('{ event: X, again: {} }')).toEqual(['a.yaml:2:27  `again` needs `after`, `atMost` or both.']);
    expect(await saidOf('{ event: X, again: { atMost: 0 } }')).toEqual([
      'a.yaml:2:37  `atMost` must be a whole number, at least 1, not 0.',
    ]);
    expect(await saidOf('{ event: X, again: { upTo: 3 } }')).toEqual([
      'a.yaml:2:29  Unknown key `upTo` in `again`. Known here: after, atMost.',
    ]);
  });
});

describe('each', () => {
  test('one run for each value of a property, 25 at once if nothing is said', async () => {
    const entryOf = async (enter: string) => (await enteredBy(enter)).enter;
    const events = { names: ['Order Placed'], where: [] };
    expect(await entryOf('{ event: Order Placed, each: order_id }')).toEqual({
      by: 'event',
      events,
      each: { property: 'order_id', atOnce: 25 },
    });
    expect(await entryOf('{ event: Order Placed, each: order.id, atOnce: 200 }')).toEqual({
      by: 'event',
      events,
      each: { property: 'order.id', atOnce: 200 },
    });
  });

  test('conditions can ask for what happens to the same one', async () => {
    const { journeys } = await workspaceOf({
      'a.yaml':
        'journey: a\nenter: { event: Order Placed, each: order_id }\ngoal: { event: Order Paid, where: { order_id: { same: true }, total: { above: 0 } } }\nsteps: [{ wait: 1h }]\n',
    });
    expect(journeys.a?.journey.goal).toEqual({
      kind: 'events',
      events: {
        names: ['Order Paid'],
        where: [{ path: 'total', test: { op: 'above', value: 0 } }],
        sameAsEntry: ['order_id'],
        since: 'entry',
      },
      times: { atLeast: 1 },
    });
  });

  test('where there is no event that could say which', async () => {
    expect(await saidOf('{ audience: trialists, each: order_id }')).toEqual([
      'a.yaml:2:31  Unknown key `each` in `enter`. Known here: audience, again, limit.',
    ]);
    expect(await saidOf('{ event: X, atOnce: 3 }')).toEqual([
      'a.yaml:2:28  `atOnce` is for runs side by side; add `each`.',
    ]);
    expect(await saidOf('{ event: X, each: order_id, atOnce: 0 }')).toEqual([
      'a.yaml:2:44  `atOnce` must be a whole number, at least 1, not 0.',
    ]);
  });

  test('`same` where there is nothing to be the same as', async () => {
    const same = '{ event: Paid, where: { order_id: { same: true } } }';
    expect(await saidOf('{ audience: trialists }', `goal: ${same}\n`)).toEqual([
      'a.yaml:3:41  This journey is entered without properties, so there is no `order_id` to be the same as. Name the value: `is: …`.',
    ]);
    expect(await saidOf(same)).toEqual([
      'a.yaml:2:42  There is no entry here whose `order_id` this could be the same as. Name the value: `is: …`.',
    ]);
    expect(await messagesOf({ 'a.yaml': `audience: a\nevent: Paid\nwhere: { order_id: { same: true } }\n` })).toEqual([
      'a.yaml:3:20  There is no entry here whose `order_id` this could be the same as. Name the value: `is: …`.',
    ]);
    expect(await saidOf('{ event: X }', 'goal: { event: Paid, where: { order_id: { same: false } } }\n')).toEqual([
      'a.yaml:3:49  `same` must be true, not false.',
    ]);
  });
});

describe('groups', () => {
  const settings = (groups: string) => `${SETTINGS}groups: ${groups}\n`;
  const files = (groups: string, group: string) => ({
    'settings.yaml': settings(groups),
    'a.yaml': `journey: a\nenter: { event: X }\ngroup: ${group}\nsteps: [{ wait: 1h }]\n`,
  });

  test('their rules are the settings’: a higher journey evicts and a lower one yields if nothing is said', async () => {
    const groupOf = async (groups: string) => (await workspaceOf(files(groups, 'first'))).journeys.a?.journey.group;
    expect(await groupOf('{ first: {} }')).toEqual({ key: 'first', higher: 'evicts', lower: 'yields' });
    expect(await groupOf('{ first: { higher: waits, lower: waits } }')).toEqual({
      key: 'first',
      higher: 'waits',
      lower: 'waits',
    });
  });

  test('a group that is not there, and rules that cannot be', async () => {
    expect(await messagesOf(files('{ first: {} }', 'frist'))).toEqual([
      'a.yaml:3:8  There is no group `frist`. Did you mean `first`?',
    ]);
    expect(await messagesOf({ 'a.yaml': files('', 'welcome')['a.yaml'] })).toEqual([
      'a.yaml:3:8  There is no group `welcome`. Add it to the settings: `groups: { welcome: {} }`.',
    ]);
    expect(await messagesOf(files('{ first: { lower: evicts } }', 'first'))).toEqual([
      'settings.yaml:6:27  `lower` must be `waits` or `yields`: a journey ends none that goes before it, not "evicts".',
    ]);
    expect(await messagesOf(files('{ first: { higher: kicks } }', 'first'))).toEqual([
      'settings.yaml:6:28  `higher` must be `evicts`, `waits` or `yields`, not "kicks".',
    ]);
  });
});

describe('schedules', () => {
  test('once or again and again, by everybody’s own clock unless it is said otherwise', async () => {
    const entryOf = async (enter: string) => (await enteredBy(enter)).enter;
    const common = { by: 'schedule', audience: 'trialists', zone: 'Europe/Berlin' };
    expect(await entryOf('{ at: 2026-03-01 10:00, members: trialists }')).toEqual({
      ...common,
      when: { at: '2026-03-01T10:00' },
      local: true,
    });
    const often = '{ every: "monday, Thursday 09:00", members: trialists, timezone: workspace, rate: 500/minute }';
    expect(await entryOf(often)).toEqual({
      ...common,
      when: { time: '09:00', weekdays: [1, 4] },
      local: false,
      pace: 120,
    });
    const whens = ['day 00:30', 'weekday 09:00', '3rd of the month 09:00', 'last day of the month 18:00'].map(
      async (every) => entryOf(`{ every: ${every}, members: trialists }`),
    );
    expect(await Promise.all(whens)).toMatchObject([
      { when: { time: '00:30', weekdays: [1, 2, 3, 4, 5, 6, 7] } },
      { when: { time: '09:00', weekdays: [1, 2, 3, 4, 5] } },
      { when: { time: '09:00', monthDay: 3 } },
      { when: { time: '18:00', monthDay: 0 } },
    ]);
    expect((await enteredBy('{ every: day 09:00, members: trialists }')).again).toBe('always');
  });

  test('that cannot be', async () => {
    const every =
      '`every` must be like `day 09:00`, `weekday 09:00`, `monday 09:00`, `monday, thursday 09:00`, `1st of the month 09:00` or `last day of the month 09:00`';
    expect(await saidOf('{ every: mondays 9:00, members: trialists }')).toEqual([
      `a.yaml:2:17  ${every}, not "mondays 9:00".`,
    ]);
    expect(await saidOf('{ every: 31st of the month 09:00, members: trialists }')).toEqual([
      `a.yaml:2:17  ${every}, not "31st of the month 09:00".`,
    ]);
    expect(await saidOf('{ at: 2026-02-30 10:00, members: trialists }')).toEqual([
      'a.yaml:2:14  `at` must be a day and a time, such as `2026-03-01 10:00`, not "2026-02-30 10:00".',
    ]);
    expect(await saidOf('{ at: 2026-03-01 10:00 }')).toEqual(['a.yaml:2:8  `members` is missing in `enter`.']);
    expect(await saidOf('{ every: day 09:00, members: trialists, rate: 5 a day }')).toEqual([
      'a.yaml:2:54  `rate` must be like `500/minute`, not "5 a day".',
    ]);
    expect(await saidOf('{ every: day 09:00, members: trialist }')).toEqual([
      'a.yaml:2:37  There is no audience `trialist`. Did you mean `trialists`?',
    ]);
    expect(await saidOf('{ every: day 09:00, members: trialists, each: order }')).toEqual([
      'a.yaml:2:48  Unknown key `each` in `enter`. Known here: every, members, timezone, rate, again, limit.',
    ]);
  });
});

test('a limit of a day, by the workspace’s clock', async () => {
  expect((await enteredBy('{ event: X, limit: 1000 per day }')).limit).toEqual({ perDay: 1000, zone: 'Europe/Berlin' });
  expect((await enteredBy('{ event: X }')).limit).toBeUndefined();
  expect(await saidOf('{ event: X, limit: 1000 }')).toEqual([
    'a.yaml:2:27  `limit` must be like `1000 per day`, not 1000.',
  ]);
  expect(await saidOf('{ event: X, limit: 0 per day }')).toEqual([
    'a.yaml:2:27  `limit` must be like `1000 per day`, not "0 per day".',
  ]);
});

test('accounts are not asked in, and have no clock on the wall', async () => {
  const ofAccounts = (enter: string) =>
    messagesOf({ 'a.yaml': `journey: a\nof: accounts\nenter: ${enter}\nsteps: [{ wait: 1h }]\n`, 'b.yaml': AUDIENCES });
  expect(await ofAccounts('{ request: true }')).toEqual([
    'a.yaml:3:19  `request` enters people, and this journey is about accounts. Take `of: accounts` out, or enter by an audience or an event.',
  ]);
  expect(await ofAccounts('{ every: day 09:00, members: big }')).toEqual([
    'a.yaml:3:37  `members` enters people, and this journey is about accounts. Take `of: accounts` out, or enter by an audience or an event.',
  ]);
});
