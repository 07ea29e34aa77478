import { describe, expect, it } from 'vitest';
import { interpret, open } from '../../src/core/interpret.ts';
import type { LocalMoment } from '../../src/core/local-time.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { facts, given, inApp, journey, T0 } from './build.ts';

const waiting = (until: LocalMoment) => journey([{ kind: 'wait', id: 'wait', until }, inApp('hello')]);
const at = (moment: LocalMoment, traits = {}, now = T0) => {
  const of = waiting(moment);
  return interpret(of, open(of, T0).cursor, given({ facts: facts({ traits }) }), now);
};
const ten: LocalMoment = { by: 'clock', minute: 600 };
const renewal: LocalMoment = { by: 'date', trait: 'renewsAt', minute: 600, days: -2 };

describe('a wait until the clock shows a time', () => {
  it('ends when the person’s does', () => {
    expect(at(ten).next).toMatchObject({ kind: 'wait', until: T0 + 10 * HOUR });
    expect(at(ten, { timezone: 'Asia/Tokyo' }).next).toMatchObject({ until: T0 + HOUR });
  });

  it('goes by the workspace’s where the person’s zone is none, and says so', () => {
    const { log, next } = at(ten, { timezone: 'Mars/Olympus' });
    expect(log).toMatchObject([{ did: 'fell-back', unusable: 'Mars/Olympus', zone: 'Etc/UTC' }, { did: 'waiting' }]);
    expect(next).toMatchObject({ until: T0 + 10 * HOUR });
  });

  it('does not end at the instant it begins, so that a loop waits a day', () => {
    const { cursor } = at(ten);
    const loop = { ...waiting(ten), steps: { wait: { kind: 'wait', id: 'wait', until: ten, next: 'wait' } } } as const;
    const move = interpret(loop, cursor, given(), T0 + 10 * HOUR);
    expect(move.next).toMatchObject({ kind: 'wait', until: T0 + 34 * HOUR });
  });
});

describe('a wait until the hour that is usual', () => {
  const usual: LocalMoment = { by: 'hour', of: { kind: 'trait', path: 'usual_hour' }, otherwise: 600 };

  it('ends when the person’s clock shows it, or goes on at once within it', () => {
    expect(at(usual, { usual_hour: 18 }).next).toMatchObject({ kind: 'wait', until: T0 + 18 * HOUR });
    expect(at(usual, { usual_hour: 18, timezone: 'Asia/Tokyo' }).next).toMatchObject({ until: T0 + 9 * HOUR });
    expect(at(usual, { usual_hour: 0 }).log[0]).toMatchObject({ did: 'waited', why: 'time', at: T0 });
  });

  it('ends at the other time where the person has none, and is none at all where there is no other', () => {
    expect(at(usual).next).toMatchObject({ until: T0 + 10 * HOUR });
    expect(at({ by: 'hour', of: usual.of }).log[0]).toMatchObject({ did: 'waited', why: 'no-date', at: T0 });
  });
});

describe('a wait until a date of the person', () => {
  it('ends so many days before it', () => {
    expect(at(renewal, { renewsAt: '2024-01-08' }).next).toMatchObject({ until: T0 + 5 * DAY + 10 * HOUR });
  });

  it('goes on at once where the date is past, or there is none, and says which', () => {
    expect(at(renewal, { renewsAt: '2024-01-02' }).log[0]).toMatchObject({ did: 'waited', why: 'time', at: T0 });
    expect(at(renewal).log[0]).toMatchObject({ did: 'waited', why: 'no-date', at: T0 });
  });

  it('waits on where the date was put off meanwhile', () => {
    const { cursor } = at(renewal, { renewsAt: '2024-01-08' });
    const later = given({ facts: facts({ traits: { renewsAt: '2024-01-10' } }) });
    const move = interpret(waiting(renewal), cursor, later, T0 + 5 * DAY + 10 * HOUR);
    expect(move.log).toMatchObject([{ did: 'waiting', until: T0 + 7 * DAY + 10 * HOUR }]);
    expect(move.acts).toEqual([]);
  });
});
