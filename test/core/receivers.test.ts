import { describe, expect, it } from 'vitest';
import { delivered, interpret, type Move, open } from '../../src/core/interpret.ts';
import type { Ledger } from '../../src/core/pressure.ts';
import type { AccountPerson, Role } from '../../src/core/roles.ts';
import type { Cursor } from '../../src/core/run.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import type { Given } from '../../src/core/walk.ts';
import { email, facts, given, inApp, journey, type StepDraft, salesTask, T0 } from './build.ts';

const team: Role = { key: 'team', that: null, order: null, atMost: 3 };
const to = <Draft extends StepDraft>(draft: Draft, role: Role = team) => ({ ...draft, to: role }) as StepDraft;
const people: AccountPerson[] = ['ada', 'bob', 'cy', 'dan'].map((name, index) => ({
  id: index + 1,
  name,
  facts: facts({ traits: { name } }),
}));
const NOTHING: Ledger = { sent: [], suppressed: new Set() };

interface Asked {
  readonly ledgers?: Readonly<Record<number, Partial<Ledger>>>;
  readonly here?: readonly AccountPerson[];
  readonly more?: Partial<Given>;
}

function of({ ledgers = {}, here = people, more = {} }: Asked = {}): Given & { readonly asked: Set<number> } {
  const asked = new Set<number>();
  const ledgerOf = (id: number) => {
    asked.add(id);
    return { ...NOTHING, ...ledgers[id] };
  };
  return { ...given({ account: { people: here, ledgerOf }, ...more }), asked };
}

const said = ({ log }: Pick<Move, 'log'>) =>
  log.map((entry) => [
    entry.step,
    entry.receiver?.person ?? null,
    entry.did === 'refused' ? entry.refusal.reason : entry.did,
    entry.visit,
  ]);

