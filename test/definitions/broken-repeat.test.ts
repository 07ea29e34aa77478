import { expect, test } from 'vitest';
import { messagesOf } from './folder.ts';

const journey = (repeat: string) => ({
  'a.yaml': `journey: a\nenter: { event: X }\nexit: { after: 60d }\nsteps:\n  - repeat: ${repeat}\n`,
});

test.each([
  ['no limit', '{ steps: [{ wait: 1d }] }', ['a.yaml:5:13  `atMost` is missing in `repeat`.']],
  [
    'a limit that is none',
    '{ atMost: 0, steps: [{ wait: 1d }] }',
    ['a.yaml:5:23  `atMost` must be at least 1, not 0.'],
  ],
  [
    'more rounds than anybody means',
    '{ atMost: 5000, steps: [{ wait: 1d }] }',
    ['a.yaml:5:23  `atMost` must be at most 1000, not 5000.'],
  ],
  ['no steps', '{ atMost: 3, steps: [] }', ['a.yaml:5:33  `steps` must hold at least one step.']],
  [
    'rounds that take no time',
    '{ atMost: 3, steps: [{ set-trait: { plan: pro } }] }',
    [
      'a.yaml:5:13  All rounds would be done at once: there is a way through the steps of this `repeat` without a wait. Put a `wait` among its steps.',
    ],
  ],
  [
    'a way through them that takes no time',
    '{ atMost: 3, steps: [{ branch: [{ if: { event: Y }, then: [{ wait: 1d }] }] }] }',
    [
      'a.yaml:5:13  All rounds would be done at once: there is a way through the steps of this `repeat` without a wait. Put a `wait` among its steps.',
    ],
  ],
  [
    'one round that outlasts the journey',
    '{ atMost: 3, steps: [{ wait: 40d }, { wait: 40d }] }',
    [
      'a.yaml:5:49  The waits up to here come to 80 days, and the journey ends after 60 days. Shorten the waits, or raise `after` in `exit`.',
    ],
  ],
])('%s', async (_name, repeat, messages) => {
  expect(await messagesOf(journey(repeat))).toEqual(messages);
});
