/**
 * Fifty journeys want the same person at once, under a cap of one message.
 * @module
 */
import { SECOND } from '../src/core/time.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import type { Figure } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { makeKnown, peopleOf } from './harness/people.ts';
import { startProductProcess } from './harness/product.ts';
import { stuckAfter } from './harness/runs.ts';
import { startSink } from './harness/sink.ts';
import { track, trackingClient } from './harness/tracking.ts';
import { until } from './harness/until.ts';
import { CAPS_WORKSPACE } from './harness/workspaces.ts';

const JOURNEYS = 50;
const STUCK_AFTER = 60 * SECOND;

export const caps = defineBench({
  summary: `${JOURNEYS} journeys want the same person at once, cap of one: one message, ${JOURNEYS - 1} refusals`,
  settings: { people: { byDefault: 10, about: 'people whom all journeys want at the same time' } },
  run: (context) => onGround(context, (ground) => crowd(ground, context)),
});

interface Outcome {
  readonly sent: number;
  /** Refused, with this cap as the reason. */
  readonly refused: number;
  readonly others: number;
}

async function crowd(ground: Ground, { settings, profileTo }: BenchContext<'people'>) {
  const sink = await startSink(ground);
  const product = await startProductProcess(ground, {
    name: 'engine',
    roles: ['api', 'processor', 'worker'],
    workspace: CAPS_WORKSPACE,
    smtpUrl: sink.url,
    profileTo,
  });
  ground.atEnd(() => product.stop());
  const tracking = trackingClient(product);
  ground.atEnd(async () => tracking.close());

  const people = peopleOf('capped', settings.people);
  await makeKnown(people, tracking, ground.db);
  const startedAt = Date.now();
  await tracking.sendBatch(people.map(({ userId }) => track(userId, 'Cap Probe')));
  const runs = people.length * JOURNEYS;
  await until('every journey has been entered', async () => {
    const entered = await ground.db.selectFrom('runs').select('id').execute();
    return entered.length >= runs;
  });
  const stuck = await stuckAfter(ground, STUCK_AFTER);
  const seconds = (Date.now() - startedAt) / SECOND;

  const outcomes = [...(await outcomesByPerson(ground)).values()];
  const accepted = people.map(({ email }) => sink.accepted.filter(({ to }) => to === email).length);
  const perPerson = (key: string, label: string, values: readonly number[], exactly: number): Figure[] => [
    { key: `${key}Fewest`, label: `${label}, fewest`, value: Math.min(...values), target: { exactly } },
    { key: `${key}Most`, label: `${label}, most`, value: Math.max(...values), target: { exactly } },
  ];
  const of = (part: keyof Outcome) => outcomes.map((one) => one[part]);
  const unexplained = of('others').reduce((sum, count) => sum + count, 0);
  return {
    figures: [
      ...perPerson('accepted', 'messages the mailbox took, a person', accepted, 1),
      ...perPerson('sent', 'messages recorded as sent, a person', of('sent'), 1),
      ...perPerson('refused', 'messages refused for the cap, a person', of('refused'), JOURNEYS - 1),
      { key: 'unexplained', label: 'messages that are neither', value: unexplained, target: { exactly: 0 } },
      { key: 'stuck', label: 'runs that did not end', value: stuck, target: { exactly: 0 } },
      { key: 'seconds', label: 'until all runs had ended', value: seconds, unit: 's' },
    ],
    notes: [`One event each for ${people.length} people, in one request: ${runs} runs at the same time.`],
  };
}

async function outcomesByPerson({ db }: Ground): Promise<Map<number, Outcome>> {
  const messages = await db.selectFrom('messages').select(['profile_id', 'status', 'refusal']).execute();
  const outcomes = new Map<number, Outcome>();
  for (const { profile_id, status, refusal } of messages) {
    const { sent, refused, others } = outcomes.get(profile_id) ?? { sent: 0, refused: 0, others: 0 };
    const isSent = status === 'sent';
    const isCapped = status === 'refused' && refusal?.reason === 'cap' && refusal.cap.atMost === 1;
    outcomes.set(profile_id, {
      sent: sent + Number(isSent),
      refused: refused + Number(isCapped),
      others: others + Number(!isSent && !isCapped),
    });
  }
  return outcomes;
}
