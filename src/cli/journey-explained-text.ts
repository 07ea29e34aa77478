/**
 * Where somebody stands in a journey, and why, as people read it at a terminal. Times are by the person's clock.
 * @module
 */
import picocolors from 'picocolors';
import { explanationLines } from '../audiences/explain.ts';
import { type Instant, MINUTE } from '../core/time.ts';
import { lengthText } from '../core/time-text.ts';
import type { EntryExplained, VerdictExplained } from '../explaining/entry.ts';
import type { JourneyExplained } from '../explaining/explain-journey.ts';
import type { Ahead, StepAhead } from '../explaining/look-ahead.ts';
import type { MessageExplained, RunExplained, Standing } from '../explaining/runs.ts';
import type { WishExplained } from '../explaining/wishes.ts';
import { alignedTime, clockTime, type Line, layOut, wrap } from '../simulate/layout.ts';
import { sentence } from './output.ts';

const { bold, dim } = picocolors;
const NARROWEST = 40;
const WIDEST = 120;

/** @param name what the person or the account is called; @param width of the terminal */
export function journeyExplainedText(name: string, explained: JourneyExplained, width = 80): string {
  const { journey, at, zone, entry, unwanted, refusals, runs, more } = explained;
  const page = new Page(zone, at, width);
  page.line(bold(`${name} in ${journey}, ${page.time(at)}`));
  page.line(dim(`Times are in ${zone}.`));
  page.line(statusLine(explained, page));
  for (const run of runs.filter(({ status }) => status === 'active')) tellRun(run, page);
  if (entry !== null) tellEntry(entry, page);
  if (unwanted.length > 0) page.heading('What is not wanted');
  for (const wish of unwanted) page.paragraph(wishText(wish, page));
  if (refusals.length > 0) {
    page.heading('Entries that were refused');
    page.rows(refusals.map(({ at, reason, instance }) => [at, `${instance === null ? '' : `${instance}: `}${reason}`]));
  }
  for (const run of runs.filter(({ status }) => status !== 'active')) tellRun(run, page);
  if (runs.length === 0) page.line('', 'Never entered.');
  if (more) page.line('', dim('There are earlier runs.'));
  return page.text;
}

function statusLine({ status, control }: JourneyExplained, page: Page): string {
  const is = `The journey is ${status === 'draft' ? 'a draft' : status}`;
  if (control === null || control.reason === '') return `${is}.`;
  return `${is}, since ${page.time(control.since)} by ${control.by}: ${control.reason}.`;
}

function tellEntry({ takes, audience, turn, waiting, verdict }: EntryExplained, page: Page): void {
  page.heading('What it takes to enter');
  page.paragraph(sentence(`${takes.charAt(0).toUpperCase()}${takes.slice(1)}`));
  if (audience !== null) {
    const since = audience.since === null ? '' : `, since ${page.time(audience.since)}`;
    page.paragraph(`${audience.member ? 'In' : 'Not in'} the audience ${audience.key} now${since}:`);
    for (const line of explanationLines(audience.explanation)) page.paragraph(line, '  ');
  }
  if (turn !== null) page.paragraph(`The next turn is ${page.time(turn)}.`);
  if (waiting !== null)
    page.paragraph(`It has happened: since ${page.time(waiting.since)} the entry ${waiting.reason}.`);
  page.paragraph(verdictText(verdict, page));
}

function verdictText({ answer, reason, until, heldOut }: VerdictExplained, page: Page): string {
  const side = { no: '', journey: ', held out of it', everywhere: ', held out of every journey' }[heldOut ?? 'no'];
  const because = reason === null ? '' : `: ${reason}`;
  const isSaid = until === null || reason?.includes(until.toISOString());
  const changes = isSaid ? '' : `; by time alone until ${page.time(until)}`;
  switch (answer) {
    case 'enters':
      return `If that happened now, a run would begin${side}${because}${changes}.`;
    case 'waits':
      return `If that happened now, the entry would wait${because}${changes}.`;
    default:
      return `If that happened now, no run would begin${because}${changes}.`;
  }
}

function wishText({ of, name, until }: WishExplained, page: Page): string {
  const what = of === 'all' ? 'No messages at all' : `Nothing of the ${of} ${name}`;
  return `${what}, ${until === null ? 'for ever' : `until ${page.time(until)}`}.`;
}