describe('a step for a role', () => {
  it('goes to one person after the other, each in its turn and at the same visit', () => {
    const welcome = journey([to(email('hello')), inApp('done')], { of: 'account' });
    let cursor: Cursor = open(welcome, T0).cursor;
    const logs: unknown[] = [];
    const delivering: unknown[] = [];
    for (let turns = 0; turns < 9; turns += 1) {
      const move = interpret(welcome, cursor, of(), T0);
      logs.push(...said(move));
      if (move.next.kind !== 'deliver') break;
      expect(move.acts).toMatchObject([{ refusal: null, to: { name: move.next.to?.name } }]);
      delivering.push([move.next.to?.id, move.next.visit]);
      const onward = delivered(welcome, move.cursor, of(), T0);
      logs.push(...said({ log: [onward.log] }));
      cursor = onward.cursor;
    }
    expect(delivering).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    expect(logs).toEqual([
      ['hello', 'ada', 'acted', 0],
      ['hello', 'bob', 'acted', 0],
      ['hello', 'cy', 'acted', 0],
      ['done', null, 'acted', 1],
      [null, null, 'ended', 2],
    ]);
  });

  it('asks whoever gets it about caps and wishes, and nobody else', () => {
    const once = journey([to(inApp('tip'))], { of: 'account', caps: [{ channel: 'in-app', atMost: 1, within: DAY }] });
    const sent = [{ channel: 'in-app', category: 'product', journey: 'welcome', at: T0 - HOUR } as const];
    const asking = of({ ledgers: { 1: { sent }, 2: { suppressed: new Set(['all']) } } });
    const move = interpret(once, open(once, T0).cursor, asking, T0);
    expect(said(move).slice(0, 3)).toEqual([
      ['tip', 'ada', 'cap', 0],
      ['tip', 'bob', 'suppressed', 0],
      ['tip', 'cy', 'acted', 0],
    ]);
    expect([...asking.asked]).toEqual([1, 2, 3]);
  });

  it('counts what a person gets at one step against the caps at the next', () => {
    const twice = journey([to(inApp('one')), to(inApp('two'))], {
      of: 'account',
      caps: [{ channel: 'in-app', atMost: 1, within: DAY }],
    });
    const move = interpret(twice, open(twice, T0).cursor, of({ here: people.slice(0, 1) }), T0);
    expect(said(move)).toEqual([
      ['one', 'ada', 'acted', 0],
      ['two', 'ada', 'cap', 1],
      [null, null, 'ended', 2],
    ]);
  });

  it('chooses once, when the step is reached: who came later has no turn, and who has left since is passed over', () => {
    const welcome = journey([to(email('hello'))], { of: 'account' });
    const first = interpret(welcome, open(welcome, T0).cursor, of({ here: people.slice(0, 2) }), T0);
    const { cursor } = delivered(welcome, first.cursor, of(), T0);
    const then = interpret(welcome, cursor, of({ here: [people[0], people[3]].flatMap((one) => one ?? []) }), T0);
    expect(said(then)).toEqual([
      ['hello', 'bob', 'gone', 0],
      [null, null, 'ended', 1],
    ]);
  });

  it('lets others go first while somebody is held, and asks again when the first hold is over', () => {
    const hours = { from: 9 * 60, to: 17 * 60 };
    const zoned = (name: string, timezone: string, id: number): AccountPerson => ({
      id,
      name,
      facts: facts({ traits: { timezone } }),
    });
    const here = [
      zoned('tokyo', 'Asia/Tokyo', 1),
      zoned('berlin', 'Europe/Berlin', 2),
      zoned('la', 'America/Los_Angeles', 3),
    ];
    const tip = journey([{ ...to(inApp('tip')), hours } as StepDraft], { of: 'account' });
    // Noon in Berlin, evening in Tokyo, night in Los Angeles.
    const noon = T0 + 11 * HOUR;
    const first = interpret(tip, open(tip, noon).cursor, of({ here, more: { enteredAt: noon } }), noon);
    expect(said(first)).toEqual([
      ['tip', 'tokyo', 'held', 0],
      ['tip', 'berlin', 'acted', 0],
      ['tip', 'la', 'held', 0],
    ]);
    const atNine = T0 + 17 * HOUR;
    expect(first.next).toMatchObject({ kind: 'wait', until: atNine });
    const second = interpret(tip, first.cursor, of({ here, more: { enteredAt: noon } }), atNine);
    expect(said(second)).toEqual([
      ['tip', 'tokyo', 'held', 0],
      ['tip', 'la', 'acted', 0],
    ]);
    const third = interpret(tip, second.cursor, of({ here, more: { enteredAt: noon } }), T0 + DAY);
    expect(said(third)).toEqual([
      ['tip', 'tokyo', 'acted', 0],
      [null, null, 'ended', 1],
    ]);
  });

  it('ends the run where the step says so and nobody has the role', () => {
    const nobody = journey([{ ...to(email('hello')), refused: { unwanted: 'leave' } } as StepDraft], { of: 'account' });
    const move = interpret(nobody, open(nobody, T0).cursor, of({ here: [] }), T0);
    expect(move.next).toEqual({ kind: 'end', outcome: 'exited', reason: 'none of the account’s 0 people is its team' });
  });

  it('is refused where nobody has the role', () => {
    const nobody = journey([to(email('hello')), inApp('after')], { of: 'account' });
    const move = interpret(nobody, open(nobody, T0).cursor, of({ here: [] }), T0);
    expect(move.acts[0]).toEqual({
      step: nobody.steps.hello,
      visit: 0,
      at: T0,
      refusal: { reason: 'nobody', role: 'team', people: 0 },
    });
    expect(said(move)[1]).toEqual(['after', null, 'acted', 1]);
  });

  it('is refused for everybody where the account is held out', () => {
    const welcome = journey([to(email('hello'))], { of: 'account' });
    const move = interpret(welcome, open(welcome, T0).cursor, of({ more: { heldOut: true } }), T0);
    expect(said(move).slice(0, 3)).toEqual([
      ['hello', 'ada', 'held-out', 0],
      ['hello', 'bob', 'held-out', 0],
      ['hello', 'cy', 'held-out', 0],
    ]);
  });

  it('cannot be done before somebody looked who is in the account', () => {
    const welcome = journey([to(email('hello'))], { of: 'account' });
    expect(() => interpret(welcome, open(welcome, T0).cursor, given(), T0)).toThrow(
      'Step hello is about people of an account, and nobody was looked up',
    );
  });
});

it('a sales task names its people and goes to none of them', () => {
  const task = journey(
    [{ ...salesTask('call'), stakeholders: [team, { ...team, key: 'first', atMost: 1 }] } as StepDraft],
    {
      of: 'account',
    },
  );
  const move = interpret(task, open(task, T0).cursor, of(), T0);
  expect(move.acts[0]?.to).toBeUndefined();
  expect(move.acts[0]?.stakeholders?.map(({ name, because }) => [name, because.role])).toEqual([
    ['ada', 'team'],
    ['bob', 'team'],
    ['cy', 'team'],
    ['ada', 'first'],
  ]);
});
