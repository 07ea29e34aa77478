import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY, HOUR, type Milliseconds } from '../../src/core/time.ts';
import { type MetAtStep, previewMigration } from '../../src/runs/migration-preview.ts';
import { askMigration, readMigrations } from '../../src/runs/migrations.ts';
import { planMigration } from '../../src/runs/plan-migration.ts';
import { SettingsShelf, VersionShelf } from '../../src/runs/version-shelf.ts';
import { workspaceOf } from '../kit/engine.ts';
import { eventually } from '../kit/eventually.ts';
import { type TestMailbox, testMailbox } from '../kit/mailbox.ts';
import { type TimeSkippingEngine, timeSkippingEngine } from '../kit/time-skipping-engine.ts';
import { storyFor } from './story.ts';
import { inAppFile, settingsFile } from './templates.ts';

const BEFORE = `
journey: welcome
enter: { event: Signed Up }
goal: { event: Bought }
exit: { after: 40d }
steps:
  - { id: first, wait: 2d }
  - in-app: note
  - { id: look, wait-until: { event: Looked }, timeout: 5d, onTimeout: [{ id: gone, wait: 4d }] }
  - { id: rest, wait: 3d }
  - in-app: bye
`;
/** Every step is another one but for its id: shorter, longer, waiting for something else, or not there at all. */
const AFTER = `
journey: welcome
enter: { event: Signed Up }
goal: { any: [{ event: Bought }, { event: Subscribed }] }
exit: { after: 30d }
steps:
  - { id: first, wait: 1d }
  - in-app: note
  - { id: look, wait-until: { event: Viewed }, timeout: 9d }
  - { id: rest, wait: 6d }
  - in-app: bye
  - { id: more, wait: 1d }
  - in-app: extra
`;
const templates = {
  'settings.yaml': settingsFile('caps: [{ channel: in-app, atMost: 2, within: 30d }]\n'),
  'note.yaml': inAppFile('note', 'note'),
  'bye.yaml': inAppFile('bye', 'bye'),
  'extra.yaml': inAppFile('extra', 'extra'),
};
const workspace = (journey: string) => workspaceOf({ ...templates, 'welcome.yaml': journey });

let engine: TimeSkippingEngine;
let mailbox: TestMailbox;
let crowd = 0;

beforeAll(async () => {
  mailbox = await testMailbox();
  engine = await timeSkippingEngine({ workspace: await workspace(BEFORE), smtpUrl: mailbox.url });
});
afterAll(async () => {
  await engine?.stop();
  await mailbox.close();
});

/** Where somebody of this crowd stands when the journey changes, by how long ago they signed up. */
const PEOPLE = {
  first: 1.5 * DAY,
  'first-begun': HOUR,
  look: 4 * DAY,
  gone: 8 * DAY,
  rest: 9 * DAY,
  end: 25 * DAY,
  old: 35 * DAY,
} as const;
type Name = keyof typeof PEOPLE;
const nameOf = (name: Name) => `${name}-${crowd}`;
const storyOf = async (name: Name) => storyFor(engine, nameOf(name), 'welcome');

/** People at every step of the version before, and then the version after is published. */
beforeEach(async () => {
  crowd += 1;
  await engine.publish(await workspace(BEFORE));
  const oldest = Math.max(...Object.values(PEOPLE));
  const moments = Object.entries(PEOPLE).map(([name, ago]) => [oldest - ago, name as Name, 'Signed Up'] as const);
  // Two of them looked, and came to rest by it.
  const looks = (['rest', 'end', 'old'] as const).map((name) => {
    const after = name === 'rest' ? 6.5 * DAY : 3 * DAY;
    return [oldest - PEOPLE[name] + after, name, 'Looked'] as const;
  });
  let now: Milliseconds = 0;
  for (const [at, name, event] of [...moments, ...looks].sort(([a], [b]) => a - b)) {
    await engine.pass(at - now);
    now = at;
    await engine.send({ name: event, userId: nameOf(name) });
    await engine.settled();
  }
  await engine.pass(oldest - now);
  await engine.publish(await workspace(AFTER));
  await engine.settled();
}, 120_000);

