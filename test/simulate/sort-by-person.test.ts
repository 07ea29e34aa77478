import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IncomingEvent } from '../../src/ingest/inbox.ts';
import { SortByPerson } from '../../src/simulate/sort-by-person.ts';
import { WhoIsWho } from '../../src/simulate/who-is-who.ts';
import { T0 } from '../core/build.ts';

type Ids = Partial<Pick<IncomingEvent, 'type' | 'userId' | 'anonymousId' | 'previousId'>>;

function call(number: number, second: number, ids: Ids): IncomingEvent {
  const occurredAt = new Date(T0 + second * 1_000).toISOString();
  const base = {
    messageId: `m${number}`,
    name: 'Viewed',
    properties: {},
    context: {},
    occurredAt,
    receivedAt: occurredAt,
  };
  return { type: 'track', ...base, ...ids };
}

const who = fc.constantFrom('a', 'b', 'c', 'd');
const ids: fc.Arbitrary<Ids> = fc.oneof(
  who.map((userId) => ({ userId })),
  who.map((anonymousId) => ({ anonymousId })),
  fc.record({ type: fc.constant('identify' as const), userId: who, anonymousId: who }),
  fc.record({ type: fc.constant('alias' as const), userId: who, previousId: who }),
);
const histories = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 5 }), ids), { maxLength: 40 })
  .map((calls) => calls.map(([second, named], number) => call(number, second, named)));

async function peopleOf(history: readonly IncomingEvent[], atOnce?: number) {
  const sorted = new SortByPerson(atOnce === undefined ? {} : { atOnce });
  for (const one of history) await sorted.add(one);
  const people: [string, string[]][] = [];
  for await (const {
    people: [{ name, userId }],
    calls,
  } of sorted.people())
    people.push([`${userId === null ? 'anonymous ' : ''}${name}`, calls.map(({ messageId }) => messageId)]);
  await sorted.close();
  return people.sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('a history sorted by person', () => {
  it('has every call once, each person in one piece and in order of time', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const people = await peopleOf(history);
        expect(people.flatMap(([, own]) => own).sort()).toEqual(history.map(({ messageId }) => messageId).sort());
        expect(new Set(people.map(([name]) => name)).size).toBe(people.length);
        for (const [, own] of people) {
          const times = own.map((id) => history.find(({ messageId }) => messageId === id)?.occurredAt);
          expect(times).toEqual([...times].sort());
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is the same whether it fits into memory or goes through files', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        expect(await peopleOf(history, 7)).toEqual(await peopleOf(history));
      }),
      { numRuns: 30 },
    );
  });
});

describe('who is who', () => {
  const namesAfter = (...calls: Ids[]) => {
    const known = new WhoIsWho();
    for (const [index, named] of calls.entries()) known.note(call(index, 0, named));
    return calls.map((named, index) => known.personOf(call(index, 0, named))?.name);
  };

  it('a visitor who gives a name is that person from the first call on', () => {
    expect(namesAfter({ anonymousId: 'x' }, { type: 'identify', userId: 'ada', anonymousId: 'x' })).toEqual([
      'ada',
      'ada',
    ]);
    expect(namesAfter({ anonymousId: 'x' }, { userId: 'ada', anonymousId: 'x' })).toEqual(['x', 'ada']);
  });

  it('a device that two people share stays with the first', () => {
    expect(
      namesAfter(
        { type: 'identify', userId: 'ada', anonymousId: 'x' },
        { type: 'identify', userId: 'bob', anonymousId: 'x' },
        { anonymousId: 'x' },
      ),
    ).toEqual(['ada', 'bob', 'ada']);
  });

  it('alias makes two people one, in a row and in a circle', () => {
    expect(
      namesAfter(
        { userId: 'a' },
        { type: 'alias', userId: 'b', previousId: 'a' },
        { type: 'alias', userId: 'c', previousId: 'b' },
        { type: 'alias', userId: 'a', previousId: 'c' },
      ),
    ).toEqual(['c', 'c', 'c', 'c']);
  });
});
