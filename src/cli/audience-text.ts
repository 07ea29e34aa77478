/**
 * Answers about audiences as people read them at a terminal.
 * @module
 */
import type { AroundEvent, Doing } from '../audiences/around-event.ts';
import type { CohortCheck, CohortQuestion } from '../audiences/cohort-check.ts';
import type { Overlap } from '../audiences/overlap.ts';
import type { Preview } from '../audiences/preview.ts';
import { durationText } from '../definitions/schema-values.ts';
import { columns, counted, thousands } from '../demo/columns.ts';
import type { Comparison, compareGroups } from '../measurement/cohorts.ts';

export function overlapText({ audiences, pairs }: Overlap): string {
  const sizes = columns([['Audience', 'Members'], ...audiences.map(({ key, size }) => [key, thousands(size)])]);
  const shared = pairs.filter(({ both }) => both > 0);
  if (shared.length === 0) return [...sizes, '', 'No two of them share a member.'].join('\n');
  const rows = shared.map(({ a, b, both, ofA, ofB, jaccard }) => {
    return [a, b, thousands(both), percent(ofA), percent(ofB), percent(jaccard)];
  });
  const head = ['This', 'and this', 'In both', 'Of this', 'Of that', 'Of either'];
  return [...sizes, '', ...columns([head, ...rows], [0, 1])].join('\n');
}

export function aroundText(event: string, minutes: number, { people, comparable, events }: AroundEvent): string {
  if (people === 0) return `Nobody did \`${event}\` in that time.`;
  const head = ['', 'Before', 'Usually', 'After', 'Usually'];
  const rows = events.map(({ event: name, before, after }) => [name, ...doingCells(before), ...doingCells(after)]);
  return [
    `${counted(people, 'person').replace('persons', 'people')} did \`${event}\`. What they did in the ${minutes} minutes before and after,`,
    `against other moments of the ${thousands(comparable)} of them who have any:`,
    '',
    ...(rows.length === 0 ? ['Nothing else.'] : columns([head, ...rows])),
  ].join('\n');
}

function doingCells({ people, share, usually }: Doing): string[] {
  return [people === 0 ? '–' : percent(share), usually === null ? '' : percent(usually)];
}

export function cohortText(
  { from, to, convertWithin, retention: window }: CohortQuestion,
  { matched, others, before, leftOut }: CohortCheck,
  { conversion, retention }: ReturnType<typeof compareGroups>,
): string {
  const within = `Converted within ${durationText(convertWithin, 'long')}`;
  const back = `Came back between ${durationText(window.from, 'long')} and ${durationText(window.until, 'long')}`;
  const rows = [
    ['', 'Matched', 'Everybody else', 'Difference', '95 % sure between'],
    ['People', thousands(matched.people), thousands(others.people), '', ''],
    [within, ...comparisonCells(conversion)],
    [back, ...comparisonCells(retention)],
  ];
  return [
    `Who came to match from ${day(from)} to ${day(to)}, counted from that moment; everybody else from such a moment of others.`,
    '',
    ...columns(rows),
    '',
    `In neither: ${thousands(before)} who matched before, ${thousands(leftOut)} with no moment to count from.`,
  ].join('\n');
}

function comparisonCells({ matched, others, difference }: Comparison): string[] {
  if (difference === null) return [shareText(matched), shareText(others), '', ''];
  const { low, high } = difference;
  return [shareText(matched), shareText(others), points(difference.difference), `${points(low)} and ${points(high)}`];
}

export function previewText({ size, of, sample }: Preview, kind: 'person' | 'account'): string {
  const total = `${thousands(size)} of ${kind === 'person' ? `${thousands(of)} people` : counted(of, 'account')}`;
  if (sample.length === 0) return total;
  return [`${total}, among them:`, ...sample.map(({ userId }) => `  ${userId ?? '(anonymous)'}`)].join('\n');
}

function shareText(share: number | null): string {
  return share === null ? '' : percent(share);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** Percentage points. */
function points(difference: number): string {
  return `${difference < 0 ? '−' : '+'}${Math.abs(difference * 100).toFixed(1)}`;
}

function day(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
