/**
 * `throughline demo`
 * @module
 */
import { Command, InvalidArgumentError } from 'commander';
import { createLogUpdate } from 'log-update';
import { counted, duration } from '../../demo/columns.ts';
import { type Progress, renderLine, renderPanel } from '../../demo/progress.ts';
import { type Demo, runDemo } from '../../demo/run-demo.ts';
import { renderSummary } from '../../demo/summary-text.ts';
import { configFromEnvironment } from '../environment.ts';
import { FAILED, HELD } from '../exit-code.ts';
import { printJson } from '../output.ts';
import { aborted, endSignal } from '../until-signal.ts';

interface Options {
  readonly speed: number;
  readonly exit?: boolean;
  readonly json?: boolean;
}

const LINE_EVERY = 10_000;
const FASTEST = 10;

export function demoCommand(): Command {
  return new Command('demo')
    .description('Half a year of a shop through the whole product in minutes, with its own proof.')
    .option('--speed <days>', 'days of the shop in a second', daysPerSecond, 1)
    .option('--exit', 'end after the summary, at a terminal too')
    .option('--json', 'print the summary as one JSON object; progress goes to the error output')
    .addHelpText(
      'after',
      '\nIt brings its own servers and empties DATA_DIR/demo first. Exit code 1: the proof did not hold.',
    )
    .action(show);
}

async function show({ speed, exit = false, json = false }: Options): Promise<void> {
  const output = json ? process.stderr : process.stdout;
  const isTerminal = output.isTTY === true;
  const signal = endSignal();
  const say = (line: string) => void output.write(`${line}\n`);
  const panel = isTerminal ? livePanel(output) : plainLines(say);

  const startedAt = Date.now();
  const demo = await runDemo({
    config: configFromEnvironment(),
    daysPerSecond: speed,
    signal,
    onNews: say,
    onProgress: panel.show,
  }).finally(panel.done);
  try {
    const { summary, warnings, logFile } = demo;
    if (json) printJson({ held: summary.proof.held, ...summary });
    else say(`\n${renderSummary(summary)}`);
    if (warnings > 0) say(`${counted(warnings, 'warning')} on the way: see ${logFile}.`);
    process.exitCode = summary.proof.held ? HELD : FAILED;
    say(`Everything took ${duration((Date.now() - startedAt) / 1_000)}.`);
    if (!isTerminal || exit) return;
    say(`\n${pagesOf(demo)}`);
    await Promise.race([aborted(signal), demo.stage.failed]);
  } finally {
    await demo.stage.close();
  }
}

function pagesOf({ stage: { url, mailboxUrl, temporalUiUrl } }: Demo): string {
  return [
    'Everything is still up. To look at:',
    `  journeys and audiences  ${url}`,
    `  the API                 ${url}/docs`,
    `  the mailbox             ${mailboxUrl}`,
    ...(temporalUiUrl === undefined ? [] : [`  every run in Temporal   ${temporalUiUrl}`]),
    'Ctrl-C ends it.',
  ].join('\n');
}

interface Shown {
  show(progress: Progress): void;
  done(): void;
}

function livePanel(output: NodeJS.WriteStream): Shown {
  const update = createLogUpdate(output);
  return { show: (progress) => update(renderPanel(progress, output.columns)), done: () => update.done() };
}

function plainLines(say: (line: string) => void): Shown {
  let next = 0;
  return {
    show: (progress) => {
      if (Date.now() < next) return;
      next = Date.now() + LINE_EVERY;
      say(renderLine(progress));
    },
    done: () => undefined,
  };
}

function daysPerSecond(text: string): number {
  const days = Number(text);
  if (Number.isFinite(days) && days > 0 && days <= FASTEST) return days;
  throw new InvalidArgumentError(`It must be a number above 0 and at most ${FASTEST}.`);
}
