/**
 * The command line. Exit codes: 0, 1 (it did not hold, or failed), 2 (wrong use).
 * @module
 */
import { Command, CommanderError } from 'commander';
import { FAILED, WRONG_USE, WrongUseError } from './exit-code.ts';

/** In the order in which they are listed. Whatever a command needs is loaded only where it is called. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  validate: async () => (await import('./commands/validate.ts')).validateCommand(),
  publish: async () => (await import('./commands/publish.ts')).publishCommand(),
  versions: async () => (await import('./commands/versions.ts')).versionsCommand(),
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand(),
  start: async () => (await import('./commands/start.ts')).startCommand(),
  pause: async () => (await import('./commands/control.ts')).pauseCommand(),
  resume: async () => (await import('./commands/control.ts')).resumeCommand(),
  stop: async () => (await import('./commands/control.ts')).stopCommand(),
  run: async () => (await import('./commands/run.ts')).runCommand(),
  audit: async () => (await import('./commands/control.ts')).auditCommand(),
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  play: async () => (await import('./commands/play.ts')).playCommand(),
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand(),
  backtest: async () => (await import('./commands/backtest.ts')).backtestCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  experiments: async () => (await import('./commands/experiments.ts')).experimentsCommand(),
  holdout: async () => (await import('./commands/holdout.ts')).holdoutCommand(),
  drift: async () => (await import('./commands/drift.ts')).driftCommand(),
  audience: async () => (await import('./commands/audience.ts')).audienceCommand(),
  export: async () => (await import('./commands/export.ts')).exportCommand(),
  sync: async () => (await import('./commands/sync.ts')).syncCommand(),
  import: async () => (await import('./commands/import.ts')).importCommand(),
  enter: async () => (await import('./commands/enter.ts')).enterCommand(),
  held: async () => (await import('./commands/held.ts')).heldCommand(),
  unmerge: async () => (await import('./commands/unmerge.ts')).unmergeCommand(),
};

const program = new Command('throughline')
  .description('Product events in, live audiences and durable journeys, messages out.')
  .showHelpAfterError('Add --help for what there is.')
  .exitOverride();
const [called = ''] = process.argv.slice(2);
const isKnown = Object.hasOwn(COMMANDS, called);
const wanted = Object.entries(COMMANDS).filter(([name]) => !isKnown || name === called);
for (const command of await Promise.all(wanted.map(([, load]) => load()))) {
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