/** Nobody of this crowd is under way any more. */
afterEach(async () => {
  await engine.send(...Object.keys(PEOPLE).map((name) => ({ name: 'Bought', userId: nameOf(name as Name) })));
  await engine.settled();
});

const migrating = () => ({ clock: engine.clock, versions: new VersionShelf(), settings: new SettingsShelf() });

async function planned(map?: string) {
  const plan = await planMigration(engine.db, {
    journey: 'welcome',
    ...(map !== undefined && { written: { file: 'map.yaml', text: `journey: welcome\n${map}` } }),
  });
  if ('problems' in plan) throw new Error(plan.problems.map(({ message }) => message).join('\n'));
  return plan.migration;
}

/** Says what would happen, lets it happen, and says what did. */
async function migrate(map?: string) {
  const migration = await planned(map);
  const met = await previewMigration(engine.db, migration, migrating());
  const id = await askMigration(engine.db, { ...migration, by: 'a test', reason: null }, new Date(engine.clock.now()));
  engine.nudge();
  const done = await eventually(async () => {
    const [last] = await readMigrations(engine.db, 'welcome', id + 1, 1);
    expect(last?.doneAt).not.toBeNull();
    return last;
  });
  await engine.settled();
  return { met, done };
}

const runOf = async (name: Name) => {
  const [run] = await engine.runsOf(nameOf(name), 'welcome');
  if (run === undefined) throw new Error(`${name} is not in the journey`);
  return run;
};
const metAt = (met: readonly MetAtStep[], step: string | null) => met.find((group) => group.step === step);

