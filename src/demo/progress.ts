/**
 * Where the demo stands, as a panel for a terminal, a phone's width included, and as one line.
 * @module
 */
import picocolors from 'picocolors';
import { readAudienceSizes } from '../audiences/read-members.ts';
import type { Channel } from '../core/journey.ts';
import type { Instant } from '../core/time.ts';
import { type Backlog, backlog } from '../measurement/backlog.ts';
import { type JourneyOutcomes, journeyOutcomes } from '../measurement/journey-outcomes.ts';
import { type ChannelMessages, messagesByChannel } from '../measurement/messages.ts';
import type { Database } from '../store/database.ts';
import { columns, duration, flow, thousands } from './columns.ts';
import type { Sent } from './sender.ts';

export interface Progress {
  readonly shopTime: Instant;
  readonly from: Instant;
  readonly to: Instant;
  readonly sent: Sent;
  /** How long the clock has stood still so far, because the machine was too slow. */
  readonly secondsLost: number;
  /** The half year is over, and this is not done yet. */
  readonly waitsFor: string | null;
  readonly backlog: Backlog;
  readonly journeys: readonly JourneyOutcomes[];
  readonly messages: readonly ChannelMessages[];
  /** Members now, of every published audience. */
  readonly audiences: ReadonlyMap<string, number>;
}

export type Engine = Pick<Progress, 'backlog' | 'journeys' | 'messages' | 'audiences'>;

const WIDEST = 76;
const NARROWEST = 46;
/** What the columns beside a journey's name take. */
const COUNTS_WIDTH = 32;
const LABEL_WIDTH = 10;
const WORTH_TELLING = 5;
const CHANNELS: readonly Channel[] = ['email', 'in-app', 'sales-task', 'webhook'];

/** A few counts, cheap enough to be asked for every second. */
export async function readEngine(db: Database): Promise<Engine> {
  const [waiting, journeys, messages, audiences] = await Promise.all([
    backlog(db),
    journeyOutcomes(db),
    messagesByChannel(db),
    readAudienceSizes(db),
  ]);
  return { backlog: waiting, journeys, messages, audiences };
}

/** Lines at most as wide as the terminal, as long as that has {@link NARROWEST} columns. */
export function renderPanel(progress: Progress, terminalWidth: number): string {
  const { bold, dim, cyan, green, yellow } = picocolors;
  const width = Math.max(NARROWEST, Math.min(terminalWidth - 2, WIDEST));
  const { shopTime, sent, journeys } = progress;
  const done = Math.min(1, Math.max(0, (shopTime - progress.from) / (progress.to - progress.from)));
  const barWidth = width - 23;
  const filled = Math.round(done * barWidth);
  const percent = `${Math.floor(done * 100)}%`.padStart(5);
  const bar = `${cyan('━'.repeat(filled))}${dim('─'.repeat(barWidth - filled))}`;

  const events = `${thousands(sent.events)} sent, ${thousands(sent.acknowledged)} acknowledged, ${thousands(processed(progress))} done`;
  const table = columns([
    ['journey', 'active', 'held out', 'converted'],
    ...journeys.map(({ journey, heldOut, outcomes }) => [
      journey.slice(0, width - COUNTS_WIDTH),
      thousands(outcomes.active),
      thousands(heldOut),
      thousands(outcomes.converted),
    ]),
  ]);
  return [
    `${bold(dateOf(shopTime))} ${bar}${percent}`,
    ...indented('events', events.split(' '), width, ' '),
    ...notes(progress).flatMap((note) => indented('', note.split(' '), width, ' ').map(yellow)),
    '',
    ...table.map((line, index) => (index === 0 ? dim(line) : line)),
    '',
    ...indented('messages', messageCounts(progress.messages), width).map(green),
    ...indented(
      'in now',
      [...progress.audiences].map(([key, size]) => `${key} ${thousands(size)}`),
      width,
    ),
  ]
    .map((line) => ` ${line}`)
    .join('\n');
}

export function renderLine(progress: Progress): string {
  const { shopTime, sent, journeys } = progress;
  const active = journeys.reduce((sum, { outcomes }) => sum + outcomes.active, 0);
  const converted = journeys.reduce((sum, { outcomes }) => sum + outcomes.converted, 0);
  const parts = [
    dateOf(shopTime),
    `events ${thousands(sent.acknowledged)} acknowledged, ${thousands(processed(progress))} done`,
    `runs ${thousands(active)} active, ${thousands(converted)} converted`,
    messageCounts(progress.messages).join(', '),
    ...notes(progress),
  ];
  return parts.join(' | ');
}

/** Events that are applied. */
function processed({ sent, backlog: { events } }: Progress): number {
  return Math.max(0, sent.acknowledged - events);
}

function notes({ secondsLost, waitsFor }: Progress): string[] {
  return [
    ...(secondsLost >= WORTH_TELLING ? [`the clock waited ${duration(secondsLost)} so far: this machine is busy`] : []),
    ...(waitsFor === null ? [] : [`over; waiting for ${waitsFor}`]),
  ];
}

function messageCounts(messages: readonly ChannelMessages[]): string[] {
  const total = (of: (one: ChannelMessages) => number) => messages.reduce((sum, one) => sum + of(one), 0);
  const sent = CHANNELS.map((channel) => [channel, total((one) => (one.channel === channel ? one.sent : 0))] as const)
    .filter(([channel, count]) => channel !== 'webhook' || count > 0)
    .map(([channel, count]) => `${channel} ${thousands(count)}`);
  return [...sent, `refused ${thousands(total((one) => one.refused + one.failed))}`];
}

/** Items that flow in a column of their own, beside a label. */
function indented(label: string, items: readonly string[], width: number, between?: string): string[] {
  const lines = flow(items, width - LABEL_WIDTH, between);
  return lines.map((line, index) => `${(index === 0 ? label : '').padEnd(LABEL_WIDTH)}${line}`);
}

/** Text of `2024-03-14 18:20`. */
export function dateOf(instant: Instant): string {
  return new Date(instant).toISOString().slice(0, 16).replace('T', ' ');
}
