/**
 * `/api/tasks`: what the sales team works through.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPersonId, namesOf } from '../../profiles/find.ts';
import { reportOnMessage } from '../../runs/message-events.ts';
import { listTasks, readTask, TASK_STATUSES, type Task } from '../../sales/read-tasks.ts';
import { claimTask, completeTask, OUTCOMES, reassignTask, snoozeTask, TaskStateError } from '../../sales/tasks.ts';
import type { Database } from '../../store/database.ts';
import { expectAccount } from '../api/accounts.ts';
import { taskAnswer, taskIn } from '../api/answers.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';

export interface TaskDeps {
  readonly db: Database;
  readonly clock: Clock;
}

const taskPlace = z.object({ dueAt: z.iso.datetime(), id: z.string() });
const taskParams = z.object({ id: z.string().describe('URL-encoded') });
const answers = { 200: taskAnswer, 400: errorAnswer, 401: errorAnswer, 404: errorAnswer, 409: errorAnswer };
const by = z.string().min(1).max(200).describe('Who does this');
const note = z.string().max(10_000).nullable().default(null);

const taskQuery = pageQuery.extend({
  status: z.enum(TASK_STATUSES).optional(),
  owner: z.string().optional(),
  person: z.string().optional().describe('A user id, or an anonymous id'),
  account: z.string().optional().describe('The `groupId` of an account'),
});

/** Guarded by the server's own check of the API key, like everything under `/api`. */
export function taskRoutes(deps: TaskDeps): FastifyPluginAsync {
  return async (app) => {
    await app.register(readingRoutes(deps));
    await app.register(changingRoutes(deps));
  };
}

function readingRoutes({ db, clock }: TaskDeps): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/tasks',
      {
        schema: {
          summary: 'Sales tasks, what is due first comes first',
          querystring: taskQuery,
          response: { 200: pageOf(taskAnswer), 400: errorAnswer, 401: errorAnswer, 404: errorAnswer },
        },
      },
      async ({ query: { limit, cursor, person, account, ...filter } }) => {
        const after = decodeCursor(cursor, taskPlace);
        const ofAccount = account === undefined ? undefined : (await expectAccount(db, account, 'account')).profileId;
        const profileId = person === undefined ? ofAccount : await findPersonId(db, person);
        if (profileId === null) throw new HttpProblem(404, 'not-found', `There is no person \`${person}\``);
        const rows = await listTasks(db, { ...filter, profileId, after, limit: limit + 1 }, clock.now());
        const { items, next } = cutPage(rows, limit, ({ dueAt, id }) => ({ dueAt, id }));
        return { items: await answerWith(db, items), next };
      },
    );

    app.get(
      '/api/tasks/:id',
      { schema: { summary: 'One sales task', params: taskParams, response: answers } },
      async ({ params: { id } }) => answerOrRefuse(db, id, await readTask(db, id, clock.now())),
    );
  };
}

function changingRoutes({ db, clock }: TaskDeps): FastifyPluginAsyncZod {
  const tasks = { db, clock, report: reportOnMessage };
  return async (app) => {
    app.post(
      '/api/tasks/:id/claim',
      {
        schema: {
          summary: 'Takes a task; 409 names who has it already',
          params: taskParams,
          body: z.object({ by }),
          response: answers,
        },
      },
      ({ params: { id }, body }) => changed(db, id, claimTask(tasks, { id, ...body })),
    );

    app.post(
      '/api/tasks/:id/complete',
      {
        schema: {
          summary: 'Closes a task with its outcome',
          params: taskParams,
          body: z.object({ by, outcome: z.enum(OUTCOMES), note }),
          response: answers,
        },
      },
      ({ params: { id }, body }) => changed(db, id, completeTask(tasks, { id, ...body })),
    );

    app.post(
      '/api/tasks/:id/snooze',
      {
        schema: {
          summary: 'Puts a task off',
          params: taskParams,
          body: z.object({ by, until: z.iso.datetime({ offset: true }) }),
          response: answers,
        },
      },
      ({ params: { id }, body }) => {
        const until = new Date(body.until);
        if (until.getTime() <= clock.now()) {
          const fix = `Send an instant after ${new Date(clock.now()).toISOString()}`;
          throw new HttpProblem(400, 'invalid', 'until: lies in the past', { field: 'until', fix });
        }
        return changed(db, id, snoozeTask(tasks, { id, by: body.by, until }));
      },
    );

    app.post(
      '/api/tasks/:id/reassign',
      {
        schema: {
          summary: 'Gives a task to another owner; it is open again',
          params: taskParams,
          body: z.object({ by, owner: z.string().min(1).max(200) }),
          response: answers,
        },
      },
      ({ params: { id }, body }) => changed(db, id, reassignTask(tasks, { id, ...body })),
    );
  };
}

async function changed(db: Database, id: string, changing: Promise<Task | null>) {
  try {
    return await answerOrRefuse(db, id, await changing);
  } catch (error) {
    if (!(error instanceof TaskStateError)) throw error;
    const fix = error.code === 'claimed' ? 'Have it reassigned first, or leave it to them' : undefined;
    throw new HttpProblem(409, error.code, error.message, { fix, cause: error });
  }
}

async function answerOrRefuse(db: Database, id: string, task: Task | null) {
  const [answer] = await answerWith(db, task === null ? [] : [task]);
  if (answer === undefined) throw new HttpProblem(404, 'not-found', `There is no sales task \`${id}\``);
  return answer;
}

async function answerWith(db: Database, tasks: readonly Task[]) {
  const names = await namesOf(
    db,
    tasks.map(({ profileId }) => profileId),
  );
  return tasks.map((task) => taskIn(task, names));
}
