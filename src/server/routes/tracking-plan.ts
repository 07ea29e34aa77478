/**
 * How events keep to the tracking plan, and what is done with those that were kept aside.
 * @module
 */
import type { FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { currentPublication } from '../../definitions/publish.ts';
import type { TrackingPlan } from '../../definitions/workspace-types.ts';
import { HttpProblem } from '../../ingest/http-problem.ts';
import { errorAnswer } from '../../ingest/route-schemas.ts';
import type { Database } from '../../store/database.ts';
import { VIOLATION_KINDS } from '../../tracking-plan/check.ts';
import { readPlanCounts } from '../../tracking-plan/counts.ts';
import {
  countHeldEvents,
  discardHeldEvents,
  type HeldEvent,
  readHeldEvents,
  releaseHeldEvents,
} from '../../tracking-plan/held-events.ts';
import { cutPage, decodeCursor, pageOf, pageQuery } from '../cursor.ts';

export interface TrackingPlanDeps {
  readonly db: Database;
  readonly clock: Clock;
}

const kind = z.enum(VIOLATION_KINDS);
const plannedEvent = z.object({
  event: z.string().describe("An event's name, `identify` or `group`"),
  rule: z.enum(['pass', 'hold']).nullable().describe('What happens to violations; null: the plan does not name it'),
  seen: z.int().describe('Events checked, each once'),
  passed: z.int().describe('Of these, passed on with violations'),
  held: z.int().describe('How often one was kept aside'),
  inHand: z.int().describe('Kept aside now'),
  released: z.int(),
  discarded: z.int(),
  firstSeen: z.date().nullable(),
  lastSeen: z.date().nullable(),
  violations: z
    .array(
      z.object({
        ...{ field: z.string(), kind, passed: z.int(), held: z.int(), firstSeen: z.date(), lastSeen: z.date() },
        sample: z
          .object({
            ...{ expected: z.string(), got: z.string(), messageId: z.string() },
            ...{ person: z.string().nullable(), at: z.string() },
          })
          .describe('The newest'),
      }),
    )
    .describe('The most frequent first'),
});
export type PlannedEvent = z.infer<typeof plannedEvent>;

const object = z.record(z.string(), z.unknown());
const heldEvent = z.object({
  id: z.int(),
  event: z.string(),
  type: z.string(),
  messageId: z.string(),
  userId: z.string().nullable(),
  anonymousId: z.string().nullable(),
  occurredAt: z.string(),
  heldAt: z.date(),
  reason: z.string(),
  violations: z
    .array(z.object({ field: z.string(), kind, expected: z.string(), got: z.string() }))
    .nullable()
    .describe('Of the tracking plan; null where it is held for another reason'),
  publication: z.int().nullable().describe('The one whose plan was held against it'),
  properties: object,
  traits: object.nullable(),
  discardedAt: z.date().nullable(),
  discardedBecause: z.string().nullable(),
});

const which = {
  event: z.string().optional().describe("An event's name"),
  person: z.string().optional().describe('A user id, or an anonymous id'),
  field: z.string().optional().describe('A property that violates the plan, as in `properties.seats`'),
};
const chosen = {
  ...which,
  ids: z.array(z.int()).min(1).max(1_000).optional(),
  all: z.literal(true).optional().describe('Instead of the others: every one'),
};
const refused = { 400: errorAnswer, 401: errorAnswer };

export function trackingPlanRoutes({ db, clock }: TrackingPlanDeps): FastifyPluginAsync {
  const routes: FastifyPluginAsyncZod = async (app) => {
    app.get(
      '/api/tracking-plan',
      {
        schema: {
          summary: 'The tracking plan: what was seen of each event, and what violated it',
          querystring: pageQuery,
          response: { 200: pageOf(plannedEvent), ...refused },
        },
      },
      async ({ query: { limit, cursor } }) => {
        const after = decodeCursor(cursor, z.string());
        const events = (await listPlannedEvents(db)).filter(({ event }) => after === null || event > after);
        return cutPage(events, limit, ({ event }) => event);
      },
    );

    app.get(
      '/api/held-events',
      {
        schema: {
          summary: 'Events that were kept aside, with why',
          querystring: pageQuery.extend({
            ...which,
            discarded: z.stringbool().default(false).describe('Those that were discarded instead'),
          }),
          response: { 200: pageOf(heldEvent), ...refused },
        },
      },
      async ({ query: { limit, cursor, ...filter } }) => {
        const rows = await readHeldEvents(db, filter, decodeCursor(cursor, z.int()), limit + 1);
        const { items, next } = cutPage(rows, limit, ({ id }) => id);
        return { items: items.map(heldIn), next };
      },
    );

    app.post(
      '/api/held-events/release',
      {
        schema: {
          summary: 'Put held events back to be processed; the plan in force then checks them again',
          body: z.object(chosen),
          response: { 200: z.object({ released: z.int() }), ...refused },
        },
      },
      async ({ body }) => ({ released: await releaseHeldEvents(db, choiceIn(body)) }),
    );

    app.post(
      '/api/held-events/discard',
      {
        schema: {
          summary: 'Give held events up; they stay on record with the reason',
          body: z.object({ ...chosen, because: z.string().trim().min(1).max(500) }),
          response: { 200: z.object({ discarded: z.int() }), ...refused },
        },
      },
      async ({ body: { because, ...body } }) => ({
        discarded: await discardHeldEvents(db, choiceIn(body), because, clock.now()),
      }),
    );
  };
  return async (app) => {
    await app.register(routes);
  };
}

/** Every event that the plan names or that was checked by one, by name. */
export async function listPlannedEvents(db: Database): Promise<PlannedEvent[]> {
  const [publication, counts, inHand] = await Promise.all([
    currentPublication(db),
    readPlanCounts(db),
    countHeldEvents(db),
  ]);
  const plan = publication?.workspace.trackingPlan;
  const counted = new Map(counts.map((count) => [count.event, count]));
  const names = new Set([...namesIn(plan), ...counted.keys()]);
  return [...names].sort().map((event) => {
    const { violations, ...count } = counted.get(event) ?? { ...NOTHING_SEEN, event, violations: [] };
    return { ...count, violations: [...violations], rule: ruleOf(event, plan), inHand: inHand.get(event) ?? 0 };
  });
}

const NOTHING_SEEN = {
  ...{ seen: 0, passed: 0, held: 0, released: 0, discarded: 0 },
  ...{ firstSeen: null, lastSeen: null },
};

function namesIn(plan: TrackingPlan | undefined): readonly string[] {
  if (plan === undefined) return [];
  return [...Object.keys(plan.events), ...(['identify', 'group'] as const).filter((call) => plan[call] !== undefined)];
}

function ruleOf(event: string, plan: TrackingPlan | undefined): 'pass' | 'hold' | null {
  if (plan === undefined) return null;
  if (Object.hasOwn(plan.events, event)) return plan.events[event]?.rule ?? null;
  return event === 'identify' || event === 'group' ? (plan[event]?.rule ?? null) : null;
}

function choiceIn({ all, ...filter }: z.infer<z.ZodObject<typeof chosen>>) {
  const isNarrowed = Object.values(filter).some((value) => value !== undefined);
  if (isNarrowed !== (all === true)) return filter;
  const message = isNarrowed ? '`all` stands beside others' : 'says of no event that it is meant';
  throw new HttpProblem(400, 'invalid', message, { fix: 'Send `ids`, `event`, `person` or `field`, or else `all`' });
}

function heldIn({ event: call, publicationId, violations, ...held }: HeldEvent) {
  const { type, name, messageId, userId = null, anonymousId = null, occurredAt, properties, traits } = call;
  return {
    ...held,
    ...{ event: name, type, messageId, userId, anonymousId, occurredAt },
    violations: violations && [...violations],
    publication: publicationId,
    properties: { ...properties },
    traits: traits === undefined ? null : { ...traits },
  };
}
