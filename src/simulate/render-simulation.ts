/**
 * A simulation as a table to read in a terminal. Times are UTC, and counted from the run's entry.
 * @module
 */
import { sayInstant, sayRefusal } from '../core/refusal-text.ts';
import type { Hold, LogEntry } from '../core/run.ts';
import { lengthText } from '../core/time-text.ts';
import type { SimulatedRun, Simulation } from './simulation.ts';

export function renderSimulation(simulation: Simulation): string {
  const { journey, version, userId, start, runs, refused, audiences } = simulation;
  const lines = [`${userId} in ${journey} (${version.slice(0, 12)}), from ${sayInstant(start)}`, ''];
  for (const { audience, entered, at } of audiences)
    lines.push(`${sayInstant(at)}  ${entered ? 'enters' : 'leaves'} audience ${audience}`);
  if (audiences.length > 0) lines.push('');
  for (const run of runs) lines.push(...linesOf(run), '');
  if (runs.length === 0) lines.push('Never enters the journey.', '');
  for (const { at, reason } of refused) lines.push(`${sayInstant(at)}  does not enter: ${reason}`);
  return `${lines.join('\n').trimEnd()}\n`;
}

function linesOf(run: SimulatedRun): string[] {
  const { visit, enteredAt, entry, heldOut, log, outcome, reason, endedAt } = run;
  const title = `Run ${visit + 1}, entered ${sayInstant(enteredAt)} ${entryText(entry)}${heldOut ? ', held out' : ''}`;
  const rows = log.map((one) => [
    sayInstant(one.at),
    `+${lengthText(one.at - enteredAt)}`,
    one.step ?? '',
    sayOf(one, run),
  ]);
  const table = columns([['time (UTC)', 'after entry', 'step', 'what happens'], ...rows]);
  return [
    title,
    ...table.map((line) => `  ${line}`),
    endedAt === null ? 'Still under way' : `Outcome: ${outcome} after ${lengthText(endedAt - enteredAt)}, ${reason}`,
  ];
}

function entryText({ by, audience, event }: SimulatedRun['entry']): string {
  if (by === 'audience') return `by audience ${audience}`;
  return by === 'leaving' ? `by leaving audience ${audience}` : `by event ${event}`;
}

function sayOf(entry: LogEntry, { messages }: SimulatedRun): string {
  switch (entry.did) {
    case 'waiting':
      return `waits, until ${sayInstant(entry.until)} at most`;
    case 'waited':
      return { time: 'goes on', condition: 'goes on: what it waited for is true', timeout: 'goes on: waited in vain' }[
        entry.why
      ];
    case 'took':
      return entry.experiment === undefined
        ? `takes the way "${entry.way}"`
        : `gets the variant "${entry.way}" of ${entry.experiment.name}${entry.experiment.by === 'before' ? ', as before' : ''}`;
    case 'acted': {
      const message = messages.find(({ step, visit }) => step === entry.step && visit === entry.visit);
      if (message === undefined) return 'sets traits';
      return `${message.channel}${message.template === null ? '' : ` ${message.template}`} goes out`;
    }
    case 'held':
      return `${entry.kind} held until ${sayInstant(entry.until)}: ${sayHold(entry.hold)}`;
    case 'fell-back':
      return `no time zone is called ${entry.unusable}; goes by ${entry.zone}`;
    case 'refused':
      return `${entry.kind} refused: ${sayRefusal(entry.refusal)}`;
    case 'migrated':
      return `goes on with version ${entry.version.slice(0, 12)}, ${entry.to === null ? 'past its last step' : `at ${entry.to}`}`;
    case 'ended':
      return `ends as ${entry.outcome}`;
  }
}

function sayHold(hold: Hold): string {
  return hold.reason === 'hours' ? `outside of its hours in ${hold.zone}` : sayRefusal(hold.refusal);
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
