import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { formatProblem } from '../../src/definitions/problems.ts';
import { loadWorkspace } from '../../src/definitions/workspace.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { parsePersonas } from '../../src/simulate/persona.ts';
import { simulate } from '../../src/simulate/simulate.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PERSONAS = join(root, 'plays/personas');

async function workspaceIn(folder: string): Promise<Workspace> {
  const loaded = await loadWorkspace(join(root, folder));
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded.workspace;
}

const plays = await workspaceIn('plays/workspace');
const shop = await workspaceIn('journeys');

/** What each persona gets, by day after the entry, and how it ends. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'power-users/upgrades-after-the-discount': [
    'day 0 power-users-fit',
    'day 2 power-users-reminder',
    'day 5 power-users-discount',
    'converted',
  ],
  'upgrade-curious/leaves-the-checkout': ['day 0 compare-plans', 'day 1 checkout-help', 'timed-out'],
  'upgrade-curious/only-looks': ['day 0 compare-plans', 'day 2 upgrade-questions', 'exited'],
  'low-usage/comes-back': [
    'day 0 low-usage-tips',
    'day 3 low-usage-template',
    'day 7 low-usage-smaller-plan',
    'converted',
  ],
  'low-usage/stays-away': ['day 0 low-usage-tips', 'day 3 low-usage-template', 'day 7 low-usage-check-in', 'timed-out'],
  'capacity-ceiling/not-now': [
    'day 0 usage-report to ben',
    'day 3 more-seats',
    'day 7 seats-case-study to ann',
    'converted',
  ],
  'feature-gap/nobody-looks': [
    'day 0 feature-preview to hal',
    'day 0 feature-preview to ivy',
    'day 5 feature-brief to ivy',
    'day 8 feature-conversation',
    'timed-out',
  ],
  'department-expansion/legal-comes': [
    'day 0 department-welcome to mia',
    'day 7 department-story to leo',
    'day 7 department-introduction',
    'converted',
  ],
  'free-to-paid/upgrades': ['day 0 upgrade-conversation', 'day 0 upgrade-direct', 'converted'],
};

test('every play has its personas, and each is expected to live through something', async () => {
  const folders = await readdir(PERSONAS);
  const files = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(PERSONAS, folder))).map((file) => `${folder}/${file.replace('.yaml', '')}`),
    ),
  );
  expect(files.flat().sort()).toEqual(Object.keys(EXPECTED).sort());
  expect(folders.sort()).toEqual(expect.arrayContaining(Object.keys(plays.journeys).sort()));
});

test.each(Object.entries(EXPECTED))('%s', async (name, expected) => {
  const [journey = ''] = name.split('/');
  const parsed = parsePersonas(name, await readFile(join(PERSONAS, `${name}.yaml`), 'utf8'));
  if ('problems' in parsed) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  const workspace = Object.hasOwn(plays.journeys, journey) ? plays : shop;
  const [persona] = parsed.personas;
  if (persona === undefined) throw new Error('The file holds nobody');
  const { runs } = simulate({ workspace, journey, persona });
  const [run] = runs;
  if (run === undefined) throw new Error('The persona does not enter');
  const day = (at: number) => Math.floor((at - run.enteredAt) / 86_400_000);
  const sent = run.messages.filter(({ refusal }) => refusal === null);
  const lines = sent.map(({ at, template, to }) => `day ${day(at)} ${template}${to === undefined ? '' : ` to ${to}`}`);
  expect([...lines, run.outcome]).toEqual(expected);
});
