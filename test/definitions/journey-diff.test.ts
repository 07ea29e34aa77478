import { describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/core/time.ts';
import { diffJourneys } from '../../src/definitions/journey-diff.ts';
import { did, email, inApp, journey, member } from '../core/build.ts';

const before = journey(
  [
    { kind: 'wait', id: 'pause', for: HOUR },
    inApp('note'),
    { kind: 'wait-until', id: 'look', condition: did('Looked'), timeout: 2 * DAY, onTimeout: null },
    email('letter'),
  ],
  { goal: did('Bought') },
);

describe('two versions of a journey', () => {
  test('that are the same differ in nothing', () => {
    expect(diffJourneys(before, structuredClone(before))).toEqual({ fields: [], added: [], removed: [], changed: [] });
  });

  test('differ in steps that were put in and taken out, without a word about what they follow', () => {
    const after = journey(
      [
        { kind: 'wait', id: 'pause', for: HOUR },
        inApp('banner'),
        { kind: 'wait-until', id: 'look', condition: did('Looked'), timeout: 2 * DAY, onTimeout: null },
        email('letter'),
      ],
      { goal: did('Bought') },
    );
    expect(diffJourneys(before, after)).toEqual({
      fields: [],
      added: [{ id: 'banner', kind: 'in-app' }],
      removed: [{ id: 'note', kind: 'in-app' }],
      changed: [],
    });
  });

  test('differ in what a step does, in words', () => {
    const { pause, look, letter } = before.steps;
    if (pause?.kind !== 'wait' || look?.kind !== 'wait-until' || letter?.kind !== 'email') throw new Error('not these');
    const after = {
      ...before,
      steps: {
        ...before.steps,
        pause: { ...pause, for: 2 * HOUR },
        look: { ...look, condition: member('buyers') },
        letter: { ...letter, template: { ...letter.template, subject: 'Hello', html: `<p>${'x'.repeat(200)}</p>` } },
      },
    };
    expect(diffJourneys(before, after).changed).toEqual([
      { id: 'pause', kind: 'wait', fields: [{ field: 'for', before: '1h', after: '2h' }] },
      {
        id: 'look',
        kind: 'wait-until',
        fields: [{ field: 'condition', before: 'Looked', after: 'in the audience buyers' }],
      },
      {
        id: 'letter',
        kind: 'email',
        fields: [
          { field: 'template.subject', before: 'Subject of letter', after: 'Hello' },
          { field: 'template.html', before: null, after: null },
        ],
      },
    ]);
  });

  test('differ in entry, goal, exit, caps and hold-out', () => {
    const after = {
      ...before,
      enter: { by: 'audience', audience: 'buyers' } as const,
      goal: null,
      exit: { after: 20 * DAY, when: did('Left') },
      holdout: 0.1,
      caps: [{ atMost: 2, within: DAY }],
    };
    expect(diffJourneys(before, after).fields).toEqual([
      { field: 'enter.by', before: 'event', after: 'audience' },
      { field: 'enter.events', before: '{"names":["Signed Up"],"where":[]}', after: null },
      { field: 'enter.audience', before: null, after: 'buyers' },
      { field: 'goal', before: 'Bought', after: null },
      { field: 'exit.after', before: '14d', after: '20d' },
      { field: 'exit.when', before: null, after: 'Left' },
      { field: 'holdout', before: '0 %', after: '10 %' },
      { field: 'caps', before: '[]', after: '[{"atMost":2,"within":86400000}]' },
    ]);
  });
});
