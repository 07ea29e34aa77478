import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AssignedBy, assign, type ExperimentStep } from '../../src/core/experiment.ts';
import { interpret, open } from '../../src/core/interpret.ts';
import type { Variant } from '../../src/core/journey.ts';
import { given, inApp, journey, T0 } from './build.ts';

const people = Array.from({ length: 10_000 }, (_, index) => `person-${index}`);

function variant(name: string, share: number, stopped?: Variant['stopped']): Variant {
  return { name, share, then: null, ...(stopped !== undefined && { stopped }) };
}

function experiment(...variants: Variant[]): ExperimentStep {
  return { id: 'tone', kind: 'experiment', next: null, name: 'tone', control: variants[0]?.name ?? '', variants };
}

const half = experiment(variant('a', 0.5), variant('b', 0.5));
const nameFor = (step: ExperimentStep, person: string) => assign('welcome', step, person, {}).variant.name;

/** Within four standard deviations. */
function expectShare(count: number, of: number, share: number): void {
  expect(Math.abs(count - of * share)).toBeLessThan(4 * Math.sqrt(of * share * (1 - share)) + 1e-9);
}

describe('a variant', () => {
  it('is the same for ever: these are part of what was promised to running experiments', () => {
    const thirds = experiment(variant('a', 0.3), variant('b', 0.3), variant('c', 0.4));
    expect(['ada', 'grace', 'Zoë', 'profile:17'].map((person) => nameFor(thirds, person))).toMatchInlineSnapshot(`
      [
        "b",
        "b",
        "a",
        "b",
      ]
    `);
  });

  it('gets its share of 10,000 people', () => {
    const step = experiment(variant('a', 0.01), variant('b', 0.29), variant('c', 0.7));
    for (const { name, share } of step.variants)
      expectShare(people.filter((person) => nameFor(step, person) === name).length, people.length, share);
  });

  it('says nothing about the hold-out, nor about another experiment', () => {
    const other: ExperimentStep = { ...half, name: 'timing' };
    const both = people.filter((person) => nameFor(half, person) === 'a' && nameFor(other, person) === 'a');
    expectShare(both.length, people.length, 0.25);
  });

  it('goes with the name of the experiment, not with the step', () => {
    const moved: ExperimentStep = { ...half, id: 'elsewhere' };
    expect(people.every((person) => nameFor(half, person) === nameFor(moved, person))).toBe(true);
  });
});

const someShares = fc
  .array(fc.nat({ max: 10 }), { minLength: 3, maxLength: 3 })
  .filter((parts) => parts.some((part) => part > 0))
  .map((parts) => {
    const whole = parts.reduce((sum, part) => sum + part, 0);
    return parts.map((part) => part / whole);
  });
const someStops = fc.array(fc.constantFrom(undefined, undefined, 'stay' as const, 'go-over' as const), {
  minLength: 3,
  maxLength: 3,
});
/** One version of the experiment after another, and who visits it under each. */
const history = fc.array(
  fc.record({ shares: someShares, stops: someStops, visitors: fc.array(fc.nat({ max: 60 }), { maxLength: 40 }) }),
  { minLength: 1, maxLength: 8 },
);

