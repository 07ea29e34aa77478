import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inAppFile, settingsFile } from '../e2e/templates.ts';
import { temporaryFolder } from '../kit/folder.ts';
import { throughline } from './throughline.ts';

const ADA = `userId: ada
start: 2026-03-02T09:00:00Z
traits: { email: ada@example.com, firstName: Ada }
events:
  - { event: Product Added, at: 1h }
`;
const BOB = 'userId: bob\nevents:\n  - { event: Product Added, at: 1h }\n';

async function personas(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

it('everybody in a folder, as one JSON object, with the emails as files', async () => {
  const folder = await personas({ 'ada.yaml': ADA, 'bob.yaml': BOB, 'notes.txt': 'nobody' });
  const html = join(folder, 'emails');
  const { code, out } = await throughline(['simulate', 'cart-recovery', '--persona', folder, '--html', html, '--json']);
  expect(code).toBe(0);
  const { held, simulations } = JSON.parse(out);
  expect(held).toBe(true);
  expect(simulations.map(({ userId }: { userId: string }) => userId)).toEqual(['ada', 'bob']);
  expect(simulations[0].runs[0].messages[0]).toMatchObject({
    template: 'cart-reminder',
    refusal: null,
    content: { to: 'ada@example.com', subject: 'You left something in your cart, Ada' },
  });
  expect(await readdir(html)).toEqual(['ada-1-2-email-cart-reminder.html']);
  expect(await readFile(join(html, 'ada-1-2-email-cart-reminder.html'), 'utf8')).toContain('Hi Ada');
});

describe('what is wrong is said', () => {
  it('with file, line, field and fix, and code 1', async () => {
    const folder = await personas({ 'ada.yaml': ADA.replace('at: 1h', 'at: soon').replace('traits:', 'trait:') });
    const { code, out } = await throughline(['simulate', 'cart-recovery', '--persona', join(folder, 'ada.yaml')]);
    expect(out.replaceAll(`${folder}/`, '')).toBe(
      'ada.yaml:3:1  Unknown key `trait`. Did you mean `traits`?\n' +
        'ada.yaml:5:33  `at` must be an ISO time such as `2026-03-05T12:00:00Z`, or a time after the start such as `1h` or `2 days`.\n' +
        '\n2 problems in ada.yaml.\n',
    );
    expect(code).toBe(1);
  });

  it('as wrong use, with code 2, where there is no such journey or nobody', async () => {
    const folder = await personas({ 'ada.yaml': ADA });
    const empty = await temporaryFolder();
    const misspelt = await throughline(['simulate', 'cart-recovry', '--persona', folder]);
    expect(misspelt).toMatchObject({
      code: 2,
      err: 'No journey in journeys is called `cart-recovry`. Did you mean `cart-recovery`?\n',
    });
    const nobody = await throughline(['simulate', 'cart-recovery', '--persona', empty]);
    expect(nobody).toMatchObject({
      code: 2,
      err: `There is no persona in ${empty}: no file ends in .yaml or .json.\n`,
    });
  });
});

describe('an experiment that picks its winner by itself', () => {
  const simulated = async (...choose: string[]) => {
    const folder = await personas({
      'ada.yaml': ADA,
      'workspace/settings.yaml': settingsFile(),
      'workspace/greet.yaml': `
journey: greet
enter: { event: Product Added }
steps:
  - experiment: tone
    variants: { warm: { in-app: warm }, cool: { in-app: cool }, old: { in-app: warm, id: old, stopped: true } }
    winner: { by: click, after: 500 }
`,
      'workspace/warm.yaml': inAppFile('warm', 'warm'),
      'workspace/cool.yaml': inAppFile('cool', 'cool'),
    });
    const given = ['--persona', join(folder, 'ada.yaml'), '--workspace', join(folder, 'workspace')];
    const { out, ...rest } = await throughline([
      'simulate',
      'greet',
      ...given,
      ...choose.map((one) => `--choose=${one}`),
    ]);
    return { ...rest, out: out.replaceAll(/\s+/g, ' ') };
  };

  it('has none in a simulation, which says so; one may be chosen', async () => {
    const { out } = await simulated();
    expect(out).toContain('Chance decides in tone, as before it has a winner. After that: --choose tone=VARIANT');
    expect(out).toMatch(/gets the variant "(warm|cool)" of tone /);
    for (const variant of ['warm', 'cool']) {
      const chosen = await simulated(`tone=${variant}`);
      expect(chosen.out).toContain(`gets the variant "${variant}" of tone, since it won`);
      expect(chosen.out).not.toContain('Chance decides');
    }
  });

  it.each([
    ['tone', '`tone` is not like `subject=short`.\n'],
    ['tones=warm', 'The journey `greet` has no experiment `tones`. Did you mean `tone`?\n'],
    ['tone=cold', 'The experiment `tone` has no variant `cold` that goes on. Did you mean `cool`?\n'],
    ['tone=old', 'The experiment `tone` has no variant `old` that goes on. There is warm, cool\n'],
  ])('--choose %s is wrong use', async (choice, err) => {
    expect(await simulated(choice)).toMatchObject({ code: 2, err });
  });
});
