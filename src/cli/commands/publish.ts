/**
 * `throughline publish [folder] [--preview] [--to URL]`
 * @module
 */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { createClock } from '../../core/time.ts';
import type { Workspace } from '../../definitions/workspace-types.ts';
import { agreed, canBeAsked } from '../agreed.ts';
import { configFromEnvironment, withDatabase } from '../environment.ts';
import { FAILED } from '../exit-code.ts';
import { impactText } from '../impact-text.ts';
import { print, printJson } from '../output.ts';
import { localPublisher, type Published, type Publisher, remotePublisher } from '../publisher.ts';
import { describeWorkspace, printProblems, readWorkspace } from '../workspace.ts';

interface Options {
  readonly enterExisting?: readonly string[];
  readonly preview?: boolean;
  readonly to?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function publishCommand(): Command {
  return new Command('publish')
    .description('Check a folder of definitions and put it in force; where anything is wrong, nothing changes.')
    .argument('[folder]', 'the workspace (default: WORKSPACE, or journeys)')
    .option('--preview', 'only say what would change, and for whom; at a terminal that is shown first anyway')
    .option('--to <url>', 'publish it on another environment, whose API_KEY is set')
    .option('--yes', 'do not ask')
    .option('--enter-existing <audience...>', 'audiences whose present members start journeys now; `all` for each')
    .option('--json', 'print one JSON object')
    .action(async (name: string | undefined, options: Options) => {
      const { json = false, to } = options;
      const config = configFromEnvironment();
      const folder = name === undefined ? config.workspace : resolve(name);
      const loaded = await readWorkspace(folder);
      if ('problems' in loaded) {
        printProblems(folder, loaded, json);
        process.exitCode = FAILED;
        return;
      }
      const { workspace } = loaded;
      const enterExisting = options.enterExisting?.includes('all') ? 'all' : (options.enterExisting ?? []);
      if (to !== undefined) {
        const remote = remotePublisher(to, config.apiKey, folder, workspace, enterExisting);
        return publishBy(remote, folder, workspace, options);
      }
      const clock = createClock({ start: config.clockStart, speed: config.clockSpeed });
      await withDatabase(config, (db) =>
        publishBy(localPublisher(db, clock, workspace, enterExisting), folder, workspace, options),
      );
    });
}

async function publishBy(
  publisher: Publisher,
  folder: string,
  workspace: Workspace,
  { preview = false, yes = false, json = false }: Options,
): Promise<void> {
  const isAsking = !preview && !yes && !json && canBeAsked();
  if (preview || isAsking) {
    const impact = await publisher.preview();
    if (json) printJson({ held: true, folder, ...impact });
    else print(`${describeWorkspace(folder, workspace)}\n\n${impactText(impact)}`);
    if (preview || impact.isInForce) return;
    if (!(await agreed('Publish it?'))) return print('Nothing was published.');
  }
  const published = await publisher.publish();
  if (json) printJson({ held: true, folder, ...published });
  else print(isAsking ? numberText(published) : `${describeWorkspace(folder, workspace)}\n${numberText(published)}`);
}

function numberText({ isNew, publication }: Published): string {
  return isNew ? `Published as number ${publication}.` : `It was in force already, as number ${publication}.`;
}
