import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendEvents } from '../../src/ingest/event-log.ts';
import { type IncomingEvent, putInInbox } from '../../src/ingest/inbox.ts';
import { backlog, nextStepDue, oldestWaitingCall } from '../../src/measurement/backlog.ts';
import { conversionByHoldout } from '../../src/measurement/conversion.ts';
import { journeyOutcomes } from '../../src/measurement/journey-outcomes.ts';
import { messagesByChannel, refusals } from '../../src/measurement/messages.ts';
import { audienceCrossings, countTrackedEvents, sentMessageIds } from '../../src/measurement/recorded.ts';
import { jsonb } from '../../src/store/columns.ts';
import type { Database } from '../../src/store/database.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { AT, addMessage, addPerson, addRun } from './rows.ts';

let database: TestDatabase;
let db: Database;

beforeEach(async () => {
  database = await testDatabase();
  db = database.db;
});
afterEach(() => database.drop());

function event(said: Partial<IncomingEvent>): IncomingEvent {
  const at = AT.toISOString();
  const base = { type: 'track', name: 'Looked', properties: {}, context: {}, occurredAt: at, receivedAt: at } as const;
  return { ...base, messageId: `m-${JSON.stringify(said)}`, ...said };
}

describe('how journeys went', () => {
  it('counts every run once, held out or not, by how it stands', async () => {
    await addRun(db, { journey: 'cart', person: 'p1', status: 'converted' });
    await addRun(db, { journey: 'cart', person: 'p1', visit: 1, status: 'active' });
    await addRun(db, { journey: 'cart', person: 'p2', heldOut: true, status: 'converted' });
    await addRun(db, { journey: 'cart', person: 'p3', heldOut: true, status: 'timed-out' });
    await addRun(db, { journey: 'quiet', person: 'p1', status: 'exited' });
    const none = { active: 0, converted: 0, exited: 0, 'timed-out': 0, completed: 0, merged: 0 };
    expect(await journeyOutcomes(db)).toEqual([
      { journey: 'cart', entries: 4, heldOut: 2, outcomes: { ...none, active: 1, converted: 2, 'timed-out': 1 } },
      { journey: 'quiet', entries: 1, heldOut: 0, outcomes: { ...none, exited: 1 } },
    ]);
  });

  it('is nothing before anybody entered', async () => {
    expect(await journeyOutcomes(db)).toEqual([]);
    expect(await conversionByHoldout(db)).toEqual([]);
    expect(await messagesByChannel(db)).toEqual([]);
    expect(await refusals(db)).toEqual([]);
  });
});

describe('messages', () => {
  it('are counted by channel and journey, each as what became of it', async () => {
    const cart = await addRun(db, { journey: 'cart', person: 'p1', status: 'active' });
    const quiet = await addRun(db, { journey: 'quiet', person: 'p1', status: 'active' });
    const sent = await addMessage(db, cart, 'email', 'sent');
    await addMessage(db, cart, 'email', 'reserved');
    await addMessage(db, cart, 'email', 'sending');
    await addMessage(db, cart, 'email', 'failed', { reason: 'channel', detail: '550 no such user' });
    await addMessage(db, cart, 'in-app', 'refused', { reason: 'held-out' });
    const other = await addMessage(db, quiet, 'email', 'sent');
    expect(await messagesByChannel(db)).toEqual([
      { channel: 'email', journey: 'cart', sent: 1, onTheWay: 2, refused: 0, failed: 1 },
      { channel: 'email', journey: 'quiet', sent: 1, onTheWay: 0, refused: 0, failed: 0 },
      { channel: 'in-app', journey: 'cart', sent: 0, onTheWay: 0, refused: 1, failed: 0 },
    ]);
    expect((await sentMessageIds(db, 'email')).sort()).toEqual([sent, other].sort());
    expect((await backlog(db)).onTheWay).toBe(2);
  });

  it('that were refused, and entries that were, are counted by why, whatever instant the reason names', async () => {
    const cart = await addRun(db, { journey: 'cart', person: 'p1', status: 'active' });
    for (let time = 0; time < 3; time += 1) await addMessage(db, cart, 'email', 'refused', { reason: 'held-out' });
    await addMessage(db, cart, 'email', 'failed', { reason: 'channel', detail: '550 no such user' });
    await db
      .insertInto('entry_refusals')
      .values(
        ['2024-02-03', '2024-02-04'].map((day) => ({
          journey: 'cart',
          profile_id: 1,
          at: AT,
          reason: `entered before, and not again until ${day}T00:00:00.000Z`,
        })),
      )
      .execute();
    expect(await refusals(db)).toEqual([
      { journey: 'cart', what: 'message', reason: 'held-out', count: 3 },
      { journey: 'cart', what: 'entry', reason: 'entered before, and not again yet', count: 2 },
      { journey: 'cart', what: 'message', reason: 'channel', count: 1 },
    ]);
  });
});

