import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/condition.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { findPersonId } from '../../src/profiles/find.ts';
import { workspaceOf } from '../kit/engine.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { storyOf } from './story.ts';
import { emailFile, inAppFile, settingsFile } from './templates.ts';

const JOURNEYS = `
journey: left-cart
enter: { event: Product Added, each: cart_id }
goal: { event: Order Completed, where: { cart_id: { same: true } } }
steps:
  - wait-until: { event: Checkout Started, where: { cart_id: { same: true } } }
    timeout: 1h
    onTimeout: [{ email: left }]
  - wait: 1d
  - in-app: note
---
journey: failed-invoice
enter: { event: Payment Failed, each: invoice.id, again: always }
exit: { after: 5d, when: { event: Payment Succeeded, where: { invoice.id: { same: true } }, since: entry } }
steps: [{ wait: 2d }, { in-app: note }]
---
journey: few
enter: { event: Project Started, each: project, atOnce: 2 }
exit: { after: 3d }
steps: [{ wait: 1d }]
---
journey: many
enter: { event: Ticket Opened, each: ticket }
steps: [{ wait: 1d }]
`;

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;

beforeAll(async () => {
  mailbox = await testMailbox();
  const workspace = await workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string }\n'),
    'journeys.yaml': JOURNEYS,
    'left.mjml': emailFile('left', 'You left a cart').replace("subject: 'left'", "subject: 'left {{ event.cart_id }}'"),
    'note.yaml': inAppFile('note', 'note'),
  });
  engine = await timeSkippingEngine({ workspace, smtpUrl: mailbox.url });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

const runs = async (userId: string, journey: string) =>
  (await engine.runsOf(userId, journey)).map(({ instance, status }) => `${instance} ${status}`).sort();
const refusalsOf = async (userId: string, journey: string) => {
  const rows = await engine.db
    .selectFrom('entry_refusals')
    .select(['instance', 'reason'])
    .where('profile_id', '=', await findPersonId(engine.db, userId))
    .where('journey', '=', journey)
    .orderBy('id')
    .execute();
  return rows.map(({ instance, reason }) => `${instance}: ${reason}`);
};
const storyOfInstance = async (userId: string, journey: string, wanted: string) => {
  const run = (await engine.runsOf(userId, journey)).find(({ instance }) => instance === wanted);
  const rows = await engine.db
    .selectFrom('run_log')
    .select('entry')
    .where('run_id', '=', run?.id ?? '')
    .orderBy('id')
    .execute();
  return storyOf(
    rows.map(({ entry }) => entry),
    run?.enteredAt.getTime() ?? 0,
  );
};
const track = (userId: string, name: string, properties: JsonObject) => engine.send({ name, userId, properties });

