import fc from 'fast-check';
import { stringify } from 'yaml';
import { DAY, type Instant, MINUTE } from '../../src/core/time.ts';
import { formatProblem } from '../../src/definitions/problems.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { loadedFrom } from '../kit/engine.ts';
import {
  type Authored,
  type Drawn,
  ending,
  isSideBySide,
  LANES,
  onceIn,
  startOf,
  wakeOf,
  window,
} from './random-conditions.ts';
import { offerFile } from './random-offers.ts';
import { DRAWN_LIFETIME } from './random-people.ts';
import { mayWaitForSlots, minuteOf, stepsOf, withIds } from './random-steps.ts';
import { emailFile, inAppFile, salesTaskFile, settingsFile } from './templates.ts';

/**
 * Journeys over the whole vocabulary, and people who go through them.
 *
 * The engine promises no order among what two runs of one person do at the very same instant, so that never happens here:
 * what starts, wakes or enters one journey is an event of its own, one at a time for each person, and the waits of each
 * journey are as many seconds longer as its lane says. Where messages settle it happens all the time; what the runs of
 * one person share is then nothing but caps and groups.
 */

export interface Drawing {
  readonly seed: number;
  /** Where webhooks go. */
  readonly url: string;
  readonly settles: boolean;
  /** About when the people begin. */
  readonly start: Instant;
}

const keyOf = (number: number) => `journey-${number}`;

function entryOf({ number, sideBySide }: Drawn, start: Instant): fc.Arbitrary<Authored> {
  const again = fc.constantFrom<unknown>('never', 'always', 'after 4d', { after: '2d', atMost: 2 });
  if (sideBySide) return fc.record({ event: fc.constant(startOf(number)), each: fc.constant('size'), again });
  const audience = fc.constant(`entered-${number}`);
  const time = fc.constantFrom('06', '21').map((hour) => `${hour}:${minuteOf(number)}`);
  const day = (after: number) => new Date(start + after).toISOString().slice(0, 10);
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ event: fc.constant(startOf(number)), again }) },
    { weight: 2, arbitrary: fc.record({ audience, again }) },
    { weight: 2, arbitrary: fc.record({ leaves: audience, again }) },
    {
      weight: 1,
      arbitrary: fc.record({
        at: time.map((at) => `${day(DRAWN_LIFETIME / 2)} ${at}`),
        members: audience,
        timezone: fc.constantFrom('workspace', 'person'),
        again,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        every: fc
          .tuple(fc.constantFrom('weekday', 'monday, thursday', '10th of the month'), time)
          .map((parts) => parts.join(' ')),
        members: audience,
        timezone: fc.constant('workspace'),
        again,
      }),
    },
  );
}

function journeyFile(drawn: Drawn, start: Instant): fc.Arbitrary<string> {
  const { number, settles, sideBySide } = drawn;
  const milestone = { milestone: { event: wakeOf(number) } };
  return fc
    .record({
      enter: entryOf(drawn, start),
      goal: onceIn(2, ending(drawn)),
      when: onceIn(2, ending(drawn)),
      after: fc.constantFrom(9, 15).map((days) => `${(days * DAY) / MINUTE + 53}m`),
      holdout: fc.constantFrom(undefined, '30%'),
      ramp: onceIn(10, fc.constant('60%')),
      priority: fc.integer({ min: 1, max: 99 }),
      // Runs side by side that waited for the same end would begin at one instant.
      group: onceIn(2, fc.constantFrom(...Object.keys(sideBySide ? AT_ONCE : GROUPS))),
      milestone: onceIn(
        settles ? 2 : 4,
        settles
          ? fc.constantFrom<Authored>({ beforeMilestone: 'leave' }, { beforeMilestone: 'act' })
          : fc.constantFrom<Authored>(milestone, { ...milestone, beforeMilestone: 'leave' }),
      ),
      caps: mayWaitForSlots(drawn)
        ? fc.constant([{ atMost: 1, within: '3d' }])
        : fc.constantFrom(
            undefined,
            [{ atMost: 1, within: '3d' }],
            [{ channel: 'email', atMost: 2, within: '2d' }],
            [{ category: 'letters', atMost: 1, per: 'week' }],
          ),
      within: window,
      steps: stepsOf(drawn),
    })
    .map(({ enter, when, after, within, milestone: one, steps, ...journey }) => {
      const exit = when === undefined ? { after } : { after, when };
      const rules = sideBySide ? {} : one;
      const written = { journey: keyOf(number), enter, exit, ...journey, ...rules, steps: withIds(steps) };
      const audience = {
        audience: `entered-${number}`,
        event: startOf(number),
        ...('members' in enter ? {} : { within }),
      };
      return [
        ...('event' in enter ? [] : [stringify(audience)]),
        stringify(written, { aliasDuplicateObjects: false }),
      ].join('---\n');
    });
}