describe('conversion of treated against held out', () => {
  it('counts a person once, as converted if any of the runs was', async () => {
    await addRun(db, { journey: 'cart', person: 'p1', status: 'timed-out' });
    await addRun(db, { journey: 'cart', person: 'p1', visit: 1, status: 'converted' });
    await addRun(db, { journey: 'cart', person: 'p1', visit: 2, status: 'converted' });
    await addRun(db, { journey: 'cart', person: 'p2', status: 'active' });
    await addRun(db, { journey: 'cart', person: 'p3', heldOut: true, status: 'timed-out' });
    const [cart] = await conversionByHoldout(db);
    expect(cart).toMatchObject({ treated: { of: 2, converted: 1 }, heldOut: { of: 1, converted: 0 }, tooFew: true });
    expect(cart?.lift?.difference).toBeCloseTo(0.5);
  });

  it('has no lift where nobody is held out, and is enough from five on either side', async () => {
    for (let person = 1; person <= 10; person += 1) {
      const status = person <= 5 ? 'converted' : 'timed-out';
      await addRun(db, { journey: 'quiet', person: `p${person}`, status });
      await addRun(db, { journey: 'cart', person: `p${person}`, status });
      await addRun(db, { journey: 'cart', person: `p${person + 10}`, heldOut: true, status });
    }
    const [cart, quiet] = await conversionByHoldout(db);
    expect(cart).toMatchObject({ journey: 'cart', tooFew: false, lift: { difference: 0 } });
    expect(quiet).toMatchObject({ journey: 'quiet', lift: null, heldOut: { of: 0, converted: 0 } });
  });
});

describe('what is under way', () => {
  it("tells calls from outside from the engine's own reports", async () => {
    const late = new Date(AT.getTime() + 1_000).toISOString();
    await putInInbox(db, [
      event({ userId: 'ada', occurredAt: late }),
      event({ userId: 'ada', type: 'identify', occurredAt: late }),
      event({ profileId: 7 }),
    ]);
    expect(await backlog(db)).toEqual({ calls: 2, events: 1, reports: 1, outbox: 0, onTheWay: 0 });
    expect(await oldestWaitingCall(db)).toBe(Date.parse(late));
  });

  it('knows the step that is due first, whether a run waits for it or stands before it', async () => {
    const at = AT.getTime();
    const waiting = { phase: 'waiting', step: 'wait', at, until: at + 5_000, visit: 0 } as const;
    await addRun(db, { journey: 'cart', person: 'p1', status: 'active', cursor: waiting });
    await addRun(db, { journey: 'cart', person: 'p2', status: 'converted' });
    const delivering = { phase: 'delivering', step: 'mail', at: at + 1, visit: 0 } as const;
    await addRun(db, { journey: 'cart', person: 'p3', status: 'active', cursor: delivering });
    expect(await nextStepDue(db)).toBe(at + 5_000);
    const ready = { phase: 'ready', step: 'mail', at: at + 3_000, visit: 0 } as const;
    await addRun(db, { journey: 'cart', person: 'p4', status: 'active', cursor: ready });
    expect(await nextStepDue(db)).toBe(at + 3_000);
    expect(await nextStepDue(db, at + 3_000)).toBe(at + 5_000);
    expect(await nextStepDue(db, at + 5_000)).toBeNull();
  });

  it('is nothing in an engine at rest', async () => {
    expect(await nextStepDue(db)).toBeNull();
    expect(await backlog(db)).toEqual({ calls: 0, events: 0, reports: 0, outbox: 0, onTheWay: 0 });
    expect(await oldestWaitingCall(db)).toBeNull();
  });
});

describe('what is on record', () => {
  it('names people as the caller does, up to an instant and including it', async () => {
    const ada = await addPerson(db, 'ada');
    const row = { profile_id: ada, audience: 'open-cart', cause: 'event', because: null, recorded_at: AT } as const;
    await db
      .insertInto('audience_changes')
      .values([
        { ...row, entered: true, at: AT },
        { ...row, entered: false, at: new Date(AT.getTime() + 1) },
      ])
      .execute();
    const entry = { userId: 'ada', audience: 'open-cart', entered: true, at: AT.getTime() };
    expect(await audienceCrossings(db, AT.getTime())).toEqual([entry]);
    expect(await audienceCrossings(db, AT.getTime() + 1)).toEqual([
      entry,
      { ...entry, entered: false, at: AT.getTime() + 1 },
    ]);
  });

  it('counts what people did, not what the engine reports nor what is told of people', async () => {
    const logged = (said: { type?: 'track' | 'identify'; byEngine?: boolean }, messageId: string) => ({
      ...{ profileId: 1, name: 'Looked', type: 'track' as const, byEngine: false, at: AT.getTime() },
      ...{ receivedAt: AT.toISOString(), messageId, properties: jsonObject(), context: jsonObject() },
      ...said,
    });
    await appendEvents(db, [logged({}, 'a'), logged({ type: 'identify' }, 'b'), logged({ byEngine: true }, 'c')]);
    expect(await countTrackedEvents(db)).toBe(1);
  });
});

function jsonObject() {
  return JSON.parse(jsonb({}));
}
