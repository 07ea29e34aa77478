import { expect, onTestFinished, test } from 'vitest';
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
---
journey: plain
enter: { event: Product Added }
steps: [{ wait: 1h }]
`,
};

test('experiments tells what they came to, and gives everybody new the variant one chooses', async () => {
  const url = await ownDatabase();
  const db = openDatabase({ url, size: 2 });
  onTestFinished(() => db.destroy());
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
    const endedAt = new Date(AT.getTime() + 3 * 3_600_000);
    const row = { journey: 'cart', version, person: `p${person}`, exposedAt: AT, variants, endedAt } as const;
    await addRun(db, { ...row, status: converted ? 'converted' : 'timed-out' });
  }
  const env = { DATABASE_URL: url };

  const { code, out } = await throughline(['experiments', 'cart'], env);
  expect({ code, out }).toEqual({
    code: 0,
    out: `The experiment pause

               exposed converted  rate     lift     95 % sure between     p incremental time to convert
none (control)      20         5 25.0%                                                               3h
hour                20        15 75.0% +50.0 pp +19.1 pp and +69.5 pp 0.002         +10              3h
`,
  });
  const chosen = await throughline(['experiments', 'cart', '--choose', 'pause=hour'], env);
  expect(chosen.out).toContain('Everybody new in pause gets hour from now on.');
  expect(chosen.out).toMatch(/The experiment pause: everybody new gets hour since \S+, chosen by hand/);
  const undone = await throughline(['experiments', 'cart', '--undo', 'pause'], env);
  expect(undone.out).toContain('Chance decides again in pause; hour was the winner.');
  const { out: json } = await throughline(['experiments', 'cart', '--json'], env);
  expect(JSON.parse(json)).toMatchObject({ held: true, journey: 'cart', experiments: [{ experiment: 'pause' }] });
  expect((await throughline(['experiments', 'plain'], env)).out).toBe(
    'plain has no experiments, and nobody was held out.\n',
  );
});

test.each([
  [['experiments', 'crat'], 'There is no journey `crat`. Did you mean `cart`?'],
  [
    ['experiments', 'cart', '--choose', 'pause=our'],
    'The experiment `pause` has no variant `our` that goes on. Did you mean `hour`?',
  ],
  [['experiments', 'cart', '--choose', 'pause'], '`pause` is not like `subject=short`.'],
  [['experiments', 'cart', '--choose', 'pause=hour', '--undo', 'pause'], 'Give `--choose` or `--undo`, not both.'],
])('%j is wrong use', async (args, message) => {
  const url = await ownDatabase();
  const db = openDatabase({ url, size: 2 });
  onTestFinished(() => db.destroy());
  await migrate(db);
  await publish(db, await workspaceOf(FILES), AT);
  const { code, err } = await throughline(args, { DATABASE_URL: url });
  expect({ code, err }).toEqual({ code: 2, err: `${message}\n` });
});
