/**
 * The summary for people: tables of at most 80 columns.
 * @module
 */
import picocolors from 'picocolors';
import type { Channel } from '../core/journey.ts';
import { type Conversion, ENOUGH } from '../measurement/conversion.ts';
import type { Share } from '../measurement/difference.ts';
import type { JourneyOutcomes } from '../measurement/journey-outcomes.ts';
import type { ChannelMessages, Refusals } from '../measurement/messages.ts';
import { type Agreement, CAUSES, type Cause, type ComparedRun } from './agreement.ts';
import { columns, duration, thousands } from './columns.ts';
import { dateOf } from './progress.ts';
import type { Difference } from './proof.ts';
import type { DemoSummary, Proof } from './summary.ts';

const DIFFERENCES_SHOWN = 10;
const REFUSALS_SHOWN = 12;
const CHANNELS: readonly Channel[] = ['email', 'in-app', 'sales-task', 'webhook'];
const REASONS: Readonly<Record<string, string>> = {
  'held-out': 'held out, to measure lift',
  cap: 'cap reached',
  suppressed: 'unsubscribed',
  ended: 'the run had ended meanwhile',
  'sent-before': 'sent before, under another name',
  channel: 'the channel would not take it',
};

export function renderSummary(summary: DemoSummary): string {
  const { from, to, seconds, people, proof } = summary;
  const { bold } = picocolors;
  return [
    bold(`A shop's half year, ${dateOf(from).slice(0, 10)} to ${dateOf(to).slice(0, 10)}, in ${duration(seconds)}.`),
    `${thousands(proof.events.inFile)} events of ${thousands(people)} people.`,
    '',
    ...section(journeyRows(summary.journeys)),
    '',
    ...section(messageRows(summary.messages)),
    '',
    ...section(refusalRows(summary.refusals), [0, 2, 3]),
    '',
    ...section(conversionRows(summary.conversions)),
    ...conversionNotes(summary.conversions).map(picocolors.dim),
    '',
    ...proofLines(proof),
  ].join('\n');
}

function section([head = [], ...rows]: readonly (readonly string[])[], toTheLeft?: readonly number[]): string[] {
  const [title = '', ...lines] = columns([head, ...rows], toTheLeft);
  return [picocolors.bold(title), ...(lines.length === 0 ? ['nothing'] : lines)];
}

/** Columns that are 0 everywhere are left out. */
function journeyRows(journeys: readonly JourneyOutcomes[]): string[][] {
  const shown = [
    ['entries', (one: JourneyOutcomes) => one.entries],
    ['held out', (one: JourneyOutcomes) => one.heldOut],
    ['converted', (one: JourneyOutcomes) => one.outcomes.converted],
    ['timed out', (one: JourneyOutcomes) => one.outcomes['timed-out']],
    ['exited', (one: JourneyOutcomes) => one.outcomes.exited],
    ['completed', (one: JourneyOutcomes) => one.outcomes.completed],
    ['merged', (one: JourneyOutcomes) => one.outcomes.merged],
    ['running', (one: JourneyOutcomes) => one.outcomes.active],
  ] as const;
  const kept = shown.filter(([, of], index) => index < 3 || journeys.some((one) => of(one) > 0));
  return [
    ['Journeys', ...kept.map(([title]) => title)],
    ...journeys.map((one) => [one.journey, ...kept.map(([, of]) => count(of(one)))]),
  ];
}

function messageRows(messages: readonly ChannelMessages[]): string[][] {
  const journeys = [...new Set(messages.map(({ journey }) => journey))].sort();
  const channels = CHANNELS.filter((channel) => messages.some((one) => one.channel === channel));
  const row = (name: string, of: readonly ChannelMessages[]) => [
    name,
    ...channels.map((channel) => count(sum(of.filter((one) => one.channel === channel).map(({ sent }) => sent)))),
    count(sum(of.map(({ refused, failed }) => refused + failed))),
  ];
  return [
    ['Messages', ...channels, 'refused'],
    ...journeys.map((journey) =>
      row(
        journey,
        messages.filter((one) => one.journey === journey),
      ),
    ),
    row('all', messages),
  ];
}

function refusalRows(refused: readonly Refusals[]): string[][] {
  return [
    ['Refused', 'times', 'what', 'why'],
    ...refused
      .slice(0, REFUSALS_SHOWN)
      .map(({ journey, what, reason, count: times }) => [journey, thousands(times), what, REASONS[reason] ?? reason]),
  ];
}

