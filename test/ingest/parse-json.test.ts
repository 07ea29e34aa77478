import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokenJsonError, parseJson } from '../../src/ingest/parse-json.ts';

function brokenAt(text: string): number | null {
  try {
    parseJson(text);
    return null;
  } catch (error) {
    if (error instanceof BrokenJsonError) return error.offset;
    throw error;
  }
}

describe('broken JSON is named by its place', () => {
  test.each<[string, string]>([
    ['{"a":1,}', 'line 1, column 8: unexpected "}"'],
    ['{"a" 1}', 'line 1, column 6: unexpected "1}"'],
    ['{"a":nul}', 'line 1, column 6: unexpected "nul}"'],
    ['{"a":}', 'line 1, column 6: unexpected "}"'],
    ['{\n  "a": [1, 2,\n  ]\n}', 'line 3, column 3: unexpected "]\\n}"'],
    ['{"a":{"b":[1,{"c":tru}]}}', 'line 1, column 19: unexpected "tru}]}}"'],
    ['[}', 'line 1, column 2: unexpected "}"'],
    ['{"a":1', 'line 1, column 7: the text ends too early'],
    ['{"a":[{}', 'line 1, column 9: the text ends too early'],
    ['{} x', 'line 1, column 4: unexpected "x"'],
    ['not json at all', 'line 1, column 1: unexpected "not json at "'],
  ])('%s', (text, message) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ message: `The body is not JSON: ${message}` }));
  });

  test('whatever is broken, the place is inside the text and what stands before it can be gone on from', () => {
    const put = fc.constantFrom('}', ']', ',', ':', 'x', '');
    fc.assert(
      fc.property(
        fc.json({ stringUnit: fc.constantFrom('a', ' ', ':', '{') }),
        fc.nat(),
        put,
        (json, where, character) => {
          const at = where % (json.length + 1);
          const text = json.slice(0, at) + character + json.slice(at + 1);
          const broken = brokenAt(text);
          if (broken === null) return;
          expect(broken).toBeLessThanOrEqual(text.length);
          const before = text.slice(0, broken).replace(/\w+$/, '');
          expect(brokenAt(before) ?? before.length).toBe(before.length);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

test('what jsonb cannot keep becomes the replacement character', () => {
  expect(parseJson('{"a\\u0000":["\\ud83d", "\\ud83d\\ude00", {"b":"x\\u0000y"}]}')).toEqual({
    'a\ufffd': ['\ufffd', '😀', { b: 'x\ufffdy' }],
  });
});
