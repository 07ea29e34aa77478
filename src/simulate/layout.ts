/**
 * Lines for a terminal of some width: a column for the time, one for how long that is after the start, and the rest.
 * @module
 */
import { DateTime } from 'luxon';
import type { Instant } from '../core/time.ts';

export interface Line {
  readonly at: string;
  /** Empty in all of them: there is no such column. */
  readonly after: string;
  readonly text: string;
  /** Stands below, behind a bar. */
  readonly quote?: readonly string[];
}

const NARROWEST = 60;
const WIDEST = 160;
const GAP = '  ';
const BAR = '│ ';
/** Nobody reads longer lines. */
const LONGEST_QUOTE = 76;

/** @param width of the terminal */
export function layOut(lines: readonly Line[], width: number, indent = GAP): string[] {
  const [first, second] = [widest(lines.map(({ at }) => at)), widest(lines.map(({ after }) => after))];
  const between = second === 0 ? '' : GAP;
  const margin = ' '.repeat(indent.length + first + GAP.length + second + between.length);
  const room = Math.min(Math.max(width, NARROWEST), WIDEST) - margin.length;
  return lines.flatMap(({ at, after, text, quote = [] }) => {
    const [opening = '', ...more] = wrap(text, room, GAP);
    const quoted = quote.flatMap((part) => wrap(part, Math.min(room - BAR.length, LONGEST_QUOTE), ''));
    return [
      `${indent}${at.padEnd(first)}${GAP}${after.padEnd(second)}${between}${opening}`,
      ...more.map((line) => `${margin}${line}`),
      ...quoted.map((line) => `${margin}${BAR}${line}`.trimEnd()),
    ];
  });
}

/** Breaks at spaces; a word that is too long by itself stays whole. */
export function wrap(text: string, width: number, hanging: string): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (longer.length <= width || line.trim() === '') line = longer;
      else {
        lines.push(line);
        line = `${hanging}${word}`;
      }
    }
    return [...lines, line];
  });
}

/**
 * `Wed 4 Mar 09:00`, with seconds and their parts where there are some, and with the year where it is another one than that
 * of `near`.
 */
export function clockTime(at: Instant, zone: string, near?: Instant): string {
  const time = DateTime.fromMillis(at, { zone, locale: 'en-GB' });
  const isNear = near !== undefined && DateTime.fromMillis(near, { zone }).year === time.year;
  const exact = time.millisecond > 0 ? ':ss.SSS' : time.second > 0 ? ':ss' : '';
  return time.toFormat(`ccc d LLL${isNear ? '' : ' yyyy'} HH:mm${exact}`);
}

/** Likewise, as wide for the first of a month as for the last. */
export function alignedTime(at: Instant, zone: string, near?: Instant): string {
  return clockTime(at, zone, near).replace(/ (?=\d )/, '  ');
}

function widest(cells: readonly string[]): number {
  return cells.reduce((width, cell) => Math.max(width, cell.length), 0);
}
