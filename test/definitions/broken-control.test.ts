import { expect, test } from 'vitest';
import { messagesOf } from './folder.ts';

/** What a journey says of how it stands, with everything that an author is told where that cannot be. */
const journey = (keys: string) => ({ 'a.yaml': `journey: a\nenter: { event: X }\n${keys}\nsteps: [{ wait: 1d }]\n` });

test.each([
  [
    'a status that there is not',
    'status: live',
    ['a.yaml:3:9  `status` must be `draft`, `published` or `archived`, not "live".'],
  ],
  [
    'one that is a command, not a definition',
    'status: paused',
    ['a.yaml:3:9  `status` must be `draft`, `published` or `archived`, not "paused".'],
  ],
  [
    'one that is no text',
    'status: true',
    ['a.yaml:3:9  `status` must be `draft`, `published` or `archived`, not true.'],
  ],
  [
    'nobody knows what happens in a pause',
    'whilePaused: hold',
    ['a.yaml:3:14  `whilePaused` must be `enter` or `refuse`, not "hold".'],
  ],
  ['a misspelt key', 'whilepaused: refuse', ['a.yaml:3:1  Unknown key `whilepaused`. Did you mean `whilePaused`?']],
  [
    'a rate that is none',
    'resume: { rate: 100, stale: 2d }',
    ['a.yaml:3:17  `rate` must be a rate such as `100/minute`, not 100.'],
  ],
  [
    'a rate of nobody, and one in a unit that there is not',
    'resume: { rate: 0/minute }\nexit: { after: 9d }',
    ['a.yaml:3:17  `rate` must be a rate such as `100/minute`, not "0/minute".'],
  ],
  [
    'a unit that there is not',
    'resume: { rate: 5/week }',
    ['a.yaml:3:17  `rate` must be a rate such as `100/minute`, not "5/week".'],
  ],
  [
    'a staleness that is none',
    'resume: { stale: soon }',
    ['a.yaml:3:18  `stale` must be a duration such as `2d`, or `never`, not "soon".'],
  ],
  [
    'a key that there is not in it',
    'resume: { rat: 5/minute }',
    ['a.yaml:3:11  Unknown key `rat` in `resume`. Did you mean `rate`?'],
  ],
  ['something else than a map', 'resume: 5/minute', ['a.yaml:3:9  `resume` must be a map of keys, not "5/minute".']],
])('%s', async (_name, keys, messages) => {
  expect(await messagesOf(journey(keys))).toEqual(messages);
});
