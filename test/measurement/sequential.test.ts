import { describe, expect, it } from 'vitest';
import { chanceFrom } from '../../bench/harness/random.ts';
import { type Arm, alwaysValidP, winnerOf } from '../../src/measurement/sequential.ts';
import { chanceOfDifference } from '../../src/measurement/strata.ts';

interface Trial {
  /** Of each variant, its part of people and how many of those convert. */
  readonly variants: readonly { readonly share: number; readonly rate: number }[];
  readonly after: number;
  /** In all. */
  readonly people: number;
}

/** Lets people come in one by one and looks after each; returns the variant that is first held to be the winner. */
function firstWinner({ variants, after, people }: Trial, next: () => number, confidence = 0.95): number | null {
  const arms = variants.map((_, index) => ({ variant: String(index), of: 0, converted: 0 }) satisfies Arm);
  for (let person = 0; person < people; person += 1) {
    const drawn = next();
    let reached = 0;
    const index = variants.findIndex(({ share }) => {
      reached += share;
      return drawn < reached;
    });
    const arm = arms[index] ?? arms.at(-1);
    if (arm === undefined) continue;
    arm.of += 1;
    if (next() < (variants[index]?.rate ?? 0)) arm.converted += 1;
    const winner = winnerOf(arms, { after, confidence })?.winner;
    if (winner !== undefined) return Number(winner);
  }
  return null;
}

const ROUNDS = 500;
const even = (rate: number) => [
  { share: 0.5, rate },
  { share: 0.5, rate },
];

describe('a winner picked while looking after every single person', () => {
  it.each([
    ['rare conversions', { variants: even(0.02), after: 200, people: 6_000 }],
    ['usual conversions', { variants: even(0.1), after: 100, people: 4_000 }],
    ['clicks of every other', { variants: even(0.5), after: 50, people: 4_000 }],
    [
      'one variant with a tenth of the people',
      {
        variants: [
          { share: 0.1, rate: 0.08 },
          { share: 0.9, rate: 0.08 },
        ],
        after: 60,
        people: 6_000,
      },
    ],
    ['four variants', { variants: [0, 1, 2, 3].map(() => ({ share: 0.25, rate: 0.1 })), after: 100, people: 4_000 }],
  ] satisfies [string, Trial][])(
    'where there is no difference, is wrong in fewer than 5 of 100 cases: %s',
    (_, trial) => {
      const { next } = chanceFrom(41);
      let wrong = 0;
      for (let round = 0; round < ROUNDS; round += 1) if (firstWinner(trial, next) !== null) wrong += 1;
      expect(wrong / ROUNDS).toBeLessThan(0.05);
    },
  );

  it('is found, and is the better one, where there is a difference', () => {
    const { next } = chanceFrom(5);
    const trial: Trial = {
      variants: [
        { share: 0.5, rate: 0.1 },
        { share: 0.5, rate: 0.15 },
      ],
      after: 200,
      people: 6_000,
    };
    const found = Array.from({ length: 200 }, () => firstWinner(trial, next));
    expect(found.filter((winner) => winner === 1).length).toBeGreaterThan(190);
    expect(found.filter((winner) => winner === 0).length).toBe(0);
  });

  it('would be wrong far more often by the usual p-value', () => {
    const { next } = chanceFrom(6);
    let wrong = 0;
    for (let round = 0; round < 200; round += 1) {
      const [a, b] = [
        { of: 0, converted: 0 },
        { of: 0, converted: 0 },
      ];
      for (let person = 0; person < 4_000; person += 1) {
        const one = person % 2 === 0 ? a : b;
        one.of += 1;
        if (next() < 0.1) one.converted += 1;
        if (person >= 200 && (chanceOfDifference([{ a, b }]) ?? 1) < 0.05) {
          wrong += 1;
          break;
        }
      }
    }
    expect(wrong / 200).toBeGreaterThan(0.2);
  });
});

describe('a winner', () => {
  const arm = (variant: string, converted: number, of: number): Arm => ({ variant, converted, of });
  const rule = { after: 1_000, confidence: 0.95 };

  it('comes with what it was decided by', () => {
    const found = winnerOf([arm('a', 100, 1_000), arm('b', 180, 1_000)], rule);
    expect(found).toMatchObject({ winner: 'b', needed: expect.closeTo(0.05) });
    expect(found?.pValue).toBeCloseTo(alwaysValidP(arm('b', 180, 1_000), arm('a', 100, 1_000), 2_000, 0.05), 12);
    expect(found?.pValue).toBeLessThan(0.001);
  });

  it('has to be better than each of the others, each surer than two alone would have to be', () => {
    const [a, b, c] = [arm('a', 100, 1_000), arm('b', 180, 1_000), arm('c', 176, 1_000)];
    expect(winnerOf([a, b, c], rule)).toBeNull();
    expect(winnerOf([a, b, arm('c', 100, 1_000)], rule)?.needed).toBeCloseTo(0.05 / 3);
  });

  it('is none before enough people got each variant, nor where there is nothing to compare', () => {
    expect(winnerOf([arm('a', 10, 999), arm('b', 500, 1_000)], rule)).toBeNull();
    expect(winnerOf([arm('a', 10, 1_000)], rule)).toBeNull();
    expect(winnerOf([arm('a', 0, 1_000), arm('b', 9, 1_000)], rule)).toBeNull();
    expect(winnerOf([arm('a', 1_000, 1_000), arm('b', 1_000, 1_000)], rule)).toBeNull();
  });
});
