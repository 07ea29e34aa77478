/**
 * Email templates: an `.mjml` file with YAML front matter becomes HTML and text in which the Liquid still stands.
 * @module
 */
import { convert } from 'html-to-text';
import mjml2html from 'mjml';
import { names, tagsOf } from './liquid.ts';
import { type Place, parseYaml, problemAt, type Source } from './source.ts';
import type { Problem } from './workspace-types.ts';

export interface MjmlFile {
  /** The front matter; none where its YAML is broken. */
  readonly sources: readonly Source[];
  /** The whole file with the front matter and comments blanked, so that places stay what they are. */
  readonly mjml: string;
  readonly problems: readonly Problem[];
}

/** Splits front matter from MJML. */
export function readMjml(file: string, text: string): MjmlFile {
  const front = /^---[ \t]*\r?\n([\s\S]*?)^---[ \t]*(\r?\n|$)/m.exec(text);
  if (front === null || front.index !== 0) {
    const fix = 'Begin it with `---`, `email: <name>`, `subject: <text>` and `---`';
    return { sources: [], mjml: '', problems: [problemAt(file, START, 'The template has no front matter', fix)] };
  }
  const { sources, problems } = parseYaml(file, front[1] ?? '', 1);
  const mjml = withoutComments(blanked(front[0]) + text.slice(front[0].length));
  const empty = sources.length === 0 && problems.length === 0;
  return { sources, mjml, problems: empty ? [problemAt(file, START, 'The front matter is empty')] : problems };
}

const START: Place = { line: 1, column: 1 };

export interface Compiled {
  readonly html: string;
  readonly text: string;
}

/**
 * @param path the template's path on disk, which includes are relative to
 * @param root includes lead nowhere outside this folder
 */
export async function compileMjml(
  file: string,
  mjml: string,
  options: { readonly path: string; readonly root: string; readonly preview?: string; readonly transactional: boolean },
): Promise<Compiled | readonly Problem[]> {
  const start = placeOf(mjml, mjml.search(/\S/));
  if (!mjml.includes('<mjml'))
    return [problemAt(file, start, 'The template holds no MJML', 'Write `<mjml>` … `</mjml>`')];
  const source = options.preview === undefined ? mjml : withPreview(mjml, options.preview);
  let html: string;
  try {
    const result = await mjml2html(source, {
      validationLevel: 'soft',
      ignoreIncludes: false,
      filePath: options.path,
      includePath: options.root,
    });
    const problems = result.errors.map((error) => mjmlProblem(file, error));
    if (result.html.includes('mj-include denied')) {
      const at = placeOf(mjml, mjml.indexOf('<mj-include'));
      problems.push(problemAt(file, at, 'An included file is not there, or not inside the workspace'));
    }
    if (problems.length > 0) return problems;
    html = result.html;
  } catch (cause) {
    return [
      problemAt(file, start, `The MJML cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`),
    ];
  }
  const lost = lostTags(file, mjml, html);
  if (lost.length > 0) return lost;
  if (!options.transactional && !names(html, 'unsubscribeUrl')) {
    const fix = 'Add `<a href="{{ unsubscribeUrl }}">Unsubscribe</a>`, or `transactional: true` if it is no marketing';
    return [problemAt(file, start, 'The email has no way to unsubscribe', fix)];
  }
  return { html, text: textOf(html) };
}

/** Liquid keeps its place: nothing is wrapped, shortened or put in capitals. */
function textOf(html: string): string {
  const plain = { options: { uppercase: false } };
  return convert(html, {
    wordwrap: false,
    selectors: [
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, ...plain })),
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['<', '>'] } },
      // What MJML makes a `div` of reads as a paragraph.
      { selector: 'div', options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } },
      { selector: 'img', format: 'skip' },
      { selector: 'div[style*="display:none"]', format: 'skip' },
    ],
  }).trim();
}

function mjmlProblem(
  file: string,
  error: { line: number; message: string; tagName: string; formattedMessage: string },
): Problem {
  const included = /^Line (\d+) of (\S+), included at line (\d+)/.exec(error.formattedMessage);
  const part = included === null ? '' : ` in \`${included[2]?.split('/').at(-1)}\`, line ${included[1]}`;
  const line = included === null ? error.line : Number(included[3]);
  return problemAt(file, { line, column: 1 }, `\`<${error.tagName}>\`${part}: ${error.message}`);
}

/** MJML drops text that stands between its tags; Liquid there would vanish without a word. */
function lostTags(file: string, mjml: string, html: string): readonly Problem[] {
  const kept = new Set(tagsOf(html).map(({ tag }) => normal(tag)));
  return tagsOf(mjml)
    .filter(({ tag }) => !kept.has(normal(tag)))
    .map(({ tag, index }) =>
      problemAt(file, placeOf(mjml, index), `MJML drops \`${tag}\` here`, 'Put it inside `<mj-text>` or `<mj-raw>`'),
    );
}

function normal(tag: string): string {
  return tag.replaceAll(/\s+/g, ' ');
}

function withPreview(mjml: string, preview: string): string {
  const element = `<mj-preview>${preview.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</mj-preview>`;
  return /<mj-head\s*>/.test(mjml)
    ? mjml.replace(/<mj-head\s*>/, (head) => head + element)
    : mjml.replace(/<mjml[^>]*>/, (open) => `${open}<mj-head>${element}</mj-head>`);
}

/** Conditional comments are for mail programs and stay. */
function withoutComments(mjml: string): string {
  return mjml.replaceAll(/<!--(?!\[if|<!\[endif)[\s\S]*?-->/g, blanked);
}

function blanked(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ');
}

export function placeOf(text: string, index: number): Place {
  const before = text.slice(0, Math.max(index, 0));
  return { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') };
}