describe('people under way, when their journey changes', () => {
  test('stay on the version that they entered, as long as nobody moves them', async () => {
    await engine.pass(10 * DAY);
    expect(await storyOf('first')).toEqual([
      '0s first: waiting until 2d',
      '2d first: waited, time',
      '2d in-app-note: acted',
      '2d look: waiting until 7d',
      '7d look: waited, timeout',
      '7d gone: waiting until 11d',
      '11d gone: waited, time',
      '11d rest: waiting until 14d',
    ]);
  });

  const MAP = 'steps: { gone: rest }\n';
  const MAPS = {
    'to the same steps': MAP,
    'all into one wait': 'steps: { first: rest, look: rest, gone: rest, end: rest }\n',
    'on to messages':
      'steps: { first: in-app-note, look: in-app-bye, gone: in-app-extra, rest: in-app-extra, end: in-app-extra }\n',
    'back to the beginning': 'steps: { look: first, gone: first, rest: first, end: first }\n',
    'some out and some not at all': 'steps: { first: out, gone: out, look: stay, end: stay }\n',
    'past the last step': 'steps: { first: end, look: end, gone: end }\n',
    out: 'others: out\n',
  };

  test.each(Object.entries(MAPS))('meet what the preview said: %s', async (_, map) => {
    const { met, done } = await migrate(map);
    expect(done).toMatchObject({ people: PEOPLE_COUNT, ended: 0, left: 0 });
    for (const { step, waits, ends, messages, people, lookedAt, goes } of met) {
      expect(lookedAt).toBe(people);
      const names = Object.keys(PEOPLE).filter((name) => stepBefore[name as Name] === step) as Name[];
      expect(people).toBe(names.length);
      const runs = await Promise.all(names.map(runOf));
      if (goes === 'stay') {
        expect(new Set(runs.map(({ version }) => version))).not.toContain(done?.version);
        continue;
      }
      const waiting = runs.flatMap(({ status, cursor }) =>
        status === 'active' && cursor.phase === 'waiting' ? [cursor] : [],
      );
      const said = waits.flatMap((wait) => Array<typeof wait>(wait.people).fill(wait));
      expect(waiting.map((cursor) => cursor.step).sort()).toEqual(said.map((wait) => wait.step).sort());
      for (const cursor of waiting) {
        const { soonest, latest } = said.find((wait) => wait.step === cursor.step) ?? { soonest: 0, latest: 0 };
        expect(cursor.until).toBeGreaterThanOrEqual(soonest);
        expect(cursor.until).toBeLessThanOrEqual(latest);
      }
      const ended = runs.filter(({ status }) => status !== 'active').map(({ status }) => status);
      expect(ended.sort()).toEqual(times(Object.entries(ends)));
      const now = (await Promise.all(names.map((name) => engine.messagesOf(nameOf(name)))))
        .flat()
        .filter(({ reservedAt }) => reservedAt.getTime() === engine.clock.now());
      const stepsOf = (isRefused: boolean) =>
        now.filter(({ status }) => (status === 'refused') === isRefused).map((message) => message.step);
      expect(stepsOf(false).sort()).toEqual(times(messages.map(({ step: id, gets }) => [id, gets])));
      expect(stepsOf(true).sort()).toEqual(times(messages.map(({ step: id, refused }) => [id, refused])));
    }
  });

  test('are named before they get a message once more, because the map sends them back', async () => {
    const back = await planned('steps: { gone: rest, rest: first, end: first }\n');
    const met = await previewMigration(engine.db, back, migrating());
    expect(metAt(met, 'rest')?.again).toEqual([{ step: 'in-app-note', people: 1 }]);
    expect(metAt(met, null)?.again).toEqual([
      { step: 'in-app-note', people: 2 },
      { step: 'in-app-bye', people: 2 },
    ]);
    expect(metAt(met, 'look')?.again).toEqual([]);
    expect(
      await planned('steps: { gone: out }\n').then((map) => previewMigration(engine.db, map, migrating())),
    ).toSatisfy((one: MetAtStep[]) => one.every(({ again }) => again.length === 0));
  });

  test('go on from there as the new version says, to the end', async () => {
    const { met } = await migrate(MAP);
    expect(metAt(met, 'first')).toMatchObject({
      people: 2,
      messages: [{ step: 'in-app-note', gets: 1, refused: 0 }],
      waits: [
        { step: 'first', people: 1 },
        { step: 'look', people: 1 },
      ],
    });
    await engine.pass(5 * DAY);
    await engine.send({ name: 'Viewed', userId: nameOf('look') });
    await engine.pass(20 * DAY);
    // A day and a half in, the shorter wait is over: at once, and not in the past.
    expect((await storyOf('first')).slice(0, 6)).toEqual([
      '0s first: waiting until 2d',
      '1d 12h first: migrated to first',
      '1d 12h first: waiting until 1d 12h',
      '1d 12h first: waited, time',
      '1d 12h in-app-note: acted',
      '1d 12h look: waiting until 10d 12h',
    ]);
    expect((await storyOf('first-begun')).slice(0, 4)).toEqual([
      '0s first: waiting until 2d',
      '1h first: migrated to first',
      '1h first: waiting until 1d',
      '1d first: waited, time',
    ]);
    // What they wait for is another thing now, and how long they wait for it counts from when they began.
    expect((await storyOf('look')).slice(3)).toEqual([
      '2d look: waiting until 7d',
      '4d look: migrated to look',
      '4d look: waiting until 11d',
      '9d look: waited, condition',
      '9d rest: waiting until 15d',
      '15d rest: waited, time',
      '15d in-app-bye: acted',
      '15d more: waiting until 16d',
      '16d more: waited, time',
      '16d in-app-extra: refused, cap',
    ]);
    // The map sent them from a step that is gone into another wait, which began when theirs did.
    expect((await storyOf('gone')).slice(5, 9)).toEqual([
      '7d gone: waiting until 11d',
      '8d gone: migrated to rest',
      '8d rest: waiting until 13d',
      '13d rest: waited, time',
    ]);
    // Past the last step one waits for the goal, now up to the new time limit.
    expect((await storyOf('end')).slice(-2)).toEqual([
      '25d run: migrated to the end',
      '30d run: ended timed-out, the time limit was reached',
    ]);
    expect((await storyOf('old')).slice(-2)).toEqual([
      '35d run: migrated to the end',
      '35d run: ended timed-out, the time limit was reached',
    ]);
  });
});

/** Each as often as it is counted, in order. */
function times(counted: readonly (readonly [string, number])[]): string[] {
  return counted.flatMap(([what, count]) => Array<string>(count).fill(what)).sort();
}

const PEOPLE_COUNT = Object.keys(PEOPLE).length;
const stepBefore: Record<Name, string | null> = {
  first: 'first',
  'first-begun': 'first',
  look: 'look',
  gone: 'gone',
  rest: 'rest',
  end: null,
  old: null,
};