describe('a journey with one run for each order, cart or project', () => {
  test('waits for what happens to that cart: the one that is checked out is left alone, the other is written about', async () => {
    await engine.identify('two-carts', { email: 'two-carts@example.test' });
    await track('two-carts', 'Product Added', { cart_id: 'A' });
    await track('two-carts', 'Product Added', { cart_id: 'B' });
    await engine.pass(30 * MINUTE);
    await track('two-carts', 'Checkout Started', { cart_id: 'A' });
    await engine.pass(45 * MINUTE);
    expect(mailbox.messagesTo('two-carts@example.test').map(({ subject }) => subject)).toEqual(['left B']);
    await track('two-carts', 'Order Completed', { cart_id: 'B' });
    await engine.pass(2 * DAY);
    expect(await runs('two-carts', 'left-cart')).toEqual(['A active', 'B converted']);
    expect(await storyOfInstance('two-carts', 'left-cart', 'A')).toEqual([
      '0s wait-until-checkout-started: waiting until 1h',
      '30m wait-until-checkout-started: waited, condition',
      '30m wait-1d: waiting until 1d 30m',
      '1d 30m wait-1d: waited, time',
      '1d 30m in-app-note: acted',
    ]);
    expect(await storyOfInstance('two-carts', 'left-cart', 'B')).toEqual([
      '0s wait-until-checkout-started: waiting until 1h',
      '1h wait-until-checkout-started: waited, timeout',
      '1h email-left: acted',
      '1h wait-1d: waiting until 1d 1h',
      '1h 15m wait-1d: ended converted, the goal was reached',
    ]);
  });

  test('ends the run whose invoice was paid, and no other; the same invoice may fail again', async () => {
    const invoice = (id: number | string) => ({ invoice: { id } });
    await track('debtor', 'Payment Failed', invoice(7));
    await track('debtor', 'Payment Failed', invoice(8));
    await engine.pass(HOUR);
    await track('debtor', 'Payment Failed', invoice(7));
    await track('debtor', 'Payment Succeeded', invoice('7'));
    await engine.settled();
    expect(await runs('debtor', 'failed-invoice')).toEqual(['7 exited', '8 active']);
    expect(await refusalsOf('debtor', 'failed-invoice')).toEqual(['7: already in the journey']);
    await engine.pass(HOUR);
    await track('debtor', 'Payment Failed', invoice(7));
    await engine.pass(3 * DAY);
    expect(await runs('debtor', 'failed-invoice')).toEqual(['7 completed', '7 exited', '8 completed']);
    expect((await engine.runsOf('debtor', 'failed-invoice')).map(({ id }) => id.split('/').slice(2)).sort()).toEqual([
      ['7', '0'],
      ['7', '1'],
      ['8', '0'],
    ]);
  });

  test('is entered once for each where nothing else is said, however many there were in between', async () => {
    for (const ticket of ['t1', 't2', 't1']) {
      await track('once-each', 'Ticket Opened', { ticket });
      await engine.pass(2 * DAY);
    }
    expect(await runs('once-each', 'many')).toEqual(['t1 completed', 't2 completed']);
    expect(await refusalsOf('once-each', 'many')).toEqual(['t1: entered before, and the journey is entered once only']);
  });

  test('has so many at once and no more, and room again when one is over', async () => {
    for (const project of ['p1', 'p2', 'p3']) await track('busy', 'Project Started', { project });
    await engine.settled();
    expect(await refusalsOf('busy', 'few')).toEqual(['p3: in the journey 2 times at once already']);
    await engine.pass(2 * DAY);
    await track('busy', 'Project Started', { project: 'p3' });
    await engine.settled();
    expect(await runs('busy', 'few')).toEqual(['p1 completed', 'p2 completed', 'p3 active']);
  });

  test('has 25 at once where nothing is said', async () => {
    await engine.send(
      ...Array.from({ length: 26 }, (_, index) => ({
        name: 'Ticket Opened',
        userId: 'crowd',
        properties: { ticket: index },
      })),
    );
    await engine.settled();
    expect(await runs('crowd', 'many')).toHaveLength(25);
    expect(await refusalsOf('crowd', 'many')).toEqual(['25: in the journey 25 times at once already']);
  });

  test('is not entered by an event that does not say which; ids of any text are taken', async () => {
    const odd = 'Füür / zwöi? '.repeat(20);
    await track('odd', 'Ticket Opened', { ticket: odd });
    await track('odd', 'Ticket Opened', { ticket: null });
    await track('odd', 'Ticket Opened', { ticket: { id: 1 } });
    await engine.pass(2 * DAY);
    expect(await runs('odd', 'many')).toEqual([`${odd} completed`]);
    const reason = 'there is no `ticket` that would tell which of the runs it is for';
    expect(await refusalsOf('odd', 'many')).toEqual([`null: ${reason}`, `null: ${reason}`]);
  });
});

test('when two names turn out to be one person, one run of the same cart goes on and those of others are kept', async () => {
  const visitor = { name: 'Ticket Opened', anonymousId: 'v-both' };
  await engine.send({ ...visitor, properties: { ticket: 'same' } }, { ...visitor, properties: { ticket: 'theirs' } });
  await track('both', 'Ticket Opened', { ticket: 'same' });
  await track('both', 'Ticket Opened', { ticket: 'own' });
  await engine.settled();
  await engine.send({ type: 'identify', name: 'identify', userId: 'both', anonymousId: 'v-both', traits: {} });
  await engine.settled();
  expect(await runs('both', 'many')).toEqual(['own active', 'same active', 'same merged', 'theirs active']);
  await engine.pass(2 * DAY);
  expect(await runs('both', 'many')).toEqual(['own completed', 'same completed', 'same merged', 'theirs completed']);
  await track('both', 'Ticket Opened', { ticket: 'theirs' });
  await engine.settled();
  expect(await refusalsOf('both', 'many')).toEqual(['theirs: entered before, and the journey is entered once only']);
});