describe('as shares change from version to version and variants are stopped', () => {
  it('nobody moves but those whose variant sends them on, and nobody new gets what is stopped or has no share', () => {
    fc.assert(
      fc.property(history, (versions) => {
        const had = new Map<string, string>();
        for (const { shares, stops, visitors } of versions) {
          const variants = ['a', 'b', 'c'].map((name, index) => variant(name, shares[index] ?? 0, stops[index]));
          if (!variants.some(({ share, stopped }) => share > 0 && stopped === undefined)) continue;
          const step = experiment(...variants);
          for (const person of visitors.map((visitor) => `p${visitor}`)) {
            const before = had.get(person);
            const assigned = new Map(before === undefined ? [] : [['tone', before]]);
            const got = assign('welcome', step, person, { assigned });
            const goesOver = variants.some(({ name, stopped }) => name === before && stopped === 'go-over');
            if (before !== undefined && !goesOver) expect([got.variant.name, got.by]).toEqual([before, 'before']);
            else {
              expect(got.by).toBe('chance');
              expect(got.variant.stopped).toBeUndefined();
              expect(got.variant.share).toBeGreaterThan(0);
            }
            had.set(person, got.variant.name);
          }
        }
      }),
    );
  });

  it('those who are new fill the difference: from 1% to all, each time by the shares in force', () => {
    const had = new Map<string, string>();
    let next = 0;
    for (const share of [0.01, 0.1, 0.5, 1]) {
      const step = experiment(variant('old', 1 - share), variant('new', share));
      const arriving = people.slice(next, next + 2_500);
      next += arriving.length;
      const kept = new Map(had);
      for (const person of people.slice(0, next)) {
        const before = had.get(person);
        const assigned = new Map(before === undefined ? [] : [['tone', before]]);
        had.set(person, assign('welcome', step, person, { assigned }).variant.name);
      }
      for (const [person, before] of kept) expect(had.get(person)).toBe(before);
      expectShare(arriving.filter((person) => had.get(person) === 'new').length, arriving.length, share);
    }
  });

  it('stopping a variant changes the lot of nobody else, and its share goes to the others by theirs', () => {
    const before = experiment(variant('a', 0.5), variant('b', 0.1), variant('c', 0.4));
    const after = experiment(variant('a', 0.5, 'stay'), variant('b', 0.1), variant('c', 0.4));
    const orphans = people.filter((person) => nameFor(before, person) === 'a');
    for (const person of people)
      if (!orphans.includes(person)) expect(nameFor(after, person)).toBe(nameFor(before, person));
    expectShare(orphans.filter((person) => nameFor(after, person) === 'b').length, orphans.length, 0.2);
  });
});

describe('a variant that won', () => {
  const winners = new Map([['tone', 'b']]);
  const byWinner = (step: ExperimentStep, before?: string) => {
    const assigned = new Map(before === undefined ? [] : [['tone', before]]);
    const { variant: got, by } = assign('welcome', step, 'ada', { assigned, winners });
    return [got.name, by] satisfies [string, AssignedBy];
  };

  it('is what everybody new gets, and those who have another keep it', () => {
    expect(byWinner(half)).toEqual(['b', 'winner']);
    expect(byWinner(half, 'a')).toEqual(['a', 'before']);
  });

  it('is what those get who are sent on from a variant that was stopped', () => {
    const stopped = experiment(variant('a', 0.5, 'go-over'), variant('b', 0.5));
    expect(byWinner(stopped, 'a')).toEqual(['b', 'winner']);
  });

  it('is no more, where this version of the journey does not have it or has stopped it', () => {
    expect(byWinner(experiment(variant('a', 0.5), variant('c', 0.5)))[1]).toBe('chance');
    expect(byWinner(experiment(variant('a', 0.5), variant('b', 0.5, 'stay')))).toEqual(['a', 'chance']);
  });
});

describe('an experiment in a run', () => {
  const first: ExperimentStep = {
    ...experiment({ ...variant('a', 0.5), then: 'one' }, { ...variant('b', 0.5), then: 'two' }),
    id: 'tone',
  };
  const welcome = journey([first, { ...inApp('one'), next: null }, { ...inApp('two'), next: null }]);
  const start = open(welcome, T0).cursor;

  it('is logged with the variant and why it is this one', () => {
    const assigned = new Map([['tone', 'b']]);
    expect(interpret(welcome, start, given({ experiments: { assigned } }), T0).log.slice(0, 2)).toEqual([
      {
        ...{ step: 'tone', kind: 'experiment', at: T0, visit: 0, did: 'took', way: 'b' },
        experiment: { name: 'tone', by: 'before' },
      },
      { step: 'two', kind: 'in-app', at: T0, visit: 1, did: 'acted' },
    ]);
  });

  it('gives people who are held out a variant as well, so that they can be held against it', () => {
    const { log } = interpret(welcome, start, given({ heldOut: true }), T0);
    expect(log[0]).toMatchObject({ did: 'took', experiment: { name: 'tone', by: 'chance' } });
    expect(log[1]).toMatchObject({ did: 'refused', refusal: { reason: 'held-out' }, at: T0 });
  });

  it('visited twice in one move gives the same twice', () => {
    const again: ExperimentStep = { ...experiment({ ...variant('a', 1), then: null }, variant('b', 0)), id: 'again' };
    const twice = journey([
      {
        ...first,
        variants: [
          { ...variant('a', 0), then: 'again' },
          { ...variant('b', 1), then: 'again' },
        ],
      },
      again,
    ]);
    const { log } = interpret(twice, open(twice, T0).cursor, given(), T0);
    expect(log.flatMap((entry) => (entry.did === 'took' ? [entry.way] : []))).toEqual(['b', 'b']);
  });
});
