import { describe, expect, it } from 'vitest';
import type { Expression, Signal } from '../../src/core/condition.ts';
import { evaluateExpression, explainScore } from '../../src/core/evaluate.ts';
import { USUAL_DECAY } from '../../src/core/score.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { event, facts, filter, is, T0, trait } from './build.ts';

const limits: Signal = { name: 'limits', weight: 10, by: { events: filter('Limit Reached'), decay: USUAL_DECAY } };
const score = (...signals: Signal[]): Extract<Expression, { kind: 'score' }> => ({ kind: 'score', signals });
const hit = (...at: number[]) => facts({ events: at.map((one) => event('Limit Reached', one)) });

describe('a score', () => {
  it('gives full weight to 14 days, half to 30, a quarter to 60, and nothing after', () => {
    const at = (days: number) => evaluateExpression(score(limits), hit(T0), T0 + days * DAY);
    expect(at(0)).toEqual({ value: 10, until: T0 + 14 * DAY });
    expect(at(14 - 1 / 24)).toMatchObject({ value: 10 });
    expect(at(14)).toEqual({ value: 5, until: T0 + 30 * DAY });
    expect(at(30)).toEqual({ value: 2.5, until: T0 + 60 * DAY });
    expect(at(60)).toEqual({ value: 0, until: null });
  });

  it('halves by whole days, and is nothing after ten half-lives', () => {
    const halving = score({ ...limits, by: { events: filter('Limit Reached'), decay: { halfLife: 2 * DAY } } });
    const at = (ahead: number) => evaluateExpression(halving, hit(T0), T0 + ahead);
    expect(at(DAY - 1)).toEqual({ value: 10, until: T0 + DAY });
    expect(at(2 * DAY + HOUR)).toEqual({ value: 5, until: T0 + 3 * DAY });
    expect(at(20 * DAY)).toEqual({ value: 0, until: null });
  });

  it('is held to what a signal may give or take at most', () => {
    const capped = (weight: number) =>
      evaluateExpression(score({ ...limits, weight, most: 25 }), hit(T0, T0 + 1, T0 + 2), T0 + HOUR).value;
    expect(capped(10)).toBe(25);
    expect(capped(-10)).toBe(-25);
    expect(capped(8)).toBe(24);
  });

  it('says which signal gave how much, and when each changes next', () => {
    const onPlan: Signal = { name: 'plan', weight: 20, by: { condition: trait('plan', is('pro')) } };
    const known = { ...hit(T0, T0 + 20 * DAY), traits: { plan: 'pro' } };
    expect(explainScore(score(limits, onPlan), known, T0 + 21 * DAY)).toEqual({
      value: 35,
      until: T0 + 30 * DAY,
      signals: [
        { signal: 'limits', points: 15, found: 2, until: T0 + 30 * DAY },
        { signal: 'plan', points: 20, found: true, until: null },
      ],
    });
  });

  it('names the highest band that is reached', () => {
    const band = (value: number) =>
      evaluateExpression(
        {
          kind: 'band',
          of: { kind: 'constant', value },
          bands: [
            { name: 'hot', from: 60 },
            { name: 'warm', from: 30 },
          ],
        },
        facts(),
        T0,
      ).value;
    expect([29, 30, 60, 99].map(band)).toEqual([undefined, 'warm', 'hot', 'hot']);
  });
});
