import { expect, test } from 'vitest';
import { indexAudiences } from '../../src/audiences/audience-index.ts';
import { addEvent, dueAt, reevaluate, type Subject } from '../../src/audiences/membership.ts';
import type { Condition } from '../../src/core/condition.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import { did, event, T0, trait } from '../core/build.ts';

const day = (number: number): Instant => T0 + number * DAY;

function looking(condition: Condition) {
  const subject: Subject = { traits: {}, events: [], memberships: new Map(), dirty: new Set() };
  const index = indexAudiences([{ key: 'some', condition }], {});
  const look = (at: Instant, cause: 'event' | 'clock') => {
    subject.dirty.clear();
    reevaluate(index, subject, ['some'], at, cause);
    const { member, dueAt: due } = subject.memberships.get('some') ?? {};
    return { member, due, stored: subject.dirty.has('some') };
  };
  return { subject, look };
}

test('an instant that an event puts off is not stored anew, and when it comes the next one is', () => {
  const { subject, look } = looking(did('Seen', { within: 10 * DAY }));
  addEvent(subject, event('Seen', day(0)));
  expect(look(day(0), 'event')).toEqual({ member: true, due: day(10), stored: true });
  addEvent(subject, event('Seen', day(4)));
  expect(look(day(4), 'event')).toEqual({ member: true, due: day(10), stored: false });

  expect(dueAt(subject, day(10))).toEqual(['some']);
  expect(look(day(10), 'clock')).toEqual({ member: true, due: day(14), stored: true });
  expect(look(day(14), 'clock')).toMatchObject({ member: false, stored: true });
});

test('an instant that comes sooner is stored at once', () => {
  const { subject, look } = looking(trait('renewedAt', { op: 'olderThan', value: 10 * DAY }));
  subject.traits = { renewedAt: new Date(day(0)).toISOString() };
  expect(look(day(1), 'event')).toEqual({ member: false, due: day(10), stored: true });
  subject.traits = { renewedAt: new Date(day(-3)).toISOString() };
  expect(look(day(2), 'event')).toEqual({ member: false, due: day(7), stored: true });
});
