/**
 * Chance that can be had again from its seed.
 * @module
 */

export interface Chance {
  /** In [0, 1). */
  next(): number;
  /** In [from, to). */
  between(from: number, to: number): number;
  shuffled<T>(values: readonly T[]): T[];
}

/** Marsaglia's xorshift on 32 bits, with the seed spread first so that neighbouring seeds differ from the start. */
export function chanceFrom(seed: number): Chance {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 8; warmUp += 1) next();
  return {
    next,
    between: (from, to) => from + next() * (to - from),
    shuffled: (values) =>
      values
        .map((value) => ({ value, rank: next() }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ value }) => value),
  };
}
