import { expect, test } from 'vitest';
import { HOUR } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import { migrate, openDatabase } from '../../src/store/database.ts';
import type { StoredVariant } from '../../src/store/tables-runs.ts';
import { workspaceOf } from '../kit/engine.ts';
import { AT, addRun } from '../measurement/rows.ts';
import { ownDatabase } from './own-database.ts';
import { throughline } from './throughline.ts';

const FILES = {
  'settings.yaml': 'settings: shop\ntimezone: UTC\nsender: Shop <shop@example.com>\n',
  'all.yaml': `
journey: cart
enter: { event: Product Added }
goal: { audience: buyers }
holdout: 10%
steps:
  - experiment: pause
    variants: { none: { steps: [] }, hour: { wait: 1h } }
---
audience: buyers
event: Order Completed
`,
};

/** A shop with forty people in its experiment. */
async function shop(): Promise<Readonly<Record<string, string>>> {
  const url = await ownDatabase();
  const db = openDatabase({ url, size: 2 });
  await migrate(db);
  const workspace = await workspaceOf(FILES);
  await publish(db, workspace, AT);
  const version = workspace.journeys.cart?.hash ?? '';
  for (let person = 1; person <= 40; person += 1) {
    const got = person % 2 === 0 ? 'none' : 'hour';
    const variants: Record<string, StoredVariant> = {
      pause: { variant: got, by: 'chance', at: AT.getTime(), version },
    };
    const converted = got === 'hour' ? person < 30 : person < 12;
    const endedAt = new Date(AT.getTime() + 3 * HOUR);
    const row = { journey: 'cart', version, person: `p${person}`, exposedAt: AT, variants, endedAt } as const;
    await addRun(db, { ...row, status: converted ? 'converted' : 'timed-out' });
  }
  await db.destroy();
  return { DATABASE_URL: url };
}

test('experiments tells what they came to', async () => {
  expect(await throughline(['experiments', 'cart'], await shop())).toEqual({
    code: 0,
    err: '',
    out: `The experiment pause

               exposed converted  rate     lift     95 % sure between     p incremental time to convert
none (control)      20         5 25.0%                                                               3h
hour                20        15 75.0% +50.0 pp +19.1 pp and +69.5 pp 0.002         +10              3h
`,
  });
});

test('it gives everybody new the variant one chooses, and lets chance decide again', async () => {
  const env = await shop();
  const chosen = await throughline(['experiments', 'cart', '--choose', 'pause=hour'], env);
  expect(chosen.out).toContain('Everybody new in pause gets hour from now on.');
  expect(chosen.out).toMatch(/The experiment pause: everybody new gets hour since \S+, chosen by hand/);
  const undone = await throughline(['experiments', 'cart', '--undo', 'pause', '--json'], env);
  expect(JSON.parse(undone.out)).toMatchObject({ held: true, journey: 'cart', experiments: [{ winner: null }] });
});

test.each([
  [['experiments', 'crat'], 'There is no journey `crat`. Did you mean `cart`?'],
  [['experiments', 'cart', '--choose', 'pause'], '`pause` is not like `subject=short`.'],
  [['holdout', '--goal', 'Order Completed', '--within', 'soon'], '`soon` is no time such as `30d`.'],
])('%j is wrong use', async (args, message) => {
  const { code, err } = await throughline(args, await shop());
  expect({ code, err }).toEqual({ code: 2, err: `${message}\n` });
});

test('holdout says so where nobody is held out of every journey', async () => {
  const { out } = await throughline(['holdout', '--goal', 'Order Completed'], await shop());
  expect(out).toBe('Nobody who is held out of every journey was to get anything yet.\n');
});
