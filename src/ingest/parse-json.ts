/**
 * JSON with errors that name the place, and without the characters that Postgres cannot keep.
 * @module
 */

/** The text is not JSON. `offset` counts UTF-16 code units from 0; `line` and `column` start at 1. */
export class BrokenJsonError extends Error {
  override readonly name = 'BrokenJsonError';
  readonly line: number;
  readonly column: number;

  constructor(
    text: string,
    readonly offset: number,
  ) {
    const before = text.slice(0, offset).split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    const what =
      offset >= text.length
        ? 'the text ends too early'
        : `unexpected ${JSON.stringify(text.slice(offset, offset + 12))}`;
    super(`The body is not JSON: line ${line}, column ${column}: ${what}`);
    this.line = line;
    this.column = column;
  }
}

const UNKEEPABLE = /\\u(?:0000|d[89a-f])/i;
const TOKEN =
  /\s*([{}[\],:]|"(?:[^"\\\n\r\t]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/**
 * Parses JSON. The character U+0000 and halves of surrogate pairs, which jsonb refuses, become U+FFFD.
 * @throws {BrokenJsonError}
 */
export function parseJson(text: string): unknown {
  try {
    return UNKEEPABLE.test(text) ? JSON.parse(text, (_key, value) => keepable(value)) : JSON.parse(text);
  } catch (error) {
    const told = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    throw new BrokenJsonError(text, told === undefined ? brokenAt(text) : Number(told));
  }
}

function keepable(value: unknown): unknown {
  if (typeof value === 'string') return keepableText(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [keepableText(key), inner]));
}

/** The text without what Postgres cannot keep. */
export function keepableText(text: string): string {
  // UTF-8 has no way to write half a pair, so the way there and back replaces it.
  return Buffer.from(text.replaceAll('\u0000', '\ufffd')).toString();
}

/** What may stand at a place, by the kinds of {@link TOKEN}: `s` a string, `v` another scalar, the others themselves. */
const VALUE = 'sv{[';
const FIRST_ELEMENT = 'sv{[]';
const FIRST_KEY = 's}';
const KEY = 's';
const COLON = ':';

/** Where the first token stands that cannot be there; the engine does not tell for all of them. */
function brokenAt(text: string): number {
  const nesting: string[] = [];
  const afterValue = () => (nesting.length === 0 ? '' : nesting.at(-1) === '{' ? ',}' : ',]');
  let allowed = VALUE;
  let end = 0;
  for (;;) {
    TOKEN.lastIndex = end;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) return end + text.slice(end).length - text.slice(end).trimStart().length;
    end = TOKEN.lastIndex;
    const kind = token.startsWith('"') ? 's' : /^[\w-]/.test(token) ? 'v' : token;
    if (!allowed.includes(kind)) return end - token.length;
    if (kind === '{' || kind === '[') {
      nesting.push(kind);
      allowed = kind === '{' ? FIRST_KEY : FIRST_ELEMENT;
    } else if (kind === ':') {
      allowed = VALUE;
    } else if (kind === ',') {
      allowed = nesting.at(-1) === '{' ? KEY : VALUE;
    } else if (kind === 's' && (allowed === FIRST_KEY || allowed === KEY)) {
      allowed = COLON;
    } else {
      if (kind === '}' || kind === ']') nesting.pop();
      allowed = afterValue();
    }
  }
}
