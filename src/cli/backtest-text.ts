/**
 * A backtest as people read it at a terminal: tables of at most 80 columns.
 * @module
 */

import { lengthText } from '../core/time-text.ts';
import { columns, thousands } from '../demo/columns.ts';
import type { Backtest } from '../simulate/backtest.ts';
import type { BacktestCounts, MessageCounts } from '../simulate/backtest-tally.ts';
import { byChanceText } from '../simulate/by-chance-text.ts';

/** @param against what it is compared with, in a word or two; null: nothing */
export function backtestText(backtest: Backtest, against: string | null): string {
  const { journey, period, byChanceAlone, people, proposed, current, changes } = backtest;
  return [
    `${journey} (${short(proposed)}) from ${dayOf(period.from)} to ${dayOf(period.to)}, over ${peopleText(people)}`,
    ...(against === null
      ? []
      : [current === null ? `${against} has no such journey` : `against ${against} (${short(current)})`]),
    ...section('Who would have entered', entryRows, proposed, current),
    ...(changes === null
      ? []
      : [`  ${thousands(changes.same)} the same, ${thousands(changes.added)} new, ${thousands(changes.lost)} lost`]),
    ...section('Would not have been let in', ({ refusedEntries }) => Object.entries(refusedEntries), proposed, current),
    ...section('What they would have got, or not and why', messageRows, proposed, current),
    ...section('How it would have ended', outcomeRows, proposed, current),
    ...section('Messages of other journeys', ({ sentByOthers }) => Object.entries(sentByOthers), proposed, current),
    '',
    conversionText(proposed),
    ...byChanceText(byChanceAlone),
  ].join('\n');
}

type Row = readonly [what: string, count: number];

function entryRows({ people, entries, heldOut }: BacktestCounts): Row[] {
  return [
    ['people', people],
    ['entries', entries],
    ['of these held out', heldOut],
  ];
}

function messageRows({ messages }: BacktestCounts): Row[] {
  return messages.flatMap((message): Row[] => [
    [nameOf(message), message.sent],
    ...Object.entries(message.refused).map(
      ([reason, count]): Row => [`${nameOf(message)}: ${REASONS[reason] ?? reason}`, count],
    ),
  ]);
}

function nameOf({ step, channel, template }: MessageCounts): string {
  return template === null || step.includes(template)
    ? `${channel} ${template ?? step}`
    : `${channel} ${template} (${step})`;
}

const REASONS: Readonly<Record<string, string>> = {
  'held-out': 'held out',
  suppressed: 'unsubscribed',
  channel: 'no address',
};

function outcomeRows({ outcomes }: BacktestCounts): Row[] {
  return Object.entries(outcomes).map(([outcome, count]) => [
    outcome === 'active' ? 'still under way' : outcome,
    count,
  ]);
}

/** Nothing where there are no figures. */
function section(
  title: string,
  rowsOf: (counts: BacktestCounts) => readonly Row[],
  proposed: BacktestCounts,
  current: BacktestCounts | null,
): string[] {
  const [now, before] = [new Map(rowsOf(proposed)), new Map(current === null ? [] : rowsOf(current))];
  const names = [...new Set([...now.keys(), ...before.keys()])];
  if (names.length === 0) return [];
  const rows = names.map((name) => {
    const [count, then] = [now.get(name) ?? 0, before.get(name) ?? 0];
    return [`  ${name}`, thousands(count), ...(current === null ? [] : [thousands(then), signed(count - then)])];
  });
  return ['', ...columns([[title, ...(current === null ? [''] : ['now', 'before', ''])], ...rows])];
}

function conversionText({ entries, convertedAnyway }: BacktestCounts): string {
  const { entries: converted, beforeAnyMessage, medianTime } = convertedAnyway;
  if (entries === 0) return 'Nobody would have entered.';
  if (converted === 0) return 'None of them reached the goal without it.';
  const share = `${((converted / entries) * 100).toFixed(1)} %`;
  const times = medianTime === null ? '' : `half of them within ${lengthText(medianTime, 2)}, and `;
  return [
    `${thousands(converted)} of the ${thousands(entries)} (${share}) reached the goal although nobody wrote to them:`,
    `${times}${thousands(beforeAnyMessage)} before anything would have been sent.`,
  ].join('\n');
}

function short({ version }: BacktestCounts): string {
  return version.slice(0, 12);
}

function peopleText(people: number): string {
  return people === 1 ? '1 person' : `${thousands(people)} people`;
}

function signed(difference: number): string {
  return difference === 0 ? '' : `${difference > 0 ? '+' : '−'}${thousands(Math.abs(difference))}`;
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
