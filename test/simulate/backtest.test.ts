import { describe, expect, it } from 'vitest';
import { DAY, HOUR, type Instant } from '../../src/core/time.ts';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { type Backtest, type BacktestEntry, type BacktestQuestion, backtest } from '../../src/simulate/backtest.ts';
import { BACKTEST_COLUMNS, rowsOf } from '../../src/simulate/backtest-rows.ts';
import { SortByPerson } from '../../src/simulate/sort-by-person.ts';
import type { LivedWorkspace } from '../../src/simulate/virtual-world.ts';
import { did, email, filter, inApp, journey, T0 } from '../core/build.ts';
import { workspaceOf } from './free-to-paid.ts';

let number = 0;

function call(userId: string, name: string, after: number, more: Partial<IncomingEvent> = {}): IncomingEvent {
  const occurredAt = new Date(T0 + after).toISOString();
  number += 1;
  const base = { messageId: `m${number}`, userId, context: {}, properties: {}, occurredAt, receivedAt: occurredAt };
  return { ...base, type: 'track', name, ...more };
}

function told(userId: string, traits: IncomingEvent['traits'], after: number): IncomingEvent {
  return call(userId, 'identify', after, { type: 'identify', traits });
}

async function over(
  history: readonly IncomingEvent[],
  workspace: LivedWorkspace,
  {
    from = T0,
    to = T0 + 60 * DAY,
    ...asked
  }: { from?: Instant; to?: Instant } & Partial<Pick<BacktestQuestion, 'against' | 'winners'>> = {},
): Promise<{ found: Backtest; entries: BacktestEntry[] }> {
  const sorted = new SortByPerson();
  for (const one of history) await sorted.add(one);
  const entries: BacktestEntry[] = [];
  const question = { workspace, journey: 'welcome', period: { from, to }, ...asked };
  const found = await backtest(question, sorted.people(), (entry) => entries.push(entry));
  return { found, entries };
}

/** Two letters, a day apart; whoever orders has converted. */
const welcome = journey([email('one'), { kind: 'wait', id: 'wait', for: DAY }, email('two')], {
  goal: did('Order Completed', { since: 'entry' }),
});
const history = [
  told('ada', { email: 'ada@example.com' }, 0),
  call('ada', 'Signed Up', HOUR),
  call('ada', 'Order Completed', 2 * HOUR),
  call('bob', 'Signed Up', 2 * HOUR),
  told('bob', { email: 'bob@example.com' }, 5 * HOUR),
  call('cleo', 'Order Completed', HOUR),
];

describe('a backtest', () => {
  it('of a draft finds what it would do if it were published', async () => {
    const workspace = workspaceOf([welcome]);
    const draft = { welcome: { hash: 'hash-of-welcome', journey: welcome, policy: { status: 'draft' } } } as const;
    const published = await over(history, workspace);
    expect((await over(history, { ...workspace, journeys: draft })).found).toEqual(published.found);
    // As one in force it is what nobody enters.
    const { found } = await over(history, workspace, { against: { ...workspace, journeys: draft } });
    expect(found.changes).toEqual({ same: 0, added: 2, lost: 0 });
  });

  it('says who would have entered and when, what they would have got or not, and who converted anyway', async () => {
    const { found, entries } = await over(history, workspaceOf([welcome]));
    expect(found.people).toBe(3);
    expect(found.proposed).toEqual({
      version: 'hash-of-welcome',
      people: 2,
      entries: 2,
      heldOut: 0,
      refusedEntries: {},
      outcomes: { converted: 1, 'timed-out': 1 },
      messages: [
        { step: 'one', channel: 'email', template: 'one', sent: 1, refused: { channel: 1 } },
        { step: 'two', channel: 'email', template: 'two', sent: 1, refused: {} },
      ],
      convertedAnyway: { entries: 1, beforeAnyMessage: 0, medianTime: HOUR },
      sentByOthers: {},
    });
    expect(entries.map(({ person, run }) => [person, run.enteredAt - T0, run.outcome])).toEqual([
      ['ada', HOUR, 'converted'],
      ['bob', 2 * HOUR, 'timed-out'],
    ]);
  });

  it('knows nothing before it was said: bob has no address when the first letter is due', async () => {
    const { entries } = await over(history, workspaceOf([welcome]));
    const [, bob] = entries.map(({ run }) =>
      run.messages.map(({ step, refusal }) => [step, refusal?.reason ?? 'sent']),
    );
    expect(bob).toEqual([
      ['one', 'channel'],
      ['two', 'sent'],
    ]);
  });

  it('leaves runs under way that have not ended by its end', async () => {
    const { found, entries } = await over(history, workspaceOf([welcome]), { to: T0 + DAY });
    expect(found.proposed.outcomes).toEqual({ active: 1, converted: 1 });
    expect(entries[1]?.run).toMatchObject({ outcome: 'active', endedAt: null });
  });

  it('starts nothing by what happened before its beginning, and counts it', async () => {
    const quiet = workspaceOf([journey([inApp('miss-you')], { enter: { by: 'audience', audience: 'quiet' } })], {
      more: { quiet: did('Signed Up', {}, { atLeast: 2 }) },
    });
    const signedUp = [1, 2, 3].map((day) => call('ada', 'Signed Up', day * DAY));
    const entered = async (from: Instant) =>
      (await over(signedUp, quiet, { from })).entries.map(({ run }) => run.enteredAt);
    expect(await entered(T0 + 2 * DAY)).toEqual([T0 + 2 * DAY]);
    expect(await entered(T0 + 2 * DAY + 1)).toEqual([]);
  });

  it('counts one message id once', async () => {
    const again = journey([inApp('hello')], { again: 'always' });
    const once = call('ada', 'Signed Up', HOUR);
    const { found } = await over([once, once, call('ada', 'Signed Up', 2 * HOUR)], workspaceOf([again]));
    expect(found.proposed.entries).toBe(2);
  });

  it('tells what the other journeys would send, too', async () => {
    const other = journey([inApp('hello')], { key: 'other' });
    const { found } = await over(history, workspaceOf([welcome, other]));
    expect(found.proposed.sentByOthers).toEqual({ other: 2 });
  });
});

