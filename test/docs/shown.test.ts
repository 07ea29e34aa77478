import { expect, test } from 'vitest';
import { blocksOf } from './blocks.ts';
import { isJsonShown, isTextShown } from './shown.ts';

test('blocks are found with their language, settings and line', () => {
  const page = 'Text\n\n```sh exit=1\nfalse\n```\n```yaml title=a/b.yaml\na: 1\n\nb: 2\n```\n';
  expect(blocksOf(page)).toEqual([
    { language: 'sh', settings: { exit: '1' }, text: 'false\n', line: 3 },
    { language: 'yaml', settings: { title: 'a/b.yaml' }, text: 'a: 1\n\nb: 2\n', line: 6 },
  ]);
});

test.each([
  ['a\nb\n', 'a\nb', true],
  ['a\nb\n', 'a', false],
  ['a (1f3)\n', 'a (…)', true],
  ['a [1f3]\n', 'a (…)', false],
  ['a\nb\nc\nd\n', 'a\n…\nd', true],
  ['a\nb\n', 'a\n…\nd', false],
])('printed %j, shown %j: %j', (printed, shown, is) => {
  expect(isTextShown(printed, shown)).toBe(is);
});

test.each([
  [{ a: 1, b: [1, 2] }, { a: 1, b: [1, 2] }, true],
  [{ a: 1, b: 2 }, { a: 1 }, false],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: 1, b: 2 }, { a: 1, '…': '…' }, true],
  [{ a: 'run/7/0' }, { a: 'run/…/0' }, true],
  [{ a: 'run/7/0' }, { a: 'fun/…/0' }, false],
  [{ a: null }, { a: '…' }, true],
  [[1, 2, 3], [1, 2], false],
  [[1, 2, 3], [1, 2, '…'], true],
  [{ a: null }, { a: {} }, false],
])('printed %j, shown %j: %j', (printed, shown, is) => {
  expect(isJsonShown(printed, shown)).toBe(is);
});
