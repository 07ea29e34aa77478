import { describe, expect, test } from 'vitest';
import type { Journey } from '../../src/core/journey.ts';
import { DAY } from '../../src/core/time.ts';
import { messagesOf, workspaceOf } from './folder.ts';

const AUDIENCES = 'audience: trialists\nevent: Trial Started\n---\naudience: big\nof: accounts\nevent: X\n';

async function enteredBy(enter: string): Promise<Journey> {
  const { journeys } = await workspaceOf({
    'a.yaml': `journey: a\nenter: ${enter}\nsteps: [{ wait: 1h }]\n`,
    'b.yaml': AUDIENCES,
  });
  const version = journeys.a;
  if (version === undefined) throw new Error('There is no journey');
  return version.journey;
}

async function saidOf(enter: string, more = ''): Promise<readonly string[]> {
  const yaml = `journey: a\nenter: ${enter}\n${more}steps: [{ wait: 1h }]\n`;
  return messagesOf({ 'a.yaml': yaml, 'b.yaml': AUDIENCES });
}

describe('by an audience', () => {
  test('that is left', async () => {
    expect((await enteredBy('{ leaves: trialists }')).enter).toEqual({ by: 'leaving', audience: 'trialists' });
  });

  test('that is not there, or is of accounts', async () => {
    expect(await saidOf('{ leaves: trialist }')).toEqual([
      'a.yaml:2:18  There is no audience `trialist`. Did you mean `trialists`?',
    ]);
    expect(await saidOf('{ leaves: big }')).toEqual([
      'a.yaml:2:18  The audience `big` is of accounts, and this journey is about people. Say `of: accounts` at the top, or enter by an audience of people.',
    ]);
  });
});

describe('again', () => {
  test('after a time, so many times, or both', async () => {
    const againOf = async (again: string) => (await enteredBy(`{ event: X, again: ${again} }`)).again;
    expect(await againOf('after 90d')).toEqual({ after: 90 * DAY });
    expect(await againOf('{ after: 90d, atMost: 3 }')).toEqual({ after: 90 * DAY, atMost: 3 });
    expect(await againOf('{ atMost: 3 }')).toEqual({ after: 0, atMost: 3 });
  });

  test('in other words', async () => {
    expect(await saidOf('{ event: X, again: {} }')).toEqual(['a.yaml:2:27  `again` needs `after`, `atMost` or both.']);
    expect(await saidOf('{ event: X, again: { atMost: 0 } }')).toEqual([
      'a.yaml:2:37  `atMost` must be a whole number, at least 1, not 0.',
    ]);
    expect(await saidOf('{ event: X, again: { upTo: 3 } }')).toEqual([
      'a.yaml:2:29  Unknown key `upTo` in `again`. Known here: after, atMost.',
    ]);
  });
});
