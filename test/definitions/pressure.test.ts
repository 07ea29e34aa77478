import { expect, test } from 'vitest';
import { EMAIL, SETTINGS, workspaceOf } from './folder.ts';

const JOURNEY = 'journey: a\nenter: { event: X }\nsteps:\n';

test('caps, quiet hours, hours and what a refusal means reach the engine', async () => {
  const { settings, journeys } = await workspaceOf({
    'settings.yaml': `${SETTINGS}caps:
  - { channel: email, atMost: 3, within: 7d }
  - { category: marketing, of: account, atMost: 1, per: week }
quietHours:
  - { channel: email, from: '21:30', to: '8:00' }
  - { days: [sunday, saturday] }
`,
    'a.yaml': `${JOURNEY}  - email: hello
    send: { days: [friday, tuesday], from: '9:00', to: '24:00' }
    refused: leave
  - { id: again, email: hello, refused: { cap: wait } }
`,
    'hello.mjml': EMAIL.replace('email: hello', "email: hello\nsend: { to: '12:00' }"),
  });
  expect(settings.caps).toEqual([
    { channel: 'email', atMost: 3, within: 604_800_000 },
    { category: 'marketing', of: 'account', atMost: 1, per: 'week' },
  ]);
  expect(settings.quietHours).toEqual([
    { channel: 'email', from: 1290, to: 480 },
    { days: [6, 7], from: 0, to: 1440 },
  ]);
  expect(journeys.a?.journey.steps).toMatchObject({
    'email-hello': {
      hours: { days: [2, 5], from: 540, to: 1440 },
      refused: { cap: 'leave', hours: 'leave', unwanted: 'leave' },
      template: { hours: { from: 0, to: 720 } },
    },
    again: { refused: { cap: 'wait' } },
  });
});

test('a workspace that says nothing of hours has none, so that its hashes stay', async () => {
  const { settings, journeys } = await workspaceOf({ 'a.yaml': `${JOURNEY}  - email: hello\n`, 'hello.mjml': EMAIL });
  expect(settings).not.toHaveProperty('quietHours');
  const step = journeys.a?.journey.steps['email-hello'];
  for (const key of ['hours', 'refused']) expect(step).not.toHaveProperty(key);
  expect(step).not.toHaveProperty('template.hours');
});
