/**
 * `GET /api/audiences/:key/export`: the members of an audience as one list, as they are at one instant.
 * @module
 */
import { Readable } from 'node:stream';
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { exportProfiles } from '../../audiences/export-profiles.ts';
import { type ListField, listFields, UnknownFieldError } from '../../audiences/list-fields.ts';
import type { Clock } from '../../core/time.ts';
import { didYouMean } from '../../definitions/problems.ts';
import { currentPublication } from '../../definitions/publish.ts';
import type { SubjectKind } from '../../definitions/workspace-types.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import type { Database } from '../../store/database.ts';
import { inSnapshot } from '../../store/snapshot.ts';
import { LIST_FORMATS, LIST_TYPES, listText } from '../../sync/list-text.ts';

export interface ExportDeps {
  readonly db: Database;
  readonly clock: Clock;
}

/** Each holds a connection until its reader has everything. */
const AT_ONCE = 4;

export function exportRoutes({ db, clock }: ExportDeps): FastifyPluginAsync {
  let underWay = 0;

  const routes: FastifyPluginAsyncZod = async (app) => {
    app.get(
      '/api/audiences/:key/export',
      {
        schema: {
          summary: 'Every member of an audience, as a file',
          params: z.object({ key: z.string() }),
          querystring: z.object({
            format: z.enum(LIST_FORMATS).default('csv'),
            fields: z.string().optional().describe('Names with commas between them, traits among them'),
          }),
          response: {
            200: z.string().describe('Written as it is read; broken off where something goes wrong'),
            ...{ 400: errorAnswer, 401: errorAnswer, 404: errorAnswer, 429: errorAnswer },
          },
        },
      },
      async ({ params: { key }, query: { format, fields: asked } }, reply) => {
        const { of, fields } = await listOf(db, key, asked);
        if (underWay >= AT_ONCE) {
          const fix = 'Wait for one of them to end';
          const headers = { 'retry-after': '10' };
          throw new HttpProblem(429, 'busy', `${AT_ONCE} exports are under way`, { fix, headers });
        }
        const now = clock.now();
        const names = fields.map(({ name }) => name);
        const rows = inSnapshot(db, (tx) => exportProfiles(tx, { of, audience: key, fields, now }));
        const text = listText(rows, names, format);
        // Whatever is wrong from the first can still be said as an answer.
        underWay += 1;
        const first = await text.next().catch((error: unknown) => {
          underWay -= 1;
          throw error;
        });
        const stream = Readable.from(joined(first, text), { objectMode: false }).once('close', () => {
          underWay -= 1;
        });
        reply.type(LIST_TYPES[format]).header('content-disposition', `attachment; filename="${key}.${format}"`);
        return reply.send(stream as never);
      },
    );
  };
  return async (app) => {
    await app.register(routes);
  };
}

async function* joined(first: IteratorResult<string, void>, rest: AsyncIterable<string>): AsyncGenerator<string> {
  if (first.done !== true) yield first.value;
  yield* rest;
}

async function listOf(
  db: Database,
  key: string,
  asked: string | undefined,
): Promise<{ readonly of: SubjectKind; readonly fields: readonly ListField[] }> {
  const workspace = (await currentPublication(db))?.workspace;
  const audience = workspace?.audiences[key];
  if (workspace === undefined || audience === undefined || audience.hidden === true) {
    const known = Object.values(workspace?.audiences ?? {}).filter(({ hidden }) => hidden !== true);
    const fix =
      didYouMean(
        key,
        known.map((one) => one.key),
      ) ?? 'See /api/audiences for those there are';
    throw new HttpProblem(404, 'not-found', `There is no audience \`${key}\``, { fix });
  }
  try {
    const names = asked?.split(',').map((name) => name.trim());
    return { of: audience.of, fields: listFields(names, audience.of, workspace, true) };
  } catch (error) {
    if (!(error instanceof UnknownFieldError)) throw error;
    const { field, fix } = error;
    throw new HttpProblem(400, 'invalid', `fields: there is no field \`${field}\``, { field: 'fields', fix });
  }
}
