/**
 * `POST /api/publish` and `POST /api/publish/preview`.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../core/time.ts';
import { formatProblem } from '../definitions/problems.ts';
import { currentPublication, publish, UnknownAudienceError } from '../definitions/publish.ts';
import type { Workspace } from '../definitions/workspace-types.ts';
import { HttpProblem } from '../ingest/http-problem.ts';
import { errorAnswer } from '../ingest/route-schemas.ts';
import type { Database } from '../store/database.ts';
import { readImpact } from './impact.ts';
import { impactAnswer, impactIn } from './impact-answer.ts';
import { compileSent } from './sent-workspace.ts';

export interface PublishRouteDeps {
  readonly db: Database;
  readonly clock: Clock;
}

const sent = z.object({
  files: z
    .record(z.string(), z.string())
    .describe('The text of every definition, by its name in the folder of the workspace'),
  enterExisting: z
    .union([z.literal('all'), z.array(z.string())])
    .default([])
    .describe('Audiences whose present members start journeys now'),
});
const published = z.object({
  publication: z.int().describe('Its number'),
  hash: z.string(),
  isNew: z.boolean().describe('False: it was in force already'),
});
const refused = { 400: errorAnswer, 401: errorAnswer };

/** Larger than any workspace that people write. */
const LARGEST = 32 * 1024 * 1024;

export function publishRoutes({ db, clock }: PublishRouteDeps): FastifyPluginAsync {
  const routes: FastifyPluginAsyncZod = async (app) => {
    app.post(
      '/api/publish/preview',
      {
        bodyLimit: LARGEST,
        schema: {
          summary: 'What publishing a workspace would change, and for whom; nothing is changed',
          body: sent,
          response: { 200: impactAnswer, ...refused },
        },
      },
      async ({ body: { files, enterExisting } }) =>
        impactIn(await readImpact(db, await compiled(files), clock, { enterExisting })),
    );

    app.post(
      '/api/publish',
      {
        bodyLimit: LARGEST,
        schema: {
          summary: 'Put a workspace in force',
          body: sent.extend({
            hash: z.string().optional().describe('What it has to come to, where it was tried elsewhere before'),
          }),
          response: { 200: published, 409: errorAnswer, ...refused },
        },
      },
      async ({ body: { files, enterExisting, hash } }) => {
        const workspace = await compiled(files);
        if (hash !== undefined && workspace.hash !== hash) {
          const message = `The files come to ${workspace.hash} here, and not to ${hash}; nothing was published`;
          const fix = 'Publish from the version of Throughline that runs here';
          throw new HttpProblem(409, 'other-hash', message, { field: 'hash', fix });
        }
        const before = await currentPublication(db);
        const { id, hash: inForce } = await publish(db, workspace, new Date(clock.now()), { enterExisting }).catch(
          asProblem,
        );
        return { publication: id, hash: inForce, isNew: before?.id !== id };
      },
    );
  };
  return async (app) => {
    await app.register(routes);
  };
}

async function compiled(files: Readonly<Record<string, string>>): Promise<Workspace> {
  const loaded = await compileSent(files);
  if ('workspace' in loaded) return loaded.workspace;
  throw new HttpProblem(400, 'invalid-definition', loaded.problems.map(formatProblem).join('\n'), { field: 'files' });
}

function asProblem(error: unknown): never {
  if (!(error instanceof UnknownAudienceError)) throw error;
  throw new HttpProblem(400, 'invalid', error.message, { field: 'enterExisting', cause: error });
}
