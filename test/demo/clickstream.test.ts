import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readClickstream, shopCalls } from '../../src/demo/clickstream.ts';

const HEAD = 'user_id,session_id,event,timestamp,platform,acquisition_channel,user_cohort,user_lifecycle';

describe("the shop's half year", () => {
  it('is 31,106 events of 600 people, in order, each call with an id of its own', async () => {
    const calls = await readClickstream();
    const events = calls.filter(({ type }) => type === 'track');
    expect(events).toHaveLength(31_106);
    expect(new Set(calls.map(({ userId }) => userId)).size).toBe(600);
    expect(new Set(calls.map(({ messageId }) => messageId)).size).toBe(calls.length);
    expect(calls.every(({ at }, index) => at >= (calls[index - 1]?.at ?? 0))).toBe(true);
    expect(new Date(calls[0]?.at ?? 0).toISOString().slice(0, 10)).toBe('2024-01-04');
    expect(new Date(calls.at(-1)?.at ?? 0).toISOString().slice(0, 10)).toBe('2024-06-29');
  });

  it('tells who a person is before anything the person does', async () => {
    const known = new Set<string>();
    for (const { type, userId } of await readClickstream()) {
      if (type === 'identify') known.add(userId);
      expect(known).toContain(userId);
    }
  });

  it('comes with the note and the licence it is under', async () => {
    const file = (name: string) => readFile(fileURLToPath(new URL(`../../data/${name}`, import.meta.url)), 'utf8');
    expect(await file('README.md')).toContain('Retentioneering');
    expect(await file('LICENSE')).toContain('Apache License');
  });
});

describe('a row', () => {
  it('becomes the event of the e-commerce specification, and says again who it is when a trait has changed', () => {
    const calls = shopCalls(
      [
        HEAD,
        'user_0001,s1,shipping_details,2024-02-01 10:00:00,mobile,email,2024-02,new',
        'user_0001,s1,purchase,2024-02-01 10:00:05,mobile,email,2024-02,new',
        'user_0001,s2,home,2024-03-01 10:00:00,mobile,email,2024-02,loyal',
      ].join('\n'),
    );
    expect(calls.map((call) => (call.type === 'track' ? call.event : call.traits.user_lifecycle))).toEqual([
      'new',
      'Checkout Step Completed',
      'Order Completed',
      'loyal',
      'Home Viewed',
    ]);
    expect(calls[0]).toMatchObject({
      userId: 'user_0001',
      at: Date.parse('2024-02-01T10:00:00Z'),
      messageId: 'shop-2-who',
      traits: { email: 'user_0001@shop.example', platform: 'mobile', acquisition_channel: 'email' },
    });
    expect(calls[1]).toMatchObject({
      messageId: 'shop-2',
      properties: { step: 'shipping', session_id: 's1', platform: 'mobile' },
    });
  });

  it('goes by its time, and of two in one second the one above comes first', () => {
    const row = (event: string, time: string) => `user_0001,s1,${event},2024-02-01 ${time},mobile,email,2024-02,new`;
    const calls = shopCalls(
      [HEAD, row('purchase', '10:00:01'), row('cart', '10:00:00'), row('home', '10:00:01')].join('\n'),
    );
    const events = calls.flatMap((call) => (call.type === 'track' ? [call.event] : []));
    expect(events).toEqual(['Cart Viewed', 'Order Completed', 'Home Viewed']);
  });

  it('that is not of this shop is an error that names it', () => {
    expect(() => shopCalls(`${HEAD}\nuser_0001,s1,teleport,2024-02-01 10:00:00,mobile,email,2024-02,new`)).toThrow(
      /Row 2 of the clickstream: .*is not an event of this shop.*event/s,
    );
  });
});
