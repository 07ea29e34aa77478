/**
 * Text as its author sees it: where in which file something stands.
 * @module
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
} from 'yaml';
import type { Problem } from './workspace-types.ts';

/** Line and column, starting at 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type Path = readonly PropertyKey[];

/** One definition's YAML: its value, and where each part of it stands. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** Where the value at `path` begins; where it is not written, what it would stand in. */
  placeOf(path: Path): Place;
  /** Where the last key of `path` is written. */
  placeOfKey(path: Path): Place;
  /** The place of the `index`th letter of the text at `path`, as exactly as its notation allows. */
  placeWithin(path: Path, text: string, index: number): Place;
}

export function problemAt(file: string, place: Place, message: string, fix?: string): Problem {
  return { file, ...place, message, ...(fix !== undefined && { fix }), severity: 'error' };
}

/**
 * The definitions of one YAML text; several are separated by `---`.
 * @param linesBefore lines of the file above the text
 */
export function parseYaml(
  file: string,
  text: string,
  linesBefore = 0,
): { readonly sources: readonly Source[]; readonly problems: readonly Problem[] } {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(line, 1) + linesBefore, column: Math.max(col, 1) };
  };
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const documents = 'empty' in parsed ? [] : parsed;
  const sources: Source[] = [];
  const problems: Problem[] = [];
  for (const document of documents) {
    const faults = faultsOf(document, text);
    for (const { offset, message, fix } of faults) problems.push(problemAt(file, placeAt(offset), message, fix));
    if (faults.length > 0 || document.contents === null) continue;
    try {
      sources.push({ file, value: document.toJS(), ...places(document, text, placeAt) });
    } catch (cause) {
      const start = placeAt(document.contents.range?.[0] ?? 0);
      problems.push(
        problemAt(file, start, `The YAML cannot be read: ${cause instanceof Error ? cause.message : cause}`),
      );
    }
  }
  return { sources, problems };
}

/** Postgres keeps neither in JSON. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

interface Fault {
  readonly offset: number;
  readonly message: string;
  readonly fix?: string;
}

const UNQUOTED_LIQUID = {
  message: 'YAML takes the `{{` for a map',
  fix: 'Put the whole text in quotes',
};

/** Keys that stand twice, and the first of the errors in the notation: those after it are mostly its echo. */
function faultsOf(document: Document.Parsed, text: string): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { code, message, pos } of document.errors) {
    const [offset] = pos;
    if (code === 'DUPLICATE_KEY') {
      const key = /^[^\s:]+/.exec(text.slice(offset))?.[0] ?? '';
      faults.push({ offset, message: `The key \`${key}\` stands here twice`, fix: 'Keep one of them' });
    } else {
      faults.push({ offset, ...explained(code, message, text, offset) });
      break;
    }
  }
  if (faults.length > 0) return faults;
  visit(document, {
    Pair: (_, { key }) => {
      if (isMap(key)) faults.push({ offset: (key.range?.[0] ?? 1) - 1, ...UNQUOTED_LIQUID });
    },
    Scalar: (_, { value, range }) => {
      if (typeof value !== 'string' || !UNSTORABLE.test(value)) return;
      const message = 'The text holds a letter that cannot be stored';
      faults.push({ offset: range?.[0] ?? 0, message, fix: 'Take out `\\0` and halves of surrogate pairs' });
    },
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const offset = alias.range?.[0] ?? 0;
      faults.push({
        offset,
        message: `There is no anchor \`&${alias.source}\` above`,
        fix: 'Quote it if it is a text',
      });
    },
  });
  return faults;
}

function explained(
  code: string,
  message: string,
  text: string,
  offset: number,
): Partial<Fault> & Pick<Fault, 'message'> {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const unquoted = /^[^#'"]*:\s+(?=\{\{)/.exec(text.slice(start, offset));
  if (unquoted !== null) return { offset: start + unquoted[0].length, ...UNQUOTED_LIQUID };
  const bracket = /end with a ([\]}])$/.exec(message)?.[1];
  if (bracket !== undefined)
    return { message: `The bracket opened above is not closed before this`, fix: `Close it with \`${bracket}\`` };
  switch (code) {
    case 'TAB_AS_INDENT':
      return { message: 'A tab is used for indentation', fix: 'Use spaces' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        message: 'A key stands where YAML allows none',
        fix: 'Quote a text that holds `: `, or mend the indentation',
      };
    case 'UNEXPECTED_TOKEN':
      return { message: `The YAML is broken: ${message}`, fix: 'Put the whole text in quotes, if it is one' };
    default:
      return {
        message: `The YAML is broken: ${message}`,
        fix: 'Look at brackets, quotes and indentation here and just above',
      };
  }
}

function places(document: Document, text: string, placeAt: (offset: number) => Place): Omit<Source, 'file' | 'value'> {
  const nodeAt = (path: Path): { node: Node | null; pair: Pair | null; complete: boolean } => {
    let node = document.contents as Node | null;
    let pair: Pair | null = null;
    for (const step of path) {
      const open = isAlias(node) ? (node.resolve(document) ?? null) : node;
      if (isMap(open)) {
        const found = open.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
        if (found === undefined) return { node: open, pair, complete: false };
        pair = found;
        node = (found.value ?? found.key) as Node;
      } else if (isSeq(open)) {
        const item = open.items[Number(step)] as Node | undefined;
        if (item === undefined) return { node: open, pair, complete: false };
        node = item;
      } else {
        return { node, pair, complete: false };
      }
    }
    return { node, pair, complete: true };
  };
  const startOf = (node: Node | null): number => node?.range?.[0] ?? 0;

  return {
    placeOf: (path) => placeAt(startOf(nodeAt(path).node)),
    placeOfKey: (path) => {
      const { node, pair, complete } = nodeAt(path);
      return placeAt(startOf(complete && pair !== null ? (pair.key as Node) : node));
    },
    placeWithin: (path, value, index) => {
      const { node } = nodeAt(path);
      const [start, end] = node?.range ?? [0, 0];
      const verbatim = text.slice(start, end).indexOf(value);
      if (verbatim >= 0) return placeAt(start + verbatim + index);
      // Liquid tags keep their order in every notation of YAML, so the nth one of the value is the nth one of the file.
      const openings = [...value.slice(0, index + 1).matchAll(/\{[{%]/g)];
      const written = [...text.slice(start, end).matchAll(/\{[{%]/g)][Math.max(openings.length - 1, 0)];
      if (written === undefined) return placeAt(start);
      return placeAt(start + written.index + Math.max(index - (openings.at(-1)?.index ?? index), 0));
    },
  };
}
