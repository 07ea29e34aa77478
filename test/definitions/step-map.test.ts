import { describe, expect, test } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { formatProblem } from '../../src/definitions/problems.ts';
import { parseStepMap, type StepMapSurroundings } from '../../src/definitions/step-map.ts';
import { inApp, journey } from '../core/build.ts';

const before = journey([{ kind: 'wait', id: 'wait-1d', for: DAY }, inApp('old-note'), inApp('note')]);
const after = journey([
  { kind: 'wait', id: 'wait-3d', for: 3 * DAY },
  { kind: 'wait', id: 'note', for: DAY },
]);
const given: StepMapSurroundings = {
  journey: 'welcome',
  before: [before],
  after,
  standing: [
    { journey: before, step: 'wait-1d', people: 12 },
    { journey: before, step: null, people: 3 },
  ],
};

const parse = (text: string, more: Partial<StepMapSurroundings> = {}) =>
  parseStepMap('map.yaml', text, { ...given, ...more });
const problemsIn = (text: string, more?: Partial<StepMapSurroundings>) => {
  const parsed = parse(text, more);
  return 'problems' in parsed ? parsed.problems.map(formatProblem) : [];
};

describe('a map', () => {
  test('says by step where people go; whoever is past the last step may be named as `end`', () => {
    const text =
      'journey: welcome\nsteps:\n  wait-1d: wait-3d\n  old-note: out\n  note: end\n  end: stay\nothers: stay\n';
    expect(parse(text)).toEqual({
      map: {
        steps: { 'wait-1d': { to: 'wait-3d' }, 'old-note': 'out', note: { to: null } },
        end: 'stay',
        others: 'stay',
      },
    });
  });

  test('may name steps at which nobody stands', () => {
    expect(problemsIn('journey: welcome\nsteps: { wait-1d: wait-3d, old-note: note }\n')).toEqual([]);
  });
});

describe('what is wrong with a map is said with file, line and fix', () => {
  test.each([
    ['an empty file', '', 'map.yaml:1:1  The file is empty. A map has a `journey` and `steps`.'],
    [
      'a key that means nothing',
      'journey: welcome\nstep: {}\n',
      'map.yaml:2:1  Unknown key `step`. Did you mean `steps`?',
    ],
    [
      'another journey',
      'journey: farewell\nothers: stay\n',
      'map.yaml:1:10  The map is for `farewell`, not for `welcome`. Write `journey: welcome`, or migrate `farewell`.',
    ],
    [
      'a step there never was',
      'journey: welcome\nsteps:\n  wait-1f: wait-3d\nothers: stay\n',
      'map.yaml:3:3  No version of `welcome` has a step `wait-1f`. Did you mean `wait-1d`?',
    ],
    [
      'a step that the new version does not have',
      'journey: welcome\nsteps:\n  wait-1d: wait-4d\n',
      'map.yaml:3:12  The new version has no step `wait-4d`. Did you mean `wait-3d`?',
    ],
    [
      'a word that is none',
      'journey: welcome\nothers: go\n',
      'map.yaml:2:9  `others` must be `same`, `stay` or `out`, not "go".',
    ],
    [
      'people of whom it does not say where they go',
      'journey: welcome\nsteps:\n  old-note: out\n',
      'map.yaml:2:1  12 people stand at `wait-1d`, which the new version does not have, and the map does not say where they go. ' +
        'Name a step of the new version, `end`, `stay` or `out` for them, or say `others: stay`.',
    ],
  ])('%s', (_, text, problem) => {
    expect(problemsIn(text)).toEqual([problem]);
  });

  test('people at a step that is of another kind now', () => {
    const standing = [{ journey: before, step: 'note', people: 1 }];
    expect(problemsIn('journey: welcome\n', { standing })).toEqual([
      'map.yaml:1:1  1 person stands at `note`, which is of another kind now (wait), and the map does not say where they go. ' +
        'Name a step of the new version, `end`, `stay` or `out` for them, or say `others: stay`.',
    ]);
  });

  test('a step to go to, where the journey is gone', () => {
    expect(problemsIn('journey: welcome\nsteps:\n  wait-1d: note\n', { after: null })).toEqual([
      'map.yaml:3:12  `welcome` is not in the workspace any more, so nobody can go to `note`. Say `stay` or `out`.',
    ]);
  });

  test('a step that is called like a word of the map', () => {
    const odd = journey([{ kind: 'wait', id: 'out', for: DAY }]);
    expect(problemsIn('journey: welcome\nsteps:\n  wait-1d: out\n', { after: odd })).toEqual([
      'map.yaml:3:3  `out` is a word of the map, and a step is called so, too. Give that step another id.',
    ]);
  });
});
