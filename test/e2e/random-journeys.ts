import fc from 'fast-check';
import { stringify } from 'yaml';
import { DAY, MINUTE } from '../../src/core/time.ts';
import { formatProblem } from '../../src/definitions/problems.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { loadedFrom } from '../kit/engine.ts';
import { ending, startOf, window } from './random-conditions.ts';
import { type Drawn, stepsOf, withIds } from './random-steps.ts';
import { emailFile, inAppFile, salesTaskFile, settingsFile } from './templates.ts';

/**
 * Journeys over the whole vocabulary of steps, and people who go through them.
 *
 * The engine promises no order among what two runs of one person do at the very same instant, so that never happens here:
 * what starts, wakes or enters one journey is an event of its own, one at a time for each person, and the waits of each
 * journey are as many seconds longer as its number says.
 */

const keyOf = (number: number) => `journey-${number}`;

function journeyFile(drawn: Drawn): fc.Arbitrary<string> {
  const { number } = drawn;
  return fc
    .record({
      by: fc.constantFrom('audience', 'leaves', 'event', 'event'),
      again: fc.constantFrom('never', 'always', 'after 4d', { after: '2d', atMost: 2 }),
      goal: fc.option(ending(number), { nil: undefined }),
      when: fc.option(ending(number), { nil: undefined }),
      after: fc.constantFrom(9, 15).map((days) => `${(days * DAY) / MINUTE + 53}m`),
      holdout: fc.constantFrom(undefined, '30%'),
      priority: fc.integer({ min: 1, max: 99 }),
      caps: fc.constantFrom(
        undefined,
        [{ atMost: 1, within: '3d' }],
        [{ channel: 'email', atMost: 2, within: '2d' }],
        [{ category: 'letters', atMost: 1, per: 'week' }],
      ),
      within: window,
      steps: stepsOf(drawn),
    })
    .map(({ by, again, when, after, within, steps, ...journey }) => {
      const audience = `entered-${number}`;
      const enter = by === 'event' ? { event: startOf(number), again } : { [by]: audience, again };
      const exit = when === undefined ? { after } : { after, when };
      const written = { journey: keyOf(number), enter, exit, ...journey, steps: withIds(steps) };
      return [
        ...(by !== 'event' ? [stringify({ audience, event: startOf(number), within })] : []),
        stringify(written, { aliasDuplicateObjects: false }),
      ].join('---\n');
    });
}

/** What is drawn is not always fit to be published. */
const DRAWN_FOR_EACH = 1.5;

/** A workspace with that many journeys: of those drawn, without those that validation rejects. @param url where webhooks go */
export async function drawnWorkspace(count: number, seed: number, url: string): Promise<Workspace> {
  const files = drawWorkspace(Math.ceil(count * DRAWN_FOR_EACH), seed, url);
  for (;;) {
    const loaded = await loadedFrom(files);
    if ('problems' in loaded) {
      const broken = new Set(loaded.problems.map(({ file }) => file));
      for (const file of broken) {
        if (!file.startsWith('journey-')) throw new Error(loaded.problems.map(formatProblem).join('\n'));
        delete files[file];
      }
      continue;
    }
    const kept = Object.entries(loaded.workspace.journeys).slice(0, count);
    if (kept.length < count) throw new Error(`Only ${kept.length} of the journeys are fit to be published`);
    return { ...loaded.workspace, journeys: Object.fromEntries(kept) };
  }
}

function drawWorkspace(count: number, seed: number, url: string): Record<string, string> {
  const journeys = Array.from({ length: count }, (_, number) => {
    const [file = ''] = fc.sample(journeyFile({ number, url }), { numRuns: 1, seed: seed * 10_000 + number });
    return [`${keyOf(number)}.yaml`, file] as const;
  });
  const caps = [
    '  - { channel: email, atMost: 2, within: 3d }',
    '  - { category: letters, atMost: 3, per: week }',
    '  - { atMost: 5, within: 5d }',
  ].join('\n');
  return {
    'settings.yaml': settingsFile(
      `caps:\n${caps}\ntraits: { plan: string, email: string, stage: string, timezone: string }\n`,
    ),
    'audiences.yaml': [
      "audience: busy\nevent: '*'\ntimes: { atLeast: 3 }\nwithin: 41h\n",
      "audience: quiet\nnot: { event: '*', within: 53h }\n",
    ].join('---\n'),
    'letter.mjml': emailFile('letter', 'Hello {{ person.plan }}', 'category: letters\n'),
    'news.mjml': emailFile('news', 'News', 'category: news\n'),
    'receipt.mjml': emailFile('receipt', 'Paid', 'transactional: true\n'),
    'banner.yaml': inAppFile('banner', 'Look', 'category: letters\n'),
    'hint.yaml': inAppFile('hint', 'Psst'),
    'call.yaml': salesTaskFile('call', 'Call {{ person.id }}'),
    ...Object.fromEntries(journeys),
  };
}
