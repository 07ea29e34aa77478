import { afterAll, beforeAll, expect, test } from 'vitest';
import { impactText } from '../../src/cli/impact-text.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { readImpact } from '../../src/publishing/impact.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { inAppFile, settingsFile } from './templates.ts';

const files = {
  'settings.yaml': settingsFile(),
  'note.yaml': inAppFile('note', 'note'),
  'exporters.yaml': 'audience: exporters\nevent: Exported\ntimes: { atLeast: 2 }\n',
  'waiting.yaml': `
journey: waiting
enter: { event: Signed Up }
exit: { after: 20d }
steps:
  - { id: look, wait-until: { audience: exporters }, timeout: 10d }
  - in-app: note
`,
  'leaving.yaml': 'journey: leaving\nenter: { event: Signed Up }\nsteps: [{ id: long, wait: 9d }]\n',
};
const { 'leaving.yaml': _, ...rest } = files;
const changed = {
  ...rest,
  'exporters.yaml': 'audience: exporters\nevent: Exported\n',
  'viewers.yaml': `
audience: viewers
event: Viewed
---
journey: for-viewers
enter: { audience: viewers }
steps: [{ in-app: note }]
`,
};

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;

beforeAll(async () => {
  mailbox = await testMailbox();
  engine = await timeSkippingEngine({ workspace: await workspaceOf(files), smtpUrl: mailbox.url });
  await engine.send({ name: 'Signed Up', userId: 'once' }, { name: 'Signed Up', userId: 'never' });
  await engine.send({ name: 'Exported', userId: 'once' }, { name: 'Viewed', userId: 'once' });
  await engine.send({ name: 'Exported', userId: 'twice' }, { name: 'Exported', userId: 'twice' });
  await engine.pass(HOUR);
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

test('publishing is shown first: who is under way, who would be in audiences, whose waits end by them; and so it comes', async () => {
  const workspace = await workspaceOf(changed);
  const impact = await readImpact(engine.db, workspace, engine.clock, { enterExisting: ['viewers'] });
  expect(impact.journeys.map(({ key, is, underWay }) => [key, is, underWay])).toEqual([
    ['for-viewers', 'added', 0],
    ['leaving', 'removed', 2],
    ['waiting', 'unchanged', 2],
  ]);
  const waiting = impact.journeys.find(({ key }) => key === 'waiting')?.before;
  expect(impact.audiences).toEqual([
    {
      ...{ key: 'exporters', of: 'person', is: 'changed', before: 1, after: 2, entering: 1, leaving: 0, starts: [] },
      runs: [
        ...[{ journey: 'waiting', version: waiting, for: 'wait', step: 'look', people: 2, entering: 1, leaving: 0 }],
      ],
    },
    {
      ...{ key: 'viewers', of: 'person', is: 'new', before: 0, after: 1, entering: 1, leaving: 0, runs: [] },
      starts: [{ journey: 'for-viewers', people: 1, asked: true }],
    },
  ]);
  expect(impactText(impact)).toBe(`Journey                 Under way
for-viewers  added              0
leaving      removed            2  finish it
waiting      unchanged          2

leaving
  Whoever is under way finishes. To stop them: \`others: out\` in a map for \`throughline migrate\`.

Audience            Members  would be  enter  leave
exporters  changed        1         2      1      0
viewers    new            0         1      1      0
  viewers: up to 1 person would start for-viewers now.
  exporters: 2 people in waiting, at look wait for it; 1 of them would enter it, 0 leave it.`);

  await engine.publish(workspace, { enterExisting: ['viewers'] });
  await engine.settled();
  expect(await engine.audiencesOf('once')).toEqual(['exporters', 'viewers']);
  expect(await engine.audiencesOf('twice')).toEqual(['exporters']);
  expect(await engine.runsOf('once', 'for-viewers')).toHaveLength(1);
  expect(await engine.runsOf('once', 'waiting')).toMatchObject([{ status: 'completed' }]);
  expect(await engine.runsOf('never', 'waiting')).toMatchObject([{ status: 'active' }]);
  await engine.pass(9 * DAY);
  expect(await engine.runsOf('never', 'leaving')).toMatchObject([{ status: 'completed' }]);
});

test('a change of a step and of the settings is told with what those under way would meet', async () => {
  const now = await workspaceOf({
    ...changed,
    'settings.yaml': settingsFile('caps: [{ atMost: 1, within: 1d }]\n'),
    'waiting.yaml': files['waiting.yaml'].replace('10d', '2d'),
  });
  const impact = await readImpact(engine.db, now, engine.clock);
  const [, waiting] = impact.journeys;
  expect(waiting).toMatchObject({
    key: 'waiting',
    is: 'changed',
    underWay: 1,
    ifMoved: [{ step: 'look', people: 1, messages: [{ step: 'in-app-note', gets: 1, refused: 0 }] }],
  });
  const { before, after } = waiting ?? {};
  expect(impactText(impact)).toBe(`Settings
  caps: [] → [{"atMost":1,"within":86400000}]

Journey                 Under way
for-viewers  unchanged          0
waiting      changed            1  stay on the version they are on

waiting: ${before?.slice(0, 13)} → ${after?.slice(0, 13)}
  ~ look
    timeout: 10d → 2d
  If those under way were moved, with \`throughline migrate waiting\`:
  1 person on version ${before?.slice(0, 12)}:
    They stand at  People  and go to  where they meet
    look                1  look       all: in-app-note at once
                                      all: end as completed
  Due at once: 1 message (1 × in-app-note).`);
});
