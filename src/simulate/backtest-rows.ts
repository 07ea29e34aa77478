/**
 * The entries of a backtest as rows of a table for other programs: one for each entry, message and ending.
 * @module
 */
import type { Refusal } from '../core/pressure.ts';
import type { BacktestEntry } from './backtest.ts';

export const BACKTEST_COLUMNS = [
  'person',
  'change',
  'entered_at',
  'held_out',
  'at',
  'what',
  'step',
  'channel',
  'template',
  'reason',
] as const;

export type BacktestRow = Readonly<Record<(typeof BACKTEST_COLUMNS)[number], string>>;

/** In the order of their times. */
export function rowsOf({ person, change, run }: BacktestEntry): BacktestRow[] {
  const { enteredAt, heldOut, entry, messages, outcome, reason, endedAt } = run;
  const about = { person, change: change ?? '', entered_at: timeOf(enteredAt), held_out: String(heldOut) };
  const nothing = { step: '', channel: '', template: '', reason: '' };
  const by = String(entry.audience ?? entry.event ?? entry.by);
  return [
    { ...about, ...nothing, at: timeOf(enteredAt), what: 'entered', reason: by },
    ...messages.map(({ step, at, channel, template, refusal }) => ({
      ...{ ...about, step, channel, at: timeOf(at), template: template ?? '' },
      what: refusal === null ? 'sent' : 'refused',
      reason: refusal === null ? '' : reasonOf(refusal),
    })),
    ...(endedAt === null ? [] : [{ ...about, ...nothing, at: timeOf(endedAt), what: outcome, reason }]),
  ];
}

function reasonOf(refusal: Refusal): string {
  return refusal.reason === 'channel' ? refusal.detail : refusal.reason;
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
