/**
 * `throughline start`
 * @module
 */
import { Command } from 'commander';
import { configFromEnvironment } from '../environment.ts';

export function startCommand(): Command {
  return new Command('start')
    .description('Serve until it is told to end; what the environment does not name is started on this machine.')
    .option('--roles <list>', 'api, processor, worker (default: ROLES, or all three)')
    .action(async ({ roles }: { roles?: string }) => {
      const config = configFromEnvironment({ ...process.env, ...(roles === undefined ? {} : { ROLES: roles }) });
      // The engine takes seconds to load, which no other command should wait for.
      const { serve } = await import('../serve.ts');
      await serve(config);
    });
}
