/**
 * `throughline run RUN --on|--to STEP|--out`
 * @module
 */
import type { Command } from 'commander';
import { createClock } from '../../core/time.ts';
import { type HandMoved, HandMoveError, type MoveAsked, moveRunByHand } from '../../runs/move-by-hand.ts';
import { SettingsShelf, VersionShelf } from '../../runs/version-shelf.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { WrongUseError } from '../exit-code.ts';
import { print, printJson, sentence } from '../output.ts';
import { type ByHandOptions, byHandCommand, byHandOf } from './control.ts';

interface Options extends ByHandOptions {
  readonly on?: true;
  readonly to?: string;
  readonly out?: true;
  readonly from?: string;
}

export function runCommand(): Command {
  return byHandCommand('run', 'Move one run on, to another step of its journey, or out.')
    .argument('<run>', 'its id, such as welcome/17/0')
    .option('--on', 'on from where it stands: that step is left out')
    .option('--to <step>', 'to a step, forward or back: it is met anew')
    .option('--out', 'out of the journey, as exited')
    .option('--from <step>', 'only if it still stands there')
    .action(async (run: string, { from, json = false, ...options }: Options) => {
      const config = configFromEnvironment();
      const clock = createClock({ start: config.clockStart, speed: config.clockSpeed });
      const moving = { clock, versions: new VersionShelf(), settings: new SettingsShelf() };
      const asked = { run, from, whither: whitherOf(options), ...byHandOf(options) };
      const moved = await withDatabase(config, (db) => moveRunByHand(db, asked, moving)).catch(asWrongUse);
      if (json) printJson({ held: true, ...moved });
      else print(movedText(moved, asked));
    });
}

function whitherOf({ on, to, out }: Options): MoveAsked['whither'] {
  const wished = [on && 'on', to !== undefined && { to }, out && 'out'].filter(
    (one) => one !== undefined && one !== false,
  );
  const [whither] = wished;
  if (whither === undefined || wished.length > 1) throw new WrongUseError('Write one of --on, --to STEP and --out.');
  return whither as MoveAsked['whither'];
}

function movedText({ run, from, to, status, afterMessage }: HandMoved, { whither }: MoveAsked): string {
  const where = from === null ? 'past the last step' : from;
  if (whither === 'out') return `${run} was taken out; it stood ${from === null ? where : `at ${where}`}.`;
  const there = to === null ? ', past the last step' : ` to ${to}`;
  const later = afterMessage ? ', once the message is out that is on its way' : '';
  const over = status === 'active' ? '' : ` It is over: ${status}.`;
  return `${run} goes on from ${where}${there}${later}.${over}`;
}

function asWrongUse(error: unknown): never {
  throw error instanceof HandMoveError ? new WrongUseError(`${error.message}. ${sentence(error.fix)}`) : error;
}
