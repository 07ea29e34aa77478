/**
 * `GET /api/people/:id`: everything that is known about one person.
 * @module
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { readAudiencesOf } from '../../audiences/read-members.ts';
import { ownZone } from '../../core/calendar.ts';
import type { JsonObject } from '../../core/condition.ts';
import type { Clock } from '../../core/time.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { readRecentEvents } from '../../ingest/read-events.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import { findPerson, namesOf } from '../../profiles/find.ts';
import { readMessages } from '../../runs/read-messages.ts';
import { readRuns } from '../../runs/read-runs.ts';
import { listTasks } from '../../sales/read-tasks.ts';
import type { Database } from '../../store/database.ts';
import { messageAnswer, messageIn, runAnswer, runIn, taskAnswer, taskIn } from './answers.ts';

/** Of runs, messages and events, the newest. */
const RECENT = 50;

const object = z.record(z.string(), z.unknown());

const personPage = z.object({
  userId: z.string().nullable(),
  createdAt: z.date(),
  traits: object,
  timezone: z
    .object({
      zone: z.string(),
      unusable: z.string().nullable().describe('What the trait `timezone` says, where that is no time zone'),
    })
    .nullable()
    .describe('Whose clock hours and calendars of the person go by; null before anything is published'),
  identities: z.array(z.object({ kind: z.enum(['user', 'anonymous', 'account']), value: z.string() })),
  accounts: z.array(z.object({ id: z.string().nullable(), traits: object, joinedAt: z.date() })),
  audiences: z.array(z.object({ audience: z.string(), since: z.date() })),
  runs: z.array(runAnswer).describe(`The newest ${RECENT}`),
  messages: z.array(messageAnswer).describe(`The newest ${RECENT}`),
  tasks: z.array(taskAnswer).describe(`Sales tasks, the ${RECENT} that are due first`),
  events: z
    .array(
      z.object({
        name: z.string(),
        type: z.string(),
        messageId: z.string(),
        occurredAt: z.date(),
        receivedAt: z.date(),
        byEngine: z.boolean(),
        properties: object,
      }),
    )
    .describe(`The newest ${RECENT}`),
});

export function peopleRoutes(db: Database, clock: Clock): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/people/:id',
      {
        schema: {
          summary: 'Everything known about a person',
          params: z.object({ id: z.string().describe('A user id, or an anonymous id') }),
          response: { 200: personPage, 401: errorAnswer, 404: errorAnswer },
        },
      },
      async ({ params }) => {
        const person = await findPerson(db, params.id);
        if (person === null) throw noSuchPerson(params.id);
        const { id: profileId, userId, createdAt, traits, identities, accounts } = person;
        const [publication, audiences, runs, messages, tasks, events] = await Promise.all([
          currentPublication(db),
          readAudiencesOf(db, profileId),
          readRuns(db, { profileId, limit: RECENT }),
          readMessages(db, { profileId, limit: RECENT }),
          listTasks(db, { profileId, limit: RECENT }, clock.now()),
          readRecentEvents(db, profileId, RECENT),
        ]);
        const names = await namesOf(db, [profileId, ...messages.flatMap(({ accountId }) => accountId ?? [])]);
        return {
          userId,
          createdAt,
          traits: { ...traits },
          timezone: publication && zoneIn(traits, publication.workspace.settings.timezone),
          identities: [...identities],
          accounts: accounts.map((account) => ({ ...account, traits: { ...account.traits } })),
          audiences,
          runs: runs.map((run) => runIn(run, names)),
          messages: messages.map((message) => messageIn(message, names)),
          tasks: tasks.map((task) => taskIn(task, names)),
          events: events.map((event) => ({ ...event, properties: { ...event.properties } })),
        };
      },
    );
  };
}

function zoneIn(traits: JsonObject, fallback: string) {
  const { zone, unusable = null } = ownZone(traits, fallback);
  return { zone, unusable };
}

export function noSuchPerson(id: string, field?: string): HttpProblem {
  return new HttpProblem(404, 'not-found', `There is no person \`${id}\``, {
    field,
    fix: 'Ids are your own user ids, or anonymous ids; an event is processed a moment after it was accepted',
  });
}
