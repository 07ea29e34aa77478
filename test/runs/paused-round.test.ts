import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TemporaryDeliveryError } from '../../src/channels/channel.ts';
import { USUAL_RESUMPTION } from '../../src/core/pausing.ts';
import { SECOND } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import { advanceRun } from '../../src/runs/advance-run.ts';
import { type Delivering, deliverMessage } from '../../src/runs/deliver-message.ts';
import { pauseJourney, resumeJourneys } from '../../src/runs/journey-controls.ts';
import { emailFile, settingsFile } from '../e2e/templates.ts';
import { type TestDatabase, testDatabase } from '../kit/database.ts';
import { deliveringBy } from '../kit/delivering.ts';
import { workspaceOf } from '../kit/engine.ts';

let database: TestDatabase;
let version: string;
const sent: string[] = [];
let isLater = true;

beforeAll(async () => {
  database = await testDatabase();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string }\n'),
    'rounds.yaml': `
journey: rounds
enter: { event: Signed Up }
steps:
  - repeat: { atMost: 2, steps: [{ wait: 1ms }, { email: letter }] }
`,
    'letter.mjml': emailFile('letter', 'letter'),
  });
  version = workspace.journeys.rounds?.hash ?? '';
  const { db } = database;
  await publish(db, workspace, new Date());
  const now = new Date(Date.now() - SECOND);
  const profile = {
    user_id: 'ann',
    traits: '{"email":"ann@example.test"}',
    created_at: now,
    applied_at: now,
    filled_to: 1,
  };
  const { id } = await db.insertInto('profiles').values(profile).returning('id').executeTakeFirstOrThrow();
  const cursor = JSON.stringify({
    phase: 'ready',
    step: workspace.journeys.rounds?.journey.first,
    at: now.getTime(),
    visit: 0,
  });
  const of = { journey: 'rounds', version, profile_id: id, person: 'ann', visit: 0, held_out: false };
  await db
    .insertInto('runs')
    .values({ id: 'rounds/1/0', ...of, entered_at: now, entry: '{}', status: 'active', cursor })
    .execute();
});
afterAll(() => database.drop());

test('a message that the mail server put off is taken back by a pause, and its round still counts afterwards', async () => {
  const { db } = database;
  const ref = { run: 'rounds/1/0', version };
  const reserved = await advanceRun(ref, delivering());
  const message = 'message' in reserved ? reserved.message : '';
  await expect(deliverMessage(ref, message, delivering())).rejects.toThrow(TemporaryDeliveryError);

  const byHand = { by: 'a test', reason: 'wait' };
  await pauseJourney(db, { journey: 'rounds', refuses: false, ...byHand }, Date.now());
  expect(await deliverMessage(ref, message, delivering())).toMatchObject({ kind: 'wait' });
  expect(await db.selectFrom('messages').select('id').execute()).toEqual([]);
  await resumeJourneys(db, { journeys: ['rounds'], resumption: USUAL_RESUMPTION, ...byHand }, Date.now());

  isLater = false;
  for (let next = await advanceRun(ref, delivering()); next.kind !== 'end'; ) {
    if (next.kind === 'wait') await delay(1);
    next =
      next.kind === 'deliver'
        ? await deliverMessage(ref, next.message, delivering())
        : await advanceRun(ref, delivering());
  }
  expect(sent).toHaveLength(2);
});

const delivering = (): Delivering =>
  deliveringBy(database.db, (to) => {
    if (isLater) throw new TemporaryDeliveryError('Come back later', { mayHaveArrived: false });
    sent.push(to);
  });
