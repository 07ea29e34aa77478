/**
 * `GET /api/accounts` and `GET /api/accounts/:id`.
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { readAudiencesOf } from '../../audiences/read-members.ts';
import type { Clock } from '../../core/time.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { readAccountEvents } from '../../ingest/read-events.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { namesOf } from '../../profiles/find.ts';
import { type FoundAccount, findAccount, listAccounts, readAccountMembers } from '../../profiles/find-accounts.ts';
import { readMessages } from '../../runs/read-messages.ts';
import { readRuns } from '../../runs/read-runs.ts';
import { listTasks } from '../../sales/read-tasks.ts';
import type { Database } from '../../store/database.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';
import {
  messageAnswer,
  messageIn,
  nameIn,
  personAnswer,
  runAnswer,
  runIn,
  taskAnswer,
  taskIn,
  whoIn,
} from './answers.ts';

/** Of people and events, the newest. */
const RECENT = 50;

const object = z.record(z.string(), z.unknown());
const accountParams = z.object({ id: z.string().describe('The `groupId` of your `group` calls') });

const accountAnswer = z.object({
  id: z.string(),
  createdAt: z.date(),
  traits: object,
  people: z.int().describe('How many belong to it'),
});

const accountPage = accountAnswer.extend({
  members: z
    .array(z.object({ person: personAnswer, joinedAt: z.date() }))
    .describe(`The ${RECENT} people who joined last`),
  audiences: z.array(z.object({ audience: z.string(), since: z.date() })),
  events: z
    .array(
      z.object({
        name: z.string(),
        person: personAnswer.nullable().describe('Null: the engine reports it of the account itself'),
        messageId: z.string(),
        occurredAt: z.date(),
        byEngine: z.boolean(),
        properties: object,
      }),
    )
    .describe(`What its people did in it, the newest ${RECENT}`),
  runs: z.array(runAnswer).describe(`The newest ${RECENT}`),
  messages: z.array(messageAnswer).describe(`What its runs sent, to whom and why, the newest ${RECENT}`),
  tasks: z.array(taskAnswer).describe(`Sales tasks about it, the ${RECENT} that are due first`),
});

export function accountRoutes(db: Database, clock: Clock): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/accounts',
      {
        schema: {
          summary: 'Accounts and how many people they have',
          querystring: pageQuery,
          response: { 200: pageOf(accountAnswer), 400: errorAnswer, 401: errorAnswer },
        },
      },
      async ({ query: { limit, cursor } }) => {
        const rows = await listAccounts(db, decodeCursor(cursor, z.int()), limit + 1);
        const { items, next } = cutPage(rows, limit, ({ profileId }) => profileId);
        return { items: items.map(answerOf), next };
      },
    );

    app.get(
      '/api/accounts/:id',
      {
        schema: {
          summary: 'Everything known about an account',
          params: accountParams,
          response: { 200: accountPage, 401: errorAnswer, 404: errorAnswer },
        },
      },
      async ({ params: { id } }) => {
        const account = await expectAccount(db, id);
        const { profileId: accountId } = account;
        const [members, audiences, events, runs, messages, tasks] = await Promise.all([
          readAccountMembers(db, accountId, RECENT),
          readAudiencesOf(db, accountId),
          readAccountEvents(db, accountId, RECENT),
          readRuns(db, { profileId: accountId, limit: RECENT }),
          readMessages(db, { accountId, limit: RECENT }),
          listTasks(db, { profileId: accountId, limit: RECENT }, clock.now()),
        ]);
        const names = await namesOf(db, [
          accountId,
          ...[...members, ...events, ...messages].map(({ profileId }) => profileId),
        ]);
        return {
          ...answerOf(account),
          members: members.map(({ profileId, joinedAt }) => ({ person: nameIn(names, profileId), joinedAt })),
          audiences,
          events: events.map(({ profileId, ...event }) => {
            return { ...event, person: whoIn(names, profileId).person, properties: { ...event.properties } };
          }),
          runs: runs.map((run) => runIn(run, names)),
          messages: messages.map((message) => messageIn(message, names)),
          tasks: tasks.map((task) => taskIn(task, names)),
        };
      },
    );
  };
}

function answerOf({ id, createdAt, traits, people }: FoundAccount) {
  return { id, createdAt, traits: { ...traits }, people };
}

export async function expectAccount(db: Database, id: string, field = 'id'): Promise<FoundAccount> {
  const account = await findAccount(db, id);
  if (account === null) throw noSuchAccount(id, field);
  return account;
}

export function noSuchAccount(id: string, field = 'id'): HttpProblem {
  return new HttpProblem(404, 'not-found', `There is no account \`${id}\``, {
    field,
    fix: 'Ids are those of your `group` calls; a call is processed a moment after it was accepted',
  });
}
