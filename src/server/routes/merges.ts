/**
 * Which merges made a person what it is, and undoing one of them.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId, type PersonName } from '../../profiles/find.ts';
import { readMergesOf } from '../../profiles/merge-log.ts';
import { UnmergeError } from '../../profiles/unmerge.ts';
import type { Database } from '../../store/database.ts';
import { noSuchPerson } from '../api/people.ts';

/** What an undo answers; see `unmergePeople`. */
interface Unmerged {
  readonly merge: number;
  readonly dryRun: boolean;
  readonly stays: PersonName;
  readonly comesBack: PersonName;
  readonly identities: readonly { readonly kind: string; readonly value: string }[];
  readonly accounts: readonly string[];
  readonly events: number;
  readonly runs: readonly string[];
  readonly stayEnded: readonly { readonly run: string; readonly journey: string; readonly reason: string }[];
}

export interface MergeDeps {
  readonly db: Database;
  /** @throws {UnmergeError} */
  readonly unmerge: (asked: { merge: number; person: number; dryRun: boolean }) => Promise<Unmerged>;
}

const name = z.object({ userId: z.string().nullable(), anonymousId: z.string().nullable() });
const identity = z.object({ kind: z.string(), value: z.string() });
const ended = z.object({ run: z.string(), journey: z.string(), reason: z.string() });

const mergeAnswer = z.object({
  id: z.int(),
  at: z.date(),
  messageId: z.string().describe('The call that said so'),
  went: z.object({ userId: z.string().nullable(), identities: z.array(identity) }),
  events: z.int().describe('How many came over'),
  runs: z.array(z.string()).describe('Runs that came over'),
  ended: z.array(ended).describe('Of these, the ones that ended by it'),
  undoneAt: z.date().nullable(),
});

const unmergedAnswer = z.object({
  merge: z.int(),
  dryRun: z.boolean(),
  stays: name,
  comesBack: name,
  identities: z.array(identity).describe('Ids that name who comes back'),
  accounts: z.array(z.string()).describe('Accounts of who comes back'),
  events: z.int().describe('How many went back'),
  runs: z.array(z.string()).describe('Runs that went back; those under way go on'),
  stayEnded: z.array(ended).describe('Runs that the merge ended; they are not started again'),
});

export function mergeRoutes({ db, unmerge }: MergeDeps): FastifyPluginAsync {
  const routes: FastifyPluginAsyncZod = async (app) => {
    const params = z.object({ id: z.string().describe('A user id, or an anonymous id') });
    const personOf = async (id: string) => {
      const person = await findPersonId(db, id);
      if (person === null) throw noSuchPerson(id);
      return person;
    };

    app.get(
      '/api/people/:id/merges',
      {
        schema: {
          summary: 'The merges that made a person what it is, newest first; undone ones too',
          params,
          response: { 200: z.object({ items: z.array(mergeAnswer) }), 401: errorAnswer, 404: errorAnswer },
        },
      },
      async ({ params: { id } }) => {
        const merges = await readMergesOf(db, await personOf(id));
        return {
          items: merges.map((merge) => ({
            ...{ id: merge.id, at: merge.at, messageId: merge.messageId, undoneAt: merge.undoneAt },
            went: { userId: merge.before.from.userId, identities: [...merge.moved.identities] },
            ...{ events: merge.moved.events, runs: [...merge.moved.runs], ended: [...merge.moved.ended] },
          })),
        };
      },
    );

    app.post(
      '/api/people/:id/unmerge',
      {
        schema: {
          summary: 'Undo a merge: one person becomes two again',
          params,
          body: z.object({
            merge: z.int().positive().describe('The merge’s id, from `GET /api/people/:id/merges`'),
            dryRun: z.boolean().default(false).describe('Only say what would happen'),
          }),
          response: {
            200: unmergedAnswer,
            400: errorAnswer,
            401: errorAnswer,
            404: errorAnswer,
            409: errorAnswer,
          },
        },
      },
      async ({ params: { id }, body: { merge, dryRun } }) => {
        try {
          const done = await unmerge({ merge, dryRun, person: await personOf(id) });
          const { identities, accounts, runs, stayEnded } = done;
          return {
            ...done,
            ...{ identities: [...identities], accounts: [...accounts], runs: [...runs], stayEnded: [...stayEnded] },
          };
        } catch (error) {
          if (!(error instanceof UnmergeError)) throw error;
          const fix = `GET /api/people/${encodeURIComponent(id)}/merges says which there are`;
          const [status, code] = error.code === 'undone' ? ([409, 'undone'] as const) : ([404, 'not-found'] as const);
          throw new HttpProblem(status, code, error.message, { field: 'merge', fix, cause: error });
        }
      },
    );
  };
  return async (app) => {
    await app.register(routes);
  };
}
