import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { takeOne, usedUpOffers } from '../../src/runs/offer-stock.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.deleteFrom('offer_stock').execute();
});

const stocked = (limit: number, publicationId = 1) => ({ offer: 'first', limit, publicationId });
const take = (limit: number, publicationId?: number) =>
  database.db.transaction().execute((tx) => takeOne(tx, stocked(limit, publicationId)));
const takeMany = async (people: number, limit: number, publicationId?: number) => {
  const taken = await Promise.all(Array.from({ length: people }, () => take(limit, publicationId)));
  return taken.filter(Boolean).length;
};

async function given(): Promise<number> {
  const rows = await database.db.selectFrom('offer_stock').select('taken').execute();
  return rows.reduce((sum, { taken }) => sum + taken, 0);
}

describe('a limited offer', () => {
  test.each([1, 7, 16, 40])('of %i is given to exactly so many, however many want it at once', async (limit) => {
    expect(await takeMany(limit + 30, limit)).toBe(limit);
    expect(await given()).toBe(limit);
    expect(await usedUpOffers(database.db, ['first'], 1)).toEqual(new Set(['first']));
  });

  test('is given to others where it was given back', async () => {
    const giveBack = database.db.transaction().execute(async (tx) => {
      await takeOne(tx, stocked(1));
      throw new Error('changed my mind');
    });
    await expect(giveBack).rejects.toThrow('changed my mind');
    expect(await takeMany(3, 1)).toBe(1);
  });

  test('is taken by two at the same moment without one waiting for the other', async () => {
    await take(100);
    let second = false;
    await database.db.transaction().execute(async (tx) => {
      await takeOne(tx, stocked(100));
      second = await take(100);
    });
    expect(second).toBe(true);
  });

  test('of which all that is left is in the hands of others is waited for', async () => {
    const order: string[] = [];
    let waiting: Promise<boolean> = Promise.resolve(false);
    await database.db
      .transaction()
      .execute(async (tx) => {
        await takeOne(tx, stocked(1));
        waiting = take(1).then((taken) => {
          order.push('waited');
          return taken;
        });
        await new Promise((resolve) => setTimeout(resolve, 200));
        order.push('gave back');
        throw new Error('back');
      })
      .catch(() => undefined);
    expect(await waiting).toBe(true);
    expect(order).toEqual(['gave back', 'waited']);
  });
});

describe('the limit is what was published last', () => {
  test('raised, as many more are given', async () => {
    expect(await takeMany(15, 10)).toBe(10);
    expect(await takeMany(20, 25, 2)).toBe(15);
  });

  test('lowered, none is given beyond it', async () => {
    expect(await takeMany(20, 100)).toBe(20);
    expect(await takeMany(20, 30, 2)).toBe(10);
    expect(await takeMany(5, 10, 3)).toBe(0);
    expect(await given()).toBe(30);
  });

  test('whoever still goes by an older publication changes nothing of that', async () => {
    expect(await takeMany(5, 10, 2)).toBe(5);
    expect(await takeMany(20, 100, 1)).toBe(5);
  });

  test('whatever is published while many take: never more than the highest limit so far', async () => {
    const wanted = [20, 35, 10, 50, 30].map((limit, index) => takeMany(12, limit, index + 1));
    const total = (await Promise.all(wanted)).reduce((sum, taken) => sum + taken, 0);
    expect(total).toBeLessThanOrEqual(50);
    expect(await given()).toBe(total);
  });
});
