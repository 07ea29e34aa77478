import { describe, expect, test } from 'vitest';
import type { ExperimentStep } from '../../src/core/experiment.ts';
import type { Journey } from '../../src/core/journey.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { EMAIL, SETTINGS, workspaceOf } from './folder.ts';

async function journeyOf(yaml: string, settings = SETTINGS): Promise<Journey> {
  const { journeys } = await workspaceOf({
    'settings.yaml': settings,
    'a.yaml': `journey: a\nenter: { event: Started }\n${yaml}`,
    'e.mjml': EMAIL,
    'f.mjml': EMAIL.replace('email: hello', 'email: hi'),
  });
  const version = journeys.a;
  if (version === undefined) throw new Error('There is no journey');
  return version.journey;
}

describe('an experiment', () => {
  test('has variants that are one step each, of equal shares, and rejoin', async () => {
    const { first, steps } = await journeyOf(`steps:
  - experiment: tone
    variants:
      friendly: { email: hello }
      short: { email: hi }
      none: { steps: [] }
  - wait: 1h
`);
    expect(first).toBe('experiment-tone');
    const third = 1 / 3;
    expect(steps['experiment-tone']).toEqual({
      ...{ id: 'experiment-tone', kind: 'experiment', name: 'tone', control: 'friendly', next: 'wait-1h' },
      variants: [
        { name: 'friendly', share: third, then: 'email-hello' },
        { name: 'short', share: third, then: 'email-hi' },
        { name: 'none', share: third, then: 'wait-1h' },
      ],
    } satisfies ExperimentStep);
    expect(steps['email-hello']).toMatchObject({ next: 'wait-1h' });
    expect(steps['email-hi']).toMatchObject({ next: 'wait-1h' });
  });

  test('of paths has steps in its variants, of timing just waits; a step in a variant may have an id', async () => {
    const { steps } = await journeyOf(`steps:
  - experiment: path
    control: short
    variants:
      long: { share: 1%, steps: [{ wait: 1h }, { email: hello }] }
      short: { share: 99%, id: brief, email: hi, stopped: true }
  - id: when
    experiment: timing
    variants:
      early: { wait: 2h }
      late: { wait: 1d, stopped: go-over }
`);
    expect(Object.keys(steps)).toEqual([
      'experiment-path',
      'wait-1h',
      'email-hello',
      'brief',
      'when',
      'wait-2h',
      'wait-1d',
    ]);
    expect(steps['experiment-path']).toMatchObject({
      control: 'short',
      variants: [
        { name: 'long', share: 0.01, then: 'wait-1h' },
        { name: 'short', share: 0.99, then: 'brief', stopped: 'stay' },
      ],
    });
    expect(steps.when).toMatchObject({ variants: [{ share: 0.5 }, { then: 'wait-1d', stopped: 'go-over' }] });
    expect(steps['wait-1d']).toMatchObject({ kind: 'wait', for: DAY, next: null });
  });

  test('has a winner by its rule, with what is usual where nothing is said', async () => {
    const rule = async (winner: string) => {
      const { steps } = await journeyOf(`goal: { event: Y }
exit: { after: 10d }
steps:
  - experiment: tone
    variants: { one: { email: hello }, two: { email: hi } }
    winner: ${winner}
`);
      return (steps['experiment-tone'] as ExperimentStep).winner;
    };
    expect(await rule('{ by: conversion, after: 500 }')).toEqual({
      ...{ by: 'conversion', after: 500, confidence: 0.95, within: 10 * DAY },
    });
    expect(await rule('{ by: click, after: 500, confidence: 99% }')).toMatchObject({
      confidence: 0.99,
      within: 3 * DAY,
    });
    expect(await rule('{ by: click, after: 500, within: 12h }')).toMatchObject({ within: 12 * HOUR });
  });
});

test('the hold-out of all journeys, the ramp and the value stand in the journey, and only where they are given', async () => {
  const plain = await journeyOf('goal: { event: Y }\nsteps: [{ wait: 1h }]\n');
  expect(Object.keys(plain).filter((key) => ['holdoutEverywhere', 'ramp', 'value'].includes(key))).toEqual([]);
  const given = await journeyOf(
    'goal: { event: Y }\nvalue: total\nramp: 2.5%\nsteps: [{ wait: 1h }]\n',
    `${SETTINGS}holdout: 5%\n`,
  );
  expect(given).toMatchObject({ value: 'total', ramp: 0.025, holdoutEverywhere: 0.05, holdout: 0 });
});
