/**
 * `/api/syncs`: how what goes to other systems fares, what each was told, and sending it again.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { didYouMean } from '../../definitions/problems.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId } from '../../profiles/find.ts';
import type { Database } from '../../store/database.ts';
import { DELIVERY_STATUSES, readDeliveries, readSyncKeys, readSyncs } from '../../sync/read-syncs.ts';
import { type ReplayOf, replay, resume } from '../../sync/replay.ts';
import { noSuchPerson } from '../api/people.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';

export interface SyncDeps {
  readonly db: Database;
  readonly clock: Clock;
}

const syncAnswer = z.object({
  key: z.string(),
  audience: z.string().nullable().describe('Null where the workspace has no such sync any more'),
  url: z.string().nullable(),
  waiting: z.int().describe('Changes that are still to be accepted'),
  delivered: z.int().describe('Changes that were accepted, ever'),
  failed: z.int().describe('Changes of the last 30 days that were refused or given up'),
  oldestWaiting: z.object({ queuedAt: z.date(), age: z.int().describe('Milliseconds') }).nullable(),
  lastError: z.object({ message: z.string(), at: z.date() }).nullable(),
  stopped: z.object({ at: z.date(), because: z.string() }).nullable().describe('Its receiver answered 410'),
  removedAt: z.date().nullable(),
});

const deliveryAnswer = z.object({
  id: z.string().describe('The same whenever it is sent'),
  status: z.enum(DELIVERY_STATUSES),
  attempts: z.int().describe('Since it was last asked for'),
  queuedAt: z.date(),
  doneAt: z.date().nullable(),
  error: z.string().nullable().describe('What the last attempt that failed was told'),
  body: z.record(z.string(), z.unknown()).describe('What is sent'),
});

const instant = z.iso.datetime({ offset: true });
const oneOfThree = 'Send `from` and `to`, or `personId`, or `failed: true`';
const replayBody = z.union(
  [
    z.strictObject({ from: instant, to: instant }),
    z.strictObject({ personId: z.string().describe('A user id, or an anonymous id') }),
    z.strictObject({ failed: z.literal(true) }),
  ],
  { error: oneOfThree },
);

const params = z.object({ key: z.string() });
const errors = { 400: errorAnswer, 401: errorAnswer, 404: errorAnswer };

export function syncRoutes({ db, clock }: SyncDeps): FastifyPluginAsync {
  const routes: FastifyPluginAsyncZod = async (app) => {
    app.get(
      '/api/syncs',
      {
        schema: {
          summary: 'Syncs, and how each fares',
          response: { 200: z.object({ items: z.array(syncAnswer) }), 401: errorAnswer },
        },
      },
      async () => ({ items: await readSyncs(db, clock.now()) }),
    );

    app.get(
      '/api/syncs/:key/deliveries',
      {
        schema: {
          summary: 'What a sync tells, newest first',
          params,
          querystring: pageQuery.extend({
            status: z.enum(DELIVERY_STATUSES).optional(),
            person: z.string().optional().describe('A user id, or an anonymous id'),
          }),
          response: { 200: pageOf(deliveryAnswer), ...errors },
        },
      },
      async ({ params: { key }, query: { limit, cursor, status, person } }) => {
        await expectSync(db, key);
        const before = decodeCursor(cursor, z.int());
        const profileId = person === undefined ? undefined : await personOf(db, person, 'person');
        const rows = await readDeliveries(db, key, { status, profileId, before, limit: limit + 1 });
        const { items, next } = cutPage(rows, limit, ({ seq }) => seq);
        return { items: items.map(({ seq: _, profileId: __, ...delivery }) => delivery), next };
      },
    );

    app.post(
      '/api/syncs/:key/replay',
      {
        schema: {
          summary: 'Sends changes again, with the same ids, and what each person had after them',
          params,
          body: replayBody,
          response: { 200: z.object({ changes: z.int(), people: z.int() }), ...errors },
        },
      },
      async ({ params: { key }, body }) => {
        await expectSync(db, key);
        return replay(db, key, await whichOf(db, body), clock.now());
      },
    );

    app.post(
      '/api/syncs/:key/resume',
      {
        schema: {
          summary: 'Lets a sync go on that its receiver has stopped',
          params,
          response: { 200: z.object({ resumed: z.boolean() }), ...errors },
        },
      },
      async ({ params: { key } }) => {
        await expectSync(db, key);
        return { resumed: await resume(db, key) };
      },
    );
  };
  return async (app) => {
    await app.register(routes);
  };
}

async function whichOf(db: Database, asked: z.infer<typeof replayBody>): Promise<ReplayOf> {
  if ('failed' in asked) return { failed: true };
  if ('personId' in asked) return { profileId: await personOf(db, asked.personId, 'personId') };
  const [from, to] = [Date.parse(asked.from), Date.parse(asked.to)];
  if (from < to) return { from, to };
  throw new HttpProblem(400, 'invalid', 'to: is not after `from`', { field: 'to', fix: 'Send a later instant' });
}

async function personOf(db: Database, id: string, field: string): Promise<number> {
  const profileId = await findPersonId(db, id);
  if (profileId === null) throw noSuchPerson(id, field);
  return profileId;
}

async function expectSync(db: Database, key: string): Promise<void> {
  const keys = await readSyncKeys(db);
  if (keys.includes(key)) return;
  const fix = didYouMean(key, keys) ?? 'See /api/syncs for those there are';
  throw new HttpProblem(404, 'not-found', `There is no sync \`${key}\``, { fix });
}
