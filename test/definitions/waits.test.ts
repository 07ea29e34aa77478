import { expect, test } from 'vitest';
import { messagesOf, SETTINGS, workspaceOf } from './folder.ts';

const journey = (...waits: string[]) =>
  `journey: a\nenter: { event: X }\nsteps:\n${waits.map((wait) => `  - wait: ${wait}\n`).join('')}`;

test('waits for a time of day, a weekday and a date reach the engine, and are named after it', async () => {
  const { journeys } = await workspaceOf({
    'a.yaml': journey(
      '90m',
      "{ until: '9:30' }",
      '{ until: tuesday 10:00 }',
      "{ until: { trait: createdAt, after: 7d, at: '8:00' } }",
      '{ until: { trait: createdAt } }',
    ),
  });
  expect(Object.values(journeys.a?.journey.steps ?? {}).map(({ next: _, ...step }) => step)).toEqual([
    { id: 'wait-90m', kind: 'wait', for: 5_400_000 },
    { id: 'wait-9-30', kind: 'wait', until: { by: 'clock', minute: 570 } },
    { id: 'wait-tuesday-10-00', kind: 'wait', until: { by: 'clock', minute: 600, day: 2 } },
    { id: 'wait-7d-after-createdat', kind: 'wait', until: { by: 'date', trait: 'createdAt', minute: 480, days: 7 } },
    { id: 'wait-createdat', kind: 'wait', until: { by: 'date', trait: 'createdAt' } },
  ]);
});

test('what cannot be waited for is refused, with what to write', async () => {
  const files = {
    'settings.yaml': SETTINGS,
    'a.yaml': journey(
      'soon',
      '{ until: noon }',
      '{ until: tuseday 10:00 }',
      '{ untill: 10:00 }',
      '{ until: { trait: createdAt, before: 1h, at: 8 } }',
      '{ until: { trait: createdAt, before: 1d, after: 1d } }',
    ),
  };
  expect(await messagesOf(files)).toEqual([
    'a.yaml:4:11  `wait` must be a duration such as `30m`, `12h` or `14 days`, not "soon".',
    'a.yaml:5:20  `until` must be a time of day such as `10:00`, or one of a weekday such as `tuesday 10:00`, not "noon".',
    'a.yaml:6:20  `until` must be a time of day such as `10:00`, or one of a weekday such as `tuesday 10:00`, not "tuseday 10:00".',
    'a.yaml:7:11  `until` is missing in `wait`.',
    'a.yaml:7:13  Unknown key `untill` in `wait`. Did you mean `until`?',
    'a.yaml:8:48  `before` must be whole days, such as `3d`, not "1h".',
    'a.yaml:8:56  `at` must be a time of day such as `9:00`, not 8.',
    'a.yaml:9:59  A date has `before` or `after`, and this has both.',
  ]);
});

test('a wait for an hour of the person takes a computed trait, or one that is sent', async () => {
  const { journeys } = await workspaceOf({
    'settings.yaml': 'settings: s\ntimezone: Etc/UTC\nsender: S <s@s.example>\ntraits: { best_hour: number }\n',
    'hour.yaml': 'trait: usual_hour\nusualHour: { event: [Opened, Clicked], within: 90d }\n',
    'a.yaml': journey('{ until: { hour: usual_hour, else: 10:00 } }', '{ until: { hour: best_hour } }'),
  });
  const steps = Object.values(journeys.a?.journey.steps ?? {}).map(({ next: _, ...step }) => step);
  expect(steps).toMatchObject([
    {
      id: 'wait-usual-hour',
      until: {
        by: 'hour',
        of: { fn: 'usualHour', events: { names: ['Opened', 'Clicked'] }, habit: { zone: 'Etc/UTC', atLeast: 3 } },
        otherwise: 600,
      },
    },
    { id: 'wait-best-hour', until: { by: 'hour', of: { kind: 'trait', path: 'best_hour' } } },
  ]);
});

test('and nothing that is no number', async () => {
  const files = {
    'hour.yaml': 'trait: usual_hour\nusualHour: { event: Opened, atLeast: 0 }\n',
    'a.yaml': journey(
      '{ until: { hour: plan } }',
      '{ until: { hour: usual_huor, else: noon } }',
      '{ until: { else: 10:00 } }',
      '{ until: { hour: plan, at: 9:00 } }',
      '{ until: { trait: createdAt, else: 9:00 } }',
    ),
  };
  expect(await messagesOf(files)).toEqual([
    'a.yaml:5:46  `else` must be a time of day such as `9:00`, not "noon".',
    'a.yaml:6:20  `until` must have `trait` for a date, or `hour`.',
    'a.yaml:7:38  `at` belongs to `trait`, and this has `hour`.',
    'a.yaml:8:46  `else` belongs to `hour`, and this has `trait`.',
    'hour.yaml:2:38  `atLeast` must be 1 or more, not 0.',
  ]);
  expect(await messagesOf({ 'a.yaml': journey('{ until: { hour: plan } }', '{ until: { hour: hours } }') })).toEqual([
    'a.yaml:4:28  `plan` is a string, and only numbers can be reckoned with.',
    'a.yaml:5:28  There is no trait `hours`. Declare it under `traits` in the settings.',
  ]);
});

test('nor what is no date of the person', async () => {
  const files = { 'a.yaml': journey('{ until: { trait: plan } }', '{ until: { trait: createdAtt } }') };
  expect(await messagesOf(files)).toEqual([
    'a.yaml:4:11  The trait `plan` is a string, and no date to wait for.',
    'a.yaml:5:11  There is no trait `createdAtt`. Did you mean `createdAt`?',
  ]);
});