describe('against another version', () => {
  const later = journey([{ kind: 'wait', id: 'wait', for: DAY }, email('one')], {
    enter: { by: 'event', events: filter('Order Completed') },
  });
  const wider = journey([email('one')], {
    enter: { by: 'event', events: { names: ['Signed Up', 'Order Completed'], where: [] } },
    again: 'always',
  });

  it('entries are the same, added or lost', async () => {
    const { found, entries } = await over(history, workspaceOf([wider]), { against: workspaceOf([welcome]) });
    expect(found.changes).toEqual({ same: 2, added: 2, lost: 0 });
    expect(entries.map(({ person, change }) => `${person} ${change}`)).toEqual([
      'ada same',
      'ada added',
      'bob same',
      'cleo added',
    ]);
    const { found: turned } = await over(history, workspaceOf([later]), { against: workspaceOf([welcome]) });
    expect(turned.changes).toEqual({ same: 0, added: 2, lost: 2 });
    expect(turned.current?.entries).toBe(2);
  });

  it('one that has no such journey has no figures', async () => {
    const { found } = await over(history, workspaceOf([welcome]), { against: workspaceOf([]) });
    expect(found).toMatchObject({ current: null, changes: { same: 0, added: 2, lost: 0 } });
  });
});

describe('the rows of a backtest', () => {
  it('are one for each entry, message and ending', async () => {
    const { entries } = await over(history, workspaceOf([welcome]));
    expect(entries.flatMap(rowsOf).map((row) => BACKTEST_COLUMNS.map((column) => row[column]).join())).toEqual([
      'ada,,2024-01-01T01:00:00.000Z,false,2024-01-01T01:00:00.000Z,entered,,,,Signed Up',
      'ada,,2024-01-01T01:00:00.000Z,false,2024-01-01T01:00:00.000Z,sent,one,email,one,',
      'ada,,2024-01-01T01:00:00.000Z,false,2024-01-01T02:00:00.000Z,converted,,,,the goal was reached',
      'bob,,2024-01-01T02:00:00.000Z,false,2024-01-01T02:00:00.000Z,entered,,,,Signed Up',
      'bob,,2024-01-01T02:00:00.000Z,false,2024-01-01T02:00:00.000Z,refused,one,email,one,the person has no trait `email`',
      'bob,,2024-01-01T02:00:00.000Z,false,2024-01-02T02:00:00.000Z,sent,two,email,two,',
      'bob,,2024-01-01T02:00:00.000Z,false,2024-01-15T02:00:00.000Z,timed-out,,,,the time limit was reached',
    ]);
  });

  it('lets chance decide where an experiment picks its winner by itself, and says so; or as if one had won', async () => {
    const variants = ['a', 'b'].map((name) => ({ name, share: 1, then: name }));
    const winner = { by: 'click', after: 100, within: DAY, confidence: 0.95 } as const;
    const experiment = { kind: 'experiment', id: 'pick', name: 'tone', control: 'a', variants, winner } as const;
    const tried = journey([experiment, inApp('a'), inApp('b')]);
    const people = Array.from({ length: 40 }, (_, index) => call(`u${index}`, 'Signed Up', HOUR + index));
    const got = async (winners?: ReadonlyMap<string, string>) => {
      const { found, entries } = await over(people, workspaceOf([tried]), winners && { winners });
      const steps = new Set(entries.flatMap(({ run }) => run.messages.map(({ step }) => step)));
      return { byChanceAlone: found.byChanceAlone, steps: [...steps].sort() };
    };
    expect(await got()).toEqual({ byChanceAlone: ['tone'], steps: ['a', 'b'] });
    expect(await got(new Map([['tone', 'b']]))).toEqual({ byChanceAlone: [], steps: ['b'] });
  });
});
