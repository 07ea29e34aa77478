/**
 * A simulation as text to read in a terminal. Times are the person's own, and counted from the run's entry.
 * @module
 */
import picocolors from 'picocolors';
import { sayEntry, sayLog } from '../core/log-text.ts';
import { sayRefusal } from '../core/refusal-text.ts';
import type { LogEntry } from '../core/run.ts';
import type { Instant } from '../core/time.ts';
import { lengthText } from '../core/time-text.ts';
import { byChanceText } from './by-chance-text.ts';
import { alignedTime, clockTime, type Line, layOut } from './layout.ts';
import { messageText } from './message-text.ts';
import type { SimulatedMessage, SimulatedRun, Simulation } from './simulation.ts';

const { bold, dim } = picocolors;

/** @param width of the terminal */
export function renderSimulation(simulation: Simulation, width = 80): string {
  const { journey, version, byChanceAlone, userId, start, zone, runs, refused, audiences, others } = simulation;
  const time = (at: Instant) => clockTime(at, zone, start);
  const cell = (at: Instant) => alignedTime(at, zone, start);
  const lines = [
    bold(`${userId} in ${journey} (${version.slice(0, 12)}), from ${clockTime(start, zone)}`),
    dim(`Times are in ${zone}.`),
    ...byChanceText(byChanceAlone).map((line) => dim(line)),
    '',
    ...audiences.map(
      ({ audience, entered, at }) => `${cell(at)}  ${entered ? 'enters' : 'leaves'} audience ${audience}`,
    ),
    ...(audiences.length > 0 ? [''] : []),
    ...runs.flatMap((run) => [...linesOf(run, simulation, width), '']),
    ...(runs.length === 0 ? ['Never enters the journey.', ''] : []),
    ...refused.map(({ at, reason }) => `${cell(at)}  does not enter: ${reason}`),
    ...(refused.length > 0 ? [''] : []),
    ...meanwhile(others, time, cell, width),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function linesOf(run: SimulatedRun, { zone, start, occasions }: Simulation, width: number): string[] {
  const { account, visit, enteredAt, entry, heldOut, log, outcome, reason, endedAt } = run;
  const time = (at: Instant) => clockTime(at, zone, start);
  const line = (at: Instant, text: string, quote: readonly string[] = []): Line & { readonly instant: Instant } => {
    return { instant: at, at: alignedTime(at, zone, start), after: `+${lengthText(at - enteredAt)}`, text, quote };
  };
  const deeds = occasions
    .filter(({ at }) => at > enteredAt && (endedAt === null || at <= endedAt))
    .map(({ at, who, what }) => line(at, dim(`${who}: ${what}`)));
  const steps = log.map((one) => {
    const message = messageOf(one, run);
    const text = sayLog(one, nameOf(one, run), time);
    const quote = message === undefined || one.did !== 'acted' ? [] : messageText(message);
    return line(one.at, one.step === null || saysStep(one.step, message) ? text : `${one.step}: ${text}`, quote);
  });
  return [
    bold(
      `Run ${visit + 1}${account === undefined ? '' : ` of ${account}`}, entered ${time(enteredAt)} ${sayEntry(entry)}${heldOut ? ', held out' : ''}`,
    ),
    ...layOut(
      [...deeds, ...steps].sort((a, b) => a.instant - b.instant),
      width,
    ),
    endedAt === null ? 'Still under way' : `Outcome: ${outcome} after ${lengthText(endedAt - enteredAt)}, ${reason}`,
  ];
}

/** What the other journeys of the workspace did at the same time. */
function meanwhile(
  others: readonly SimulatedRun[],
  time: (at: Instant) => string,
  cell: (at: Instant) => string,
  width: number,
): string[] {
  if (others.length === 0) return [];
  const wanted = others.flatMap((run) => run.messages.map((message) => ({ ...message, journey: run.journey })));
  const lines = wanted
    .sort((a, b) => a.at - b.at)
    .map(({ at, journey, channel, template, refusal }): Line => {
      const what = `${channel}${template === null ? '' : ` ${template}`}`;
      return {
        at: cell(at),
        after: journey,
        text: refusal === null ? what : `${what} refused: ${sayRefusal(refusal, time)}`,
      };
    });
  const journeys = [...new Set(others.map(({ journey }) => journey))].join(', ');
  return [bold(`Meanwhile in ${journeys}`), ...(lines.length === 0 ? ['  no message'] : layOut(lines, width))];
}

/** A step that is named after its template need not be named beside it. */
function saysStep(step: string, message: SimulatedMessage | undefined): boolean {
  return typeof message?.template === 'string' && step.endsWith(message.template);
}

function messageOf({ step, visit, receiver }: LogEntry, { messages }: SimulatedRun): SimulatedMessage | undefined {
  return messages.find(
    (message) => message.step === step && message.visit === visit && message.to === receiver?.person,
  );
}

function nameOf(entry: LogEntry, run: SimulatedRun): string {
  const template = messageOf(entry, run)?.template ?? null;
  const to = entry.receiver === undefined ? '' : ` to ${entry.receiver.person}`;
  return template === null ? `${entry.kind}${to}` : `${entry.kind} ${template}${to}`;
}