function tellRun(run: RunExplained, page: Page): void {
  const { visit, instance, enteredAt, enteredBy, heldOut, variants, stands, messages, ahead } = run;
  const side = { no: '', journey: ', held out', everywhere: ', held out of every journey' }[heldOut];
  page.heading(
    `Run ${visit + 1}${instance === null ? '' : ` for ${instance}`}, entered ${page.time(enteredAt)} ${enteredBy}${side}`,
  );
  const given = Object.entries(variants).map(([name, variant]) => `${variant} of ${name}`);
  if (given.length > 0) page.paragraph(`Got the variant ${given.join(', ')}.`);
  page.rows(messages.map((message) => [message.at, messageText(message)]));
  if (stands !== null) tellStanding(stands, page);
  if (ahead !== null) tellAhead(ahead, page);
  if (run.endedAt !== null)
    page.paragraph(`Ended as ${run.status} ${page.time(run.endedAt)}: ${sentence(run.endReason ?? 'it is over')}`);
}

function tellStanding({ step, since, until, does, deadline, kept }: Standing, page: Page): void {
  const where = step === null ? 'Past the last step' : `At ${step}`;
  const end = until === null ? '' : `, until ${page.time(until)} at most`;
  page.paragraph(`${where} since ${page.time(since)}: ${does}${end}.`);
  if (kept !== null) page.paragraph(`Does not go on: ${kept}.`);
  page.paragraph(`It is over ${page.time(deadline)} at the latest.`);
}

function tellAhead({ assuming, steps, ends }: Ahead, page: Page): void {
  const also = assuming === null ? '' : `, and ${assuming}`;
  page.paragraph(`What comes if nothing happens but time${also}; whatever does happen may change it:`);
  page.rows(steps.map((step) => [step.at, stepText(step, ends), page.fromNow(step.at)]));
  if (ends === null) page.paragraph('And so on.');
}

function stepText({ step, did, text }: StepAhead, ends: Ahead['ends']): string {
  if (did === 'ended') return ends === null ? text : `${text}: ${ends.reason}`;
  const isNamed = step === null || did === 'acted' || did === 'refused' || did === 'held';
  return isNamed ? text : `${step}: ${text}`;
}

function messageText({ channel, template, step, to, status, refused, clickedAt }: MessageExplained): string {
  const what = `${channel} ${template ?? step}${to === null ? '' : ` to ${to}`}`;
  if (refused !== null) return `${what} refused: ${refused}`;
  if (status === 'reserved' || status === 'sending') return `${what} is on its way`;
  return `${what} went out${clickedAt === null ? '' : ', clicked'}`;
}

const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

/** Lines of a terminal as wide as it is. */
class Page {
  readonly #lines: string[] = [];
  readonly #width: number;

  constructor(
    readonly zone: string,
    readonly now: Date,
    width: number,
  ) {
    this.#width = Math.min(Math.max(width, NARROWEST), WIDEST);
  }

  get text(): string {
    return this.#lines.join('\n');
  }

  /** To the minute. */
  time(at: Date): string {
    return clockTime(toTheMinute(at), this.zone, this.now.getTime());
  }

  line(...lines: readonly string[]): void {
    this.#lines.push(...lines.flatMap((line) => wrap(this.#local(line), this.#width, '  ')));
  }

  heading(text: string): void {
    this.line('', bold(text));
  }

  paragraph(text: string, indent = ''): void {
    const own = `${indent}${/^ */.exec(text)?.[0] ?? ''}`;
    const lines = wrap(this.#local(text.trimStart()), this.#width - 2 - own.length, '  ');
    this.#lines.push(...lines.map((line) => `  ${own}${line}`));
  }

  /** `in 2d 3h` */
  fromNow(at: Date): string {
    const length = Math.max(0, at.getTime() - this.now.getTime());
    return length === 0 ? 'now' : `in ${lengthText(length, 2)}`;
  }

  /** Each with its time, and where there is one with a column between that and its text. */
  rows(rows: readonly (readonly [at: Date, text: string, between?: string])[]): void {
    const lines = rows.map(([at, text, after = '']): Line => {
      return { at: alignedTime(toTheMinute(at), this.zone, this.now.getTime()), after, text: this.#local(text) };
    });
    this.#lines.push(...layOut(lines, this.#width));
  }

  /** Instants in texts by the person's clock. */
  #local(text: string): string {
    return text.replaceAll(ISO, (instant) => this.time(new Date(instant)));
  }
}

function toTheMinute(at: Date): Instant {
  return at.getTime() - (at.getTime() % MINUTE);
}
