import { describe, expect, it } from 'vitest';
import { bucketOf } from '../../src/core/bucket.ts';

const people = Array.from({ length: 10_000 }, (_, index) => `person-${index}`);

describe('sticky chance', () => {
  it('is the same for ever: these values are part of what was promised to running experiments', () => {
    expect(
      ['ada', 'grace', 'Zoë', 'profile:17'].map((person) => bucketOf('welcome/hold-out', person)),
    ).toMatchInlineSnapshot(`
      [
        0.5673,
        0.7761,
        0.8757,
        0.3695,
      ]
    `);
  });

  it('is a number from 0 to below 1 in steps of 0.0001', () => {
    for (const person of people) {
      const bucket = bucketOf('welcome/hold-out', person);
      expect(bucket >= 0 && bucket < 1, `${person}: ${bucket}`).toBe(true);
      expect(bucket * 10_000).toBeCloseTo(Math.round(bucket * 10_000), 6);
    }
  });

  it('gives every tenth its tenth of 10,000 people, within three standard deviations', () => {
    const tenths = new Array<number>(10).fill(0);
    for (const person of people) {
      const tenth = Math.floor(bucketOf('welcome/test', person) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const size of tenths) expect(Math.abs(size - 1000)).toBeLessThan(3 * Math.sqrt(10_000 * 0.1 * 0.9));
  });

  it('of two experiments says nothing about each other', () => {
    const both = people.filter((person) => bucketOf('a/split', person) < 0.5 && bucketOf('b/split', person) < 0.5);
    expect(Math.abs(both.length - 2500)).toBeLessThan(3 * Math.sqrt(10_000 * 0.25 * 0.75));
  });

  it('keeps experiment and person apart', () => {
    expect(bucketOf('ab', 'c')).not.toBe(bucketOf('a', 'bc'));
  });
});
