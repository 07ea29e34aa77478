/**
 * The command line. Exit codes: 0, 1 (it did not hold, or failed), 2 (wrong use).
 * @module
 */
import { Command, CommanderError } from 'commander';
import { audienceCommand } from './commands/audience.ts';
import { backtestCommand } from './commands/backtest.ts';
import { auditCommand, pauseCommand, resumeCommand, stopCommand } from './commands/control.ts';
import { demoCommand } from './commands/demo.ts';
import { driftCommand } from './commands/drift.ts';
import { enterCommand } from './commands/enter.ts';
import { experimentsCommand } from './commands/experiments.ts';
import { explainCommand } from './commands/explain.ts';
import { exportCommand } from './commands/export.ts';
import { heldCommand } from './commands/held.ts';
import { holdoutCommand } from './commands/holdout.ts';
import { importCommand } from './commands/import.ts';
import { migrateCommand } from './commands/migrate.ts';
import { playCommand } from './commands/play.ts';
import { publishCommand } from './commands/publish.ts';
import { runCommand } from './commands/run.ts';
import { simulateCommand } from './commands/simulate.ts';
import { startCommand } from './commands/start.ts';
import { syncCommand } from './commands/sync.ts';
import { unmergeCommand } from './commands/unmerge.ts';
import { validateCommand } from './commands/validate.ts';
import { versionsCommand } from './commands/versions.ts';
import { FAILED, WRONG_USE, WrongUseError } from './exit-code.ts';

const program = new Command('throughline')
  .description('Product events in, live audiences and durable journeys, messages out.')
  .showHelpAfterError('Add --help for what there is.')
  .exitOverride();
for (const command of [
  validateCommand(),
  publishCommand(),
  versionsCommand(),
  migrateCommand(),
  startCommand(),
  pauseCommand(),
  resumeCommand(),
  stopCommand(),
  runCommand(),
  auditCommand(),
  demoCommand(),
  playCommand(),
  simulateCommand(),
  backtestCommand(),
  explainCommand(),
  experimentsCommand(),
  holdoutCommand(),
  driftCommand(),
  audienceCommand(),
  exportCommand(),
  syncCommand(),
  importCommand(),
  enterCommand(),
  heldCommand(),
  unmergeCommand(),
]) {
  inherit(command, program);
  program.addCommand(command);
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Commands within commands, too: commander would end the process with 1 by itself for wrong use. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inherit(inner, command);
}

function exitCodeOf(error: unknown): number {
  // Commander has said already what was wrong; help and version come as errors too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (process.env.LOG_LEVEL === 'debug' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof WrongUseError ? WRONG_USE : FAILED;
}
