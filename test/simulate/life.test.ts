import { describe, expect, it } from 'vitest';
import type { Journey } from '../../src/core/journey.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import type { Occasion, Persona } from '../../src/simulate/persona.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import type { SimulatedRun } from '../../src/simulate/simulation.ts';
import { email, filter, inApp, journey, T0 } from '../core/build.ts';
import { workspaceOf } from './free-to-paid.ts';

function ada(...events: Occasion[]): Persona {
  return { userId: 'ada', traits: { email: 'ada@example.com' }, start: T0, events };
}

function does(event: string, after: number, more: Partial<Extract<Occasion, { event: string }>> = {}): Occasion {
  return { event, at: { after }, properties: {}, ...more };
}

/** A message a day for a week, from the moment of signing up. */
function series(key: string, more: Partial<Journey> = {}): Journey {
  const days = [1, 2, 3].flatMap((day) => [
    inApp(`${key}-${day}`),
    { kind: 'wait' as const, id: `wait-${day}`, for: DAY },
  ]);
  return journey(days, { key, ...more });
}

const outcomes = (runs: readonly SimulatedRun[]) =>
  runs.flatMap(({ messages }) => messages.map(({ step, refusal }) => `${step}: ${refusal?.reason ?? 'sent'}`));

describe('all journeys of a workspace at once', () => {
  const workspace = workspaceOf([series('news'), series('offers', { priority: 50 })], {
    caps: [{ channel: 'in-app', atMost: 1, within: DAY }],
  });
  const persona = ada(does('Signed Up', 0));

  it('share its caps, and the higher priority comes first', () => {
    const { runs, others } = simulate({ workspace, journey: 'news', persona });
    expect(outcomes(others)).toEqual(['offers-1: sent', 'offers-2: sent', 'offers-3: sent']);
    expect(outcomes(runs)).toEqual(['news-1: cap', 'news-2: cap', 'news-3: cap']);
  });

  it('are not there where one alone is asked for', () => {
    const { runs, others } = simulate({ workspace, journey: 'news', persona, only: true });
    expect(others).toEqual([]);
    expect(outcomes(runs)).toEqual(['news-1: sent', 'news-2: sent', 'news-3: sent']);
  });

  it('start each other by what they do', () => {
    const thanks = journey([inApp('thanks')], {
      key: 'thanks',
      enter: {
        by: 'event',
        events: filter('In-App Message Sent', { where: [{ path: 'template', test: { op: 'is', value: 'news-2' } }] }),
      },
    });
    const { runs } = simulate({ workspace: workspaceOf([series('news'), thanks]), journey: 'thanks', persona });
    expect(runs.map(({ enteredAt, entry }) => [enteredAt, entry.event])).toEqual([[T0 + DAY, 'In-App Message Sent']]);
  });
});

describe('unsubscribing', () => {
  const letters = journey([email('one'), { kind: 'wait', id: 'wait', for: DAY }, email('two')]);
  const after = (unsubscribed_from: string) =>
    outcomes(
      simulate({
        workspace: workspaceOf([letters]),
        journey: 'welcome',
        persona: ada(
          does('Signed Up', 0),
          does('Unsubscribed', HOUR, { byEngine: true, properties: { unsubscribed_from } }),
        ),
      }).runs,
    );

  it('holds from its instant, for its category or for everything', () => {
    expect(after('marketing')).toEqual(['one: sent', 'two: suppressed']);
    expect(after('all')).toEqual(['one: sent', 'two: suppressed']);
    expect(after('billing')).toEqual(['one: sent', 'two: sent']);
  });
});
