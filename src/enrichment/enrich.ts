/**
 * Asking other systems about profiles. What they answer goes through the inbox as traits, like anything else that is
 * said of a profile. An address that has answered is not asked again within the definition's `refresh`.
 * @module
 */
import type { Json, JsonObject } from '../core/condition.ts';
import { readPath } from '../core/matching.ts';
import { type Clock, DAY, type Instant, MINUTE, SECOND } from '../core/time.ts';
import type { EnrichmentDefinition } from '../definitions/enrichment-types.ts';
import { putInInbox } from '../ingest/inbox.ts';
import { parseAccount, parseCall } from '../ingest/segment-spec.ts';
import type { Database } from '../store/database.ts';
import type { EnrichmentCache } from '../store/tables-exchange.ts';
import { addressOf, type Secrets } from './address.ts';
import { type Answer, ask } from './ask.ts';
import { type DueEnrichment, leaseDue, type Settled, settle } from './due.ts';

export interface Enriching {
  readonly db: Database;
  readonly clock: Clock;
  readonly secrets: Secrets;
}

/** Questions that are under way at once. */
const AT_ONCE = 8;
/** Real time beyond the timeouts, after which a lease counts as one of a process that died. */
const LEASE_MARGIN = 30 * SECOND;
const FIRST_PAUSE = MINUTE;
const LONGEST_PAUSE = DAY;
const LONGEST_MESSAGE_ID = 100;

/** Asks about those that are due longest, and says how many they were. */
export async function enrich(definitions: readonly EnrichmentDefinition[], enriching: Enriching): Promise<number> {
  if (definitions.length === 0) return 0;
  const { db, clock } = enriching;
  const byKey = new Map(definitions.map((definition) => [definition.key, definition]));
  const longest = Math.max(...definitions.map(({ timeout }) => timeout));
  const lease = (longest + LEASE_MARGIN) * clock.speed;
  const due = await leaseDue(db, [...byKey.keys()], clock.now(), lease, AT_ONCE);
  await Promise.all(
    due.map(async (one) => {
      const definition = byKey.get(one.enrichment);
      if (definition !== undefined) await enrichOne(definition, one, enriching);
    }),
  );
  return due.length;
}

async function enrichOne(definition: EnrichmentDefinition, due: DueEnrichment, enriching: Enriching): Promise<void> {
  const { clock, secrets } = enriching;
  const { refresh, timeout } = definition;
  const address = addressOf(definition, due, secrets);
  if ('problem' in address) {
    await record(definition, due, '', { kind: 'failed', problem: address.problem }, enriching);
    return;
  }
  const known = due.cache[address.shown];
  if (known !== undefined && known.at + refresh > clock.now()) {
    const isNews = due.lastUrl !== address.shown;
    await keep(definition, due, address.shown, known, isNews, enriching);
    return;
  }
  await record(definition, due, address.shown, await ask(address.url, address.headers, timeout), enriching);
}

async function record(
  definition: EnrichmentDefinition,
  due: DueEnrichment,
  url: string,
  answer: Answer,
  enriching: Enriching,
): Promise<void> {
  const now = enriching.clock.now();
  if (answer.kind !== 'failed') {
    const traits = answer.kind === 'found' ? traitsIn(answer.body, definition) : null;
    await keep(definition, due, url, { at: now, traits }, true, enriching);
    return;
  }
  const attempts = due.attempts + 1;
  const isGivenUp = attempts >= definition.attempts;
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1));
  await settle(enriching.db, due, {
    status: isGivenUp ? 'failed' : 'failing',
    dueAt: now + (isGivenUp ? definition.refresh : Math.max(pause, answer.retryAfter ?? 0)),
    attempts: isGivenUp ? 0 : attempts,
    ...{ url, problem: answer.problem, cache: due.cache },
  });
}

/** Stores an answer, and what it says of the profile where that is news, in one transaction. */
async function keep(
  definition: EnrichmentDefinition,
  due: DueEnrichment,
  url: string,
  answered: EnrichmentCache[string],
  isNews: boolean,
  { db, clock }: Enriching,
): Promise<void> {
  const now = clock.now();
  const { at, traits } = answered;
  const settled: Settled = {
    status: traits === null ? 'not-found' : 'done',
    dueAt: at + definition.refresh,
    ...{ attempts: 0, url, problem: null, answered },
    cache: { ...stillGood(due.cache, now - definition.refresh), [url]: answered },
  };
  const said = traits ?? (definition.notFound === 'clear' ? clearing(definition) : {});
  await db.transaction().execute(async (tx) => {
    if (isNews && Object.keys(said).length > 0) await putInInbox(tx, eventsOf(definition, due, said, clock));
    await settle(tx, due, settled);
  });
}

function eventsOf({ key, of }: EnrichmentDefinition, due: DueEnrichment, traits: JsonObject, clock: Clock) {
  const arrival = { now: clock.now(), wall: clock.wall(), speed: clock.speed };
  const messageId = `enrichment:${due.profileId}:${due.leasedUntil}:${key}`.slice(0, LONGEST_MESSAGE_ID);
  const call = { traits, messageId, context: { source: `enrichment:${key}` } };
  const parsed =
    of === 'account'
      ? parseAccount({ groupId: due.name, ...call }, arrival)
      : parseCall(
          'identify',
          { userId: due.name, anonymousId: due.name === null ? due.anonymousId : null, ...call },
          arrival,
        );
  return 'event' in parsed ? [parsed.event] : [];
}

function traitsIn(body: Json, definition: EnrichmentDefinition): JsonObject {
  const answer = { answer: body };
  return Object.fromEntries(
    Object.entries(definition.fields).flatMap(([trait, path]) => {
      const value = readPath(answer, `answer.${path}`);
      return value === undefined ? [] : [[trait, value]];
    }),
  );
}

function clearing({ fields }: EnrichmentDefinition): JsonObject {
  return Object.fromEntries(Object.keys(fields).map((trait) => [trait, null]));
}

function stillGood(cache: EnrichmentCache, since: Instant): EnrichmentCache {
  return Object.fromEntries(Object.entries(cache).filter(([, { at }]) => at > since));
}
