import { expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/core/time.ts';
import { formatProblem } from '../../src/definitions/problems.ts';
import { jsonSchemas, KIND_NAMES } from '../../src/definitions/schema.ts';
import { loadWorkspace } from '../../src/definitions/workspace.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';

async function shipped(folder: string): Promise<Workspace> {
  const loaded = await loadWorkspace(folder);
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded.workspace;
}

test('the shop’s workspace has the journeys that the demo runs', async () => {
  const { journeys, audiences, computedTraits, settings } = await shipped('journeys');
  expect(Object.keys(journeys)).toEqual([
    'cart-recovery',
    'free-to-paid',
    'gone-quiet',
    'payment-trouble',
    'wish-list-nudge',
  ]);
  expect(Object.keys(audiences)).toContain('open-support-ticket');
  expect(Object.keys(computedTraits)).toEqual(
    expect.arrayContaining([
      'exports_last_30_days',
      'invites_sent_last_14_days',
      'premium_feature_attempts',
      'usage_ratio',
      'account_age_days',
    ]),
  );
  expect(settings.caps).toEqual([
    { channel: 'email', atMost: 3, within: 7 * DAY },
    { atMost: 5, within: 7 * DAY },
  ]);
});

test('free-to-paid is the journey of the design', async () => {
  const { journeys } = await shipped('journeys');
  expect(journeys['free-to-paid']?.journey).toMatchObject({
    enter: { by: 'audience', audience: 'high-intent-free-users' },
    again: { after: 90 * DAY },
    goal: { kind: 'events', events: { names: ['Account Upgraded'], since: 'entry' } },
    exit: { after: 14 * DAY, when: { kind: 'audience', key: 'open-support-ticket' } },
    holdout: 0.1,
    first: 'wait-1h',
    steps: {
      'wait-1h': { for: HOUR, next: 'branch-upgrade-page-viewed' },
      'branch-upgrade-page-viewed': {
        branches: [{ if: { events: { within: 7 * DAY } }, then: 'sales-task-upgrade-conversation' }],
        otherwise: 'in-app-unlock-exports',
      },
      'sales-task-upgrade-conversation': { next: 'email-upgrade-direct', template: { dueAfter: 2 * DAY } },
      'email-upgrade-direct': { next: null },
      'in-app-unlock-exports': { next: null },
    },
  });
});

test.each(['email', 'in-app'])('the reference journey by %s is as the design fixes it', async (channel) => {
  const { journeys, settings } = await shipped('bench/workspace');
  expect(settings.caps).toEqual([]);
  expect(journeys[`reference-${channel}`]?.journey).toMatchObject({
    enter: {
      by: 'event',
      events: { names: ['Reference Started'], where: [{ path: 'channel', test: { op: 'is', value: channel } }] },
    },
    again: 'always',
    goal: { events: { names: ['Reference Converted'], since: 'entry' } },
    exit: { after: 14 * DAY, when: null },
    holdout: 0,
    caps: [],
    steps: {
      'wait-1h': { for: HOUR, next: 'branch-reference-viewed' },
      'branch-reference-viewed': {
        branches: [{ if: { events: { within: 7 * DAY } }, then: `${channel}-reference-viewed` }],
        otherwise: `${channel}-reference-not-viewed`,
      },
    },
  });
});

test('fifty journeys want the same person where only one message may go', async () => {
  const { journeys, settings } = await shipped('bench/workspace-caps');
  expect(Object.keys(journeys)).toHaveLength(50);
  expect(settings.caps).toEqual([{ atMost: 1, within: 30 * DAY }]);
});

test('every email of the shop has a text part in which the Liquid still stands', async () => {
  const { journeys } = await shipped('journeys');
  const emails = Object.values(journeys).flatMap(({ journey }) =>
    Object.values(journey.steps).flatMap((step) => (step.kind === 'email' ? [step.template] : [])),
  );
  expect(emails.length).toBeGreaterThan(4);
  for (const { text, html, from } of emails) {
    expect(text).toContain('Hi {{ person.firstName | default: "there" }},');
    expect(text).toContain('Unsubscribe <{{ unsubscribeUrl }}>');
    expect(html).toContain('href="{{ unsubscribeUrl }}"');
    expect(from).toBe('Lumen Electronics <hello@lumen.example>');
  }
});

test('there is a JSON Schema of every kind of definition', async () => {
  const schemas = jsonSchemas();
  expect(Object.keys(schemas)).toEqual(KIND_NAMES);
  expect(schemas.journey).toMatchObject({
    type: 'object',
    required: ['journey', 'enter', 'steps'],
    additionalProperties: false,
  });
});