const AT_ONCE = { evicting: {} };
const GROUPS = {
  ...AT_ONCE,
  waiting: { higher: 'waits', lower: 'waits' },
  mixed: { higher: 'yields', lower: 'waits' },
};

/** What is drawn is not always fit to be published. */
const DRAWN_FOR_EACH = 2;

/** A workspace with that many journeys. */
export async function drawnWorkspace(journeys: number, drawing: Drawing): Promise<Workspace> {
  return fitToPublish(filesOf(Math.ceil(journeys * DRAWN_FOR_EACH), drawing), journeys);
}

/** That many journeys of those drawn, without those that validation rejects. */
async function fitToPublish(files: Record<string, string>, journeys: number): Promise<Workspace> {
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
    const all = Object.entries(loaded.workspace.journeys);
    if (all.length < journeys) throw new Error(`Only ${all.length} of the journeys are fit to be published`);
    return { ...loaded.workspace, journeys: Object.fromEntries(all.slice(0, journeys)) };
  }
}

function filesOf(count: number, { seed, url, settles, start }: Drawing): Record<string, string> {
  const journeys = Array.from({ length: count }, (_, number) => {
    const drawn = { number, url, settles, sideBySide: isSideBySide(number) };
    const [file = ''] = fc.sample(journeyFile(drawn, start), { numRuns: 1, seed: seed * 10_000 + number });
    return [`${keyOf(number)}.yaml`, file] as const;
  });
  const settings = {
    caps: [
      { channel: 'email', atMost: 2, within: '3d' },
      { category: 'letters', atMost: 3, per: 'week' },
      { atMost: 5, within: '5d' },
    ],
    groups: GROUPS,
    traits: {
      ...{ plan: 'string', email: 'string', timezone: 'string', worth: 'number' },
      ...Object.fromEntries(Array.from({ length: LANES }, (_, pool) => [`stage_${pool}`, 'string'])),
    },
    ...(settles && {
      settle: '11m',
      quietHours: [{ from: '22:30', to: '6:00' }],
      milestone: { event: 'Page Viewed' },
    }),
  };
  const deal = '{{ offer.title }}: {{ offer.text }} {{ offer.incentive }}';
  return {
    'settings.yaml': settingsFile(stringify(settings)),
    'audiences.yaml': [
      "audience: busy\nevent: '*'\ntimes: { atLeast: 3 }\nwithin: 41h\n",
      "audience: quiet\nnot: { event: '*', within: 53h }\n",
    ].join('---\n'),
    'offers.yaml': offerFile(count),
    'letter.mjml': emailFile('letter', 'Hello {{ person.plan }}', 'category: letters\n'),
    'news.mjml': emailFile('news', 'News', 'category: news\n'),
    'receipt.mjml': emailFile('receipt', 'Paid', 'transactional: true\n'),
    'deal.mjml': emailFile('deal', deal, 'category: news\n'),
    'banner.yaml': inAppFile('banner', 'Look', 'category: letters\n'),
    'hint.yaml': inAppFile('hint', 'Psst'),
    'deal-banner.yaml': inAppFile('deal-banner', deal),
    'call.yaml': salesTaskFile('call', 'Call {{ person.id }}'),
    'deal-call.yaml': salesTaskFile('deal-call', deal),
    ...Object.fromEntries(journeys),
  };
}