function conversionRows(conversions: readonly Conversion[]): string[][] {
  return [
    ['Converted', 'treated', 'held out', 'difference', '95 % interval'],
    ...conversions.map(({ journey, treated, heldOut, lift, tooFew }) => [
      journey,
      share(treated),
      heldOut.of === 0 ? 'nobody' : share(heldOut),
      lift === null ? '–' : points(lift.difference),
      lift === null ? '–' : `${tooFew ? '(few) ' : ''}${points(lift.low)} to ${points(lift.high)}`,
    ]),
  ];
}

function conversionNotes(conversions: readonly Conversion[]): string[] {
  const missed = conversions.filter(({ lift }) => lift !== null && (lift.low > 0 || lift.high < 0));
  const names = missed.map(({ journey }) => journey).join(', ');
  return [
    'People, not runs; difference and interval in percentage points. Nobody in a',
    'recording reads what is sent: the true difference is 0, and of 20 intervals',
    `about one misses it by chance${names === '' ? '' : `, here that of ${names}`}.`,
    ...(conversions.some(({ lift, tooFew }) => lift !== null && tooFew)
      ? [`(few): fewer than ${ENOUGH} people in a group converted, or did not.`]
      : []),
  ];
}

function proofLines({ events, crossings, mailbox, backtest, unfinished, held }: Proof): string[] {
  const { differences } = crossings;
  const { bold, green, red } = picocolors;
  return [
    bold('Proof'),
    `Events in the file: ${thousands(events.inFile)}; acknowledged: ${thousands(events.acknowledged)}; applied once: ${thousands(events.applied)}`,
    `Audience entries and exits recomputed by brute force from the CSV: ${thousands(crossings.recomputed)}; differences: ${thousands(differences.length)}`,
    ...differences.slice(0, DIFFERENCES_SHOWN).map((difference) => red(`  ${describeDifference(difference)}`)),
    ...(differences.length > DIFFERENCES_SHOWN ? [red(`  and ${differences.length - DIFFERENCES_SHOWN} more`)] : []),
    `Emails recorded as sent: ${thousands(mailbox.recorded)}; in the mailbox: ${thousands(mailbox.arrived)}; twice: ${mailbox.doubled}; differences: ${mailbox.differences}`,
    ...backtestLines(backtest),
    ...(unfinished === null ? [] : [red(`Not at rest at the end: ${unfinished}`)]),
    held ? green('The proof holds.') : red('The proof does not hold.'),
  ];
}

function backtestLines({ entries, onlyBacktest, onlyEngine, alike, different, unexplained }: Agreement): string[] {
  const missing = [
    ...onlyBacktest.map((run) => `${describeEntry(run)}: only the backtest says so`),
    ...onlyEngine.map((run) => `${describeEntry(run)}: only the engine says so`),
  ];
  return [
    `Journey entries by a backtest of the same events: ${thousands(entries)}; differences: ${thousands(missing.length)}`,
    ...missing.slice(0, DIFFERENCES_SHOWN).map((line) => picocolors.red(`  ${line}`)),
    `Runs like it to the last step: ${thousands(alike)}; others, since a day takes a second here: ${thousands(sum(Object.values(different)))}`,
    ...Object.entries(different).map(([cause, runs]) => `  ${thousands(runs)}: ${CAUSES[cause as Cause]}`),
    ...unexplained.slice(0, DIFFERENCES_SHOWN).map((run) => picocolors.red(`  no cause: ${describeEntry(run)}`)),
  ];
}

function describeEntry({ person, journey, enteredAt, heldOut }: ComparedRun): string {
  return `${person} enters ${journey} at ${new Date(enteredAt).toISOString()}${heldOut ? ', held out' : ''}`;
}

export function describeDifference({ crossing: { userId, audience, entered, at }, only }: Difference): string {
  const when = new Date(at).toISOString();
  return `${userId} ${entered ? 'enters' : 'leaves'} ${audience} at ${when}: only ${only} says so`;
}

function share({ of, converted }: Share): string {
  return `${(of === 0 ? 0 : (converted / of) * 100).toFixed(1)} % of ${thousands(of)}`;
}

/** `+4.2`, in percentage points, with the minus that is as wide as a plus. */
function points(difference: number): string {
  const text = Math.abs(difference * 100).toFixed(1);
  return `${difference < 0 ? '−' : '+'}${text}`;
}

function count(of: number): string {
  return of === 0 ? '–' : thousands(of);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, one) => total + one, 0);
}
