import { expect, test } from 'vitest';
import { messagesOf, SETTINGS, workspaceOf } from './folder.ts';

const BANNER = 'in-app: banner\nplacement: banner\ntitle: Hi\nbody: Hello\n---\n';
const journey = (more = '') => `${BANNER}journey: j\nenter: { event: X }\n${more}steps: [{ in-app: banner }]\n`;
const milestoneOf = async (settings: string, more = '') => {
  const workspace = await workspaceOf({ 'settings.yaml': `${SETTINGS}${settings}`, 'a.yaml': journey(more) });
  return workspace.journeys.j?.journey.milestone;
};

const COMMON = 'milestone: { event: Project Created }\n';

test('the workspace’s milestone is every journey’s, unless it has one of its own or does not care', async () => {
  expect(await milestoneOf('')).toBeUndefined();
  expect(await milestoneOf(COMMON)).toMatchObject({
    reached: { events: { names: ['Project Created'] } },
    before: 'hold',
  });
  expect(await milestoneOf(COMMON, 'milestone: { event: Invited }\n')).toMatchObject({
    reached: { events: { names: ['Invited'] } },
  });
  expect(await milestoneOf(COMMON, 'beforeMilestone: leave\n')).toMatchObject({ before: 'leave' });
  expect(await milestoneOf(COMMON, 'beforeMilestone: act\n')).toBeUndefined();
});

test('what is wrong with it is said where it stands', async () => {
  expect(
    await messagesOf({
      'settings.yaml': `${SETTINGS}milestone: { trait: plam, is: pro }\n`,
      'a.yaml': journey('milestone: { event: X, since: entry }\nbeforeMilestone: act\n'),
    }),
  ).toEqual(['a.yaml:9:18  The milestone of this journey means nothing to it. Keep one of the two.']);
  expect(await messagesOf({ 'a.yaml': journey('beforeMilestone: later\n') })).toEqual([
    'a.yaml:8:18  `beforeMilestone` must be `hold`, `leave` or `act`, not "later".',
  ]);
  expect(await messagesOf({ 'a.yaml': journey('beforeMilestone: leave\n') })).toEqual([
    'a.yaml:8:18  There is no milestone that this could be before. Add `milestone` here or in the settings.',
  ]);
  expect(
    await messagesOf({ 'settings.yaml': `${SETTINGS}milestone: { trait: plam, is: pro }\n`, 'a.yaml': journey() }),
  ).toEqual(['settings.yaml:6:21  There is no trait `plam`. Did you mean `plan`?']);
});
