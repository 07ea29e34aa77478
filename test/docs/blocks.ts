/**
 * The fenced blocks of a Markdown page.
 * @module
 */

export interface Block {
  readonly language: string;
  /** What stands behind the language, such as `title=journeys/settings.yaml`; readers do not see it. */
  readonly settings: Readonly<Record<string, string>>;
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
}

const FENCED = /^```(\S*)[^\S\n]*([^\n]*)\n(.*?)^```[^\S\n]*$/gms;

/** In the order of the page. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(FENCED)].map(({ index, 1: language = '', 2: settings = '', 3: text = '' }) => ({
    language,
    settings: Object.fromEntries(
      settings
        .split(/\s+/)
        .filter(Boolean)
        .map((setting) => setting.split('=') as [string, string]),
    ),
    text,
    line: markdown.slice(0, index).split('\n').length,
  }));
}
