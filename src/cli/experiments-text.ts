/**
 * The figures of experiments as people read them at a terminal.
 * @module
 */
import { DAY, HOUR, MINUTE, type Milliseconds } from '../core/time.ts';
import { durationText } from '../definitions/schema-values.ts';
import { columns, thousands } from '../demo/columns.ts';
import type { Effect, ExperimentReport, Side } from '../measurement/experiments.ts';
import type { Measured } from '../server/experiments.ts';

export function experimentsText({ journey, holdout, experiments }: Measured): string {
  const parts = [
    ...experiments.map((report) => [...headOf(report, winnerText(report.winner)), ...tableOf(report)].join('\n')),
    ...(holdout === null ? [] : [['The hold-out', '', ...tableOf(holdout)].join('\n')]),
  ];
  return parts.length === 0 ? `${journey} has no experiments, and nobody was held out.` : parts.join('\n\n');
}

function headOf({ experiment, isRunning }: ExperimentReport, winner: string): string[] {
  return [`The experiment ${experiment}${isRunning ? '' : ', which is over'}${winner}`, ''];
}

function winnerText(winner: Measured['experiments'][number]['winner']): string {
  if (winner === null) return '';
  const { variant, byHand, decidedAt, figures } = winner;
  const sure = Math.floor((1 - Number(figures?.pValue)) * 1_000) / 10;
  const how = byHand ? 'chosen by hand' : `at least ${sure}% sure, however often that was looked at`;
  return `: everybody new gets ${variant} since ${decidedAt.toISOString()}, ${how}`;
}

const HEAD = ['', 'exposed', 'converted', 'rate', 'lift', '95 % sure between', 'p', 'incremental', 'time to convert'];

/** A line for each side. */
export function tableOf({ sides, control, tooFew }: Pick<ExperimentReport, 'sides' | 'control' | 'tooFew'>): string[] {
  const rows = sides.map((side) => [
    nameOf(side, control),
    thousands(side.exposed),
    thousands(side.converted),
    side.rate === null ? '–' : percent(side.rate),
    ...effectCells(side.lift, points, thousandsRounded),
    side.medianTimeToConversion === null ? '–' : roughly(side.medianTimeToConversion),
  ]);
  const worth = sides.filter(({ revenue }) => revenue !== null);
  const money = worth.map((side) => [
    nameOf(side, control),
    amount(side.revenue ?? 0),
    side.revenuePerPerson === null ? '–' : amount(side.revenuePerPerson),
    ...effectCells(side.revenueLift, amount, amount),
  ]);
  return [
    ...columns([HEAD, ...rows]),
    ...(money.length === 0
      ? []
      : ['', ...columns([['', 'revenue', 'per person', 'lift', '95 % sure between', 'p', 'incremental'], ...money])]),
    ...(tooFew ? ['', 'Fewer than 5 converted, or did not, on one of the sides: the lifts say little yet.'] : []),
  ];
}

function nameOf({ variant }: Side, control: string | null): string {
  return `${variant ?? 'held out'}${variant === control ? ' (control)' : ''}`;
}

function effectCells(
  effect: Effect | null,
  shown: (value: number) => string,
  shownWhole: (value: number) => string,
): string[] {
  if (effect === null) return ['', '', '', ''];
  const { difference, low, high, pValue, incremental } = effect;
  const signed = (value: number, show: (value: number) => string) => `${value < 0 ? '−' : '+'}${show(Math.abs(value))}`;
  return [
    signed(difference, shown),
    `${signed(low, shown)} and ${signed(high, shown)}`,
    pValue === null ? '–' : pValue < 0.001 ? '<0.001' : pValue.toFixed(3),
    signed(incremental.difference, shownWhole),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

function points(share: number): string {
  return `${(share * 100).toFixed(1)} pp`;
}

function amount(value: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function thousandsRounded(count: number): string {
  return thousands(Math.round(count));
}

/** To the minute, hour or day, by how long it is. */
function roughly(time: Milliseconds): string {
  const unit = time < 2 * HOUR ? MINUTE : time < 2 * DAY ? HOUR : DAY;
  return durationText(Math.max(MINUTE, Math.round(time / unit) * unit), 'short');
}
