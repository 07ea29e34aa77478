import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/condition.ts';
import { type AccountPerson, choose, type Role } from '../../src/core/roles.ts';
import { DAY } from '../../src/core/time.ts';
import { aggregate, event, facts, is, T0, trait } from './build.ts';

const champion: Role = {
  key: 'champion',
  that: trait('role', is('user')),
  order: { first: 'most', of: 'logins', value: { kind: 'trait', path: 'logins' } },
  atMost: 1,
};

function person(id: number, role: string, logins?: Json): AccountPerson {
  return { id, name: `p${id}`, facts: facts({ traits: { role, ...(logins === undefined ? {} : { logins }) } }) };
}
const idsOf = (role: Role, people: readonly AccountPerson[]) => choose(role, people, T0).map(({ id }) => id);

describe('a role', () => {
  it('is whoever has most of a trait, among those of whom its condition holds', () => {
    const people = [person(1, 'user', 3), person(2, 'buyer', 9), person(3, 'user', 5), person(4, 'user', 5)];
    expect(choose(champion, people, T0)).toEqual([
      { id: 3, name: 'p3', because: { role: 'champion', place: 1, among: 3, by: 'logins', value: 5 } },
    ]);
  });

  it('takes whoever joined first where nothing else decides', () => {
    expect(
      idsOf({ ...champion, that: null, order: null, atMost: 2 }, [person(7, 'a'), person(2, 'b'), person(9, 'c')]),
    ).toEqual([7, 2]);
  });

  it('puts those without a value last, in either direction', () => {
    const people = [person(1, 'user'), person(2, 'user', 0), person(3, 'user', null), person(4, 'user', 2)];
    const all = { ...champion, atMost: 9 };
    const least = { first: 'least', of: 'logins', value: { kind: 'trait', path: 'logins' } } as const;
    expect(idsOf(all, people)).toEqual([4, 2, 1, 3]);
    expect(idsOf({ ...all, order: least }, people)).toEqual([2, 4, 1, 3]);
  });

  it('is of the moment it is asked for', () => {
    const active: Role = {
      ...champion,
      that: null,
      order: { first: 'most', of: 'exports', value: aggregate('count', 'Export', undefined, { within: DAY }) },
    };
    const people: AccountPerson[] = [
      { id: 1, name: 'early', facts: facts({ events: [event('Export', T0), event('Export', T0)] }) },
      { id: 2, name: 'late', facts: facts({ events: [event('Export', T0 + DAY)] }) },
    ];
    expect(choose(active, people, T0 + 1)[0]?.name).toBe('early');
    expect(choose(active, people, T0 + DAY)[0]?.name).toBe('late');
  });

  it('is nobody where nobody fits', () => {
    expect(choose(champion, [person(1, 'buyer', 3)], T0)).toEqual([]);
  });

  it('never names more than it may, nobody twice, and always the first by its order', () => {
    const people = fc.uniqueArray(
      fc.record({
        id: fc.nat(),
        role: fc.constantFrom('user', 'buyer'),
        logins: fc.option(fc.integer(), { nil: undefined }),
      }),
      { selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(people, fc.integer({ min: 1, max: 5 }), (drawn, atMost) => {
        const all = drawn.map(({ id, role, logins }) => person(id, role, logins));
        const chosen = choose({ ...champion, atMost }, all, T0);
        const fitting = drawn.filter(({ role }) => role === 'user');
        expect(chosen).toHaveLength(Math.min(atMost, fitting.length));
        expect(new Set(chosen.map(({ id }) => id)).size).toBe(chosen.length);
        const best = Math.max(...fitting.map(({ logins }) => logins ?? -Infinity));
        const first = fitting.find(({ id }) => id === chosen[0]?.id);
        expect(first?.logins ?? -Infinity).toBe(fitting.length === 0 ? -Infinity : best);
      }),
    );
  });
});
