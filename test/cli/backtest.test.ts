import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../kit/folder.ts';
import { throughline } from './throughline.ts';

const SHOP = 'data/shop-clickstream.csv.gz';

it('half a year of the shop, as a table, with what the journey would have sent and what happened anyway', async () => {
  const { code, out, err } = await throughline(['backtest', 'cart-recovery', '--events', SHOP]);
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out).toMatch(/^cart-recovery \([0-9a-f]{12}\) from 2024-01-04 to 2024-06-29, over 600 people\n/);
  for (const title of ['Who would have entered', 'What they would have got, or not and why', 'How it would have ended'])
    expect(out).toContain(`\n${title}`);
  expect(out).toMatch(
    /\n[\d,]+ of the [\d,]+ \(\d+\.\d %\) reached the goal although nobody wrote to them:\nhalf of them within /,
  );
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

it('as data: every entry in one JSON object, and a row for each entry, message and ending', async () => {
  const rows = join(await temporaryFolder(), 'rows.csv');
  const args = ['backtest', 'wish-list-nudge', '--events', SHOP, '--from', '2024-05-01', '--to', '2024-06-01'];
  const { code, out } = await throughline([...args, '--json', '--csv', rows]);
  expect(code).toBe(0);
  const found = JSON.parse(out);
  expect(found).toMatchObject({ held: true, journey: 'wish-list-nudge', people: 600, current: null, changes: null });
  expect(found.entries).toHaveLength(found.proposed.entries);
  const [head, ...lines] = (await readFile(rows, 'utf8')).trimEnd().split('\n');
  expect(head).toBe('person,change,entered_at,held_out,at,what,step,channel,template,reason');
  expect(lines.filter((line) => line.split(',')[5] === 'entered')).toHaveLength(found.proposed.entries);
});

describe('wrong use is code 2 and a message on the error output', () => {
  it.each([
    [
      ['backtest', 'cart-recovry', '--events', SHOP],
      'No journey in journeys is called `cart-recovry`. Did you mean `cart-recovery`?\n',
    ],
    [['backtest', 'cart-recovery', '--events', '/nowhere.csv'], 'There is no file /nowhere.csv.\n'],
    [
      ['backtest', 'cart-recovery', '--events', SHOP, '--from', 'may'],
      "error: option '--from <time>' argument 'may' is invalid. It is a time such as `2026-03-01` or `2026-03-01T09:00:00Z`.\n",
    ],
    [
      ['backtest', 'cart-recovery', '--events', SHOP, '--against', 'no-such-revision'],
      '`no-such-revision` is no folder, and git has no such revision of ',
    ],
    [['backtest', 'cart-recovery'], 'There is no database to use: DATABASE_URL is not set, and nothing runs on '],
  ])('throughline %j', async (args, message) => {
    const { code, err } = await throughline(args, { DATA_DIR: await temporaryFolder() });
    expect(err).toContain(message);
    expect(code).toBe(2);
  });
});

it('a file of the wrong shape is code 1, and names file, line, field and fix', async () => {
  const file = join(await temporaryFolder(), 'history.ndjson');
  await writeFile(
    file,
    '{"userId":"ada","event":"Viewed","timestamp":"2026-01-01"}\n{"userId":"ada","event":"Viewed"}\n',
  );
  const { code, out } = await throughline(['backtest', 'cart-recovery', '--events', file]);
  expect(out).toBe(`${file}:2:1  \`timestamp\` required. Say when it happened.\n\n1 problem in ${file}.\n`);
  expect(code).toBe(1);
});
