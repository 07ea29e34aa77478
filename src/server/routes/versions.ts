/**
 * Versions of a journey: which there are and who is on them, how two differ, and moving people to the one in force.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { diffAnswer } from '../../definitions/diff-answer.ts';
import { diffJourneys } from '../../definitions/journey-diff.ts';
import { formatProblem } from '../../definitions/problems.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { destinationAnswer, metAtStepAnswer, metIn } from '../../runs/met-answer.ts';
import type { Migration } from '../../runs/migrate-run.ts';
import { previewMigration } from '../../runs/migration-preview.ts';
import { askMigration, MigrationUnderWayError, readMigrations } from '../../runs/migrations.ts';
import { MigrationError, planMigration } from '../../runs/plan-migration.ts';
import { findVersion, type ListedVersion, listVersions, VersionError } from '../../runs/read-versions.ts';
import { SettingsShelf, VersionShelf } from '../../runs/version-shelf.ts';
import type { Database } from '../../store/database.ts';
import { byWhom, whoIn } from '../api/by-hand.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';

export interface VersionDeps {
  readonly db: Database;
  readonly clock: Clock;
}

const versionAnswer = z.object({
  hash: z.string(),
  firstPublishedAt: z.date(),
  isInForce: z.boolean(),
  people: z.int().describe('Under way on it'),
  steps: z.array(z.object({ step: z.string().nullable(), people: z.int() })).describe('Where they stand'),
});

const mapAnswer = z.object({
  steps: z.record(z.string(), destinationAnswer),
  end: destinationAnswer.optional(),
  others: z.enum(['same', 'stay', 'out']),
});
const migrationAnswer = z.object({
  id: z.int(),
  version: z.string().nullable().describe('Where to; null: the journey is not published any more'),
  map: mapAnswer,
  askedBy: z.string(),
  askedAt: z.date(),
  doneAt: z.date().nullable().describe('Null: it is under way'),
  people: z.int(),
  moved: z.int(),
  stayed: z.int(),
  out: z.int(),
  ended: z.int().describe('By themselves, before it was their turn'),
  left: z.int().describe('Still to be moved: most of them have a message on its way'),
});

const refused = { 400: errorAnswer, 401: errorAnswer, 404: errorAnswer };
const params = z.object({ key: z.string().describe("The journey's key") });

export function versionRoutes({ db, clock }: VersionDeps): FastifyPluginAsync {
  const migrating = { clock, versions: new VersionShelf(), settings: new SettingsShelf() };
  const routes: FastifyPluginAsyncZod = async (app) => {
    app.get(
      '/api/journeys/:key/versions',
      {
        schema: {
          summary: 'The versions of a journey, newest first, and who is on them',
          params,
          querystring: pageQuery,
          response: { 200: pageOf(versionAnswer), ...refused },
        },
      },
      async ({ params: { key }, query: { limit, cursor } }) => {
        const after = decodeCursor(cursor, z.string());
        const versions = await listVersions(db, key).catch(asProblem);
        const first = after === null ? 0 : versions.findIndex(({ hash }) => hash === after) + 1;
        const { items, next } = cutPage(versions.slice(first), limit, ({ hash }) => hash);
        return { items: items.map(({ journey: _, ...version }) => ({ ...version, steps: [...version.steps] })), next };
      },
    );

    app.get(
      '/api/journeys/:key/versions/diff',
      {
        schema: {
          summary: 'How two versions of a journey differ',
          params,
          querystring: z.object({
            from: z.string().describe('A hash, or how one begins'),
            to: z.string().optional().describe('Default: the newest'),
          }),
          response: { 200: diffAnswer.extend({ from: z.string(), to: z.string() }), ...refused },
        },
      },
      async ({ params: { key }, query }) => {
        const versions = await listVersions(db, key).catch(asProblem);
        const [from, to] = findTwo(versions, query);
        return { from: from.hash, to: to.hash, ...diffAnswer.parse(diffJourneys(from.journey, to.journey)) };
      },
    );

    app.get(
      '/api/journeys/:key/migrations',
      {
        schema: {
          summary: 'Who was moved from version to version, newest first',
          params,
          querystring: pageQuery,
          response: { 200: pageOf(migrationAnswer), ...refused },
        },
      },
      async ({ params: { key }, query: { limit, cursor } }) => {
        const rows = await readMigrations(db, key, decodeCursor(cursor, z.int()), limit + 1);
        const { items, next } = cutPage(rows, limit, ({ id }) => id);
        return { items: items.map((item) => migrationAnswer.parse(item)), next };
      },
    );

    app.post(
      '/api/journeys/:key/migrations',
      {
        schema: {
          summary: 'Move people under way to the version in force',
          params,
          body: byWhom.extend({
            map: z
              .union([z.string(), z.record(z.string(), z.unknown())])
              .optional()
              .describe(
                'Where they go, as in a file: YAML text, or the same as an object; absent: to the step of the same id',
              ),
            preview: z.boolean().default(false).describe('Only say who would go where, and what they would meet'),
          }),
          response: {
            200: z.object({ version: z.string().nullable(), people: z.int(), met: z.array(metAtStepAnswer) }),
            202: migrationAnswer,
            ...refused,
            409: errorAnswer,
          },
        },
      },
      async ({ params: { key }, body: { map, preview, ...by } }, reply) => {
        const migration = await planned(key, map);
        if (preview) {
          const met = await previewMigration(db, migration, migrating);
          const people = met.reduce((sum, group) => sum + group.people, 0);
          return { version: migration.version, people, met: met.map(metIn) };
        }
        const now = new Date(clock.now());
        const id = await askMigration(db, { ...migration, ...whoIn(by) }, now).catch(asProblem);
        const [stored] = await readMigrations(db, key, id + 1, 1);
        return reply.code(202).send(migrationAnswer.parse(stored));
      },
    );
  };

  async function planned(journey: string, map: string | object | undefined): Promise<Migration> {
    const text = typeof map === 'string' ? map : JSON.stringify(map);
    const written = text === undefined ? undefined : { file: 'map', text };
    const plan = await planMigration(db, { journey, written }).catch(asProblem);
    if ('migration' in plan) return plan.migration;
    throw new HttpProblem(400, 'invalid-map', plan.problems.map(formatProblem).join('\n'), { field: 'map' });
  }

  return async (app) => {
    await app.register(routes);
  };
}

function findTwo(versions: readonly ListedVersion[], { from, to }: { from: string; to?: string | undefined }) {
  try {
    return [findVersion(versions, from), findVersion(versions, to)] as const;
  } catch (error) {
    return asProblem(error);
  }
}

function asProblem(error: unknown): never {
  if (error instanceof VersionError)
    throw new HttpProblem(404, 'not-found', error.message, { fix: error.fix, cause: error });
  if (error instanceof MigrationError) {
    const status = error.code === 'not-found' ? 404 : 400;
    throw new HttpProblem(status, error.code, error.message, { fix: error.fix, cause: error });
  }
  if (error instanceof MigrationUnderWayError) {
    const fix = `GET /api/journeys/${error.migration.journey}/migrations says how far it is`;
    throw new HttpProblem(409, 'under-way', error.message, { fix, cause: error });
  }
  throw error;
}
