/**
 * The people of an account, for the roles that messages of its run go to, and the locks on those who get one.
 *
 * Profiles of either kind are locked in order of id. A run holds its account before it knows whom it will write to, so it
 * takes their locks only where they are free; where one is not, its transaction lets go of all and begins again with those
 * people and the account in order. So a run never waits for a person while it holds the account.
 * @module
 */
import { sql } from 'kysely';
import type { JsonObject } from '../core/condition.ts';
import type { Interest } from '../core/interest.ts';
import type { Ledger } from '../core/pressure.ts';
import type { AccountAsked } from '../core/receivers.ts';
import type { AccountPerson } from '../core/roles.ts';
import type { Instant } from '../core/time.ts';
import { loadFacts } from '../ingest/event-log.ts';
import { loadRelated } from '../profiles/related.ts';
import type { Queryable } from '../store/database.ts';

export interface Member extends AccountPerson {
  readonly userId: string | null;
}

/** Somebody else holds one of these people: begin again with {@link lockTogether}. */
export class PeopleBusyError extends Error {
  override readonly name = 'PeopleBusyError';

  constructor(readonly people: readonly number[]) {
    super('Somebody of the account is locked by another transaction');
  }
}

/**
 * Everybody in the account, in the order in which they joined it, with what the interest is about. Their `account.…` is
 * this one, whichever they joined last.
 */
export async function loadAccountPeople(
  db: Queryable,
  account: { readonly id: number; readonly traits: JsonObject },
  interest: Interest,
  earliest: Instant,
): Promise<Member[]> {
  const { rows } = await sql<{ id: number; user_id: string | null; traits: JsonObject; audiences: string[] | null }>`
    select p.id, p.user_id, p.traits, (
      select array_agg(s.audience) from audience_states s
      where s.profile_id = p.id and s.member and s.audience = any(${[...interest.audiences]})
    ) as audiences
    from account_members m join profiles p on p.id = m.person_id
    where m.account_id = ${account.id} and p.merged_into is null
    order by m.joined_at, p.id
  `.execute(db);
  const ids = rows.map(({ id }) => id);
  const events = await loadFacts(db, ids, [interest], earliest);
  const related = await loadRelated(db, 'person', ids, interest.related);
  return rows.map(({ id, user_id, traits, audiences }) => ({
    id,
    userId: user_id,
    name: user_id ?? `profile:${id}`,
    facts: {
      traits: { ...traits, account: account.traits },
      events: events.get(id) ?? [],
      audiences: new Set(audiences ?? []),
      related: related.get(id),
    },
  }));
}

/** Locks these people and the run's account, in order, waiting for whoever has them. */
export async function lockTogether(tx: Queryable, runId: string, people: readonly number[]): Promise<void> {
  await sql`
    select id from profiles where id = any(${people}) or id = (select profile_id from runs where id = ${runId})
    order by id for no key update
  `.execute(tx);
}

/**
 * Decides with what counts against whoever gets a message, read under that person's lock: first as if nothing did, which
 * says whose ledgers are asked for, then with those.
 * @param decide pure, so that it may be called at will
 * @throws {PeopleBusyError} others have one of them
 */
export function decideForPeople<Decided>(
  tx: Queryable,
  people: readonly Member[] | undefined,
  readLedger: (person: number) => Promise<Ledger>,
  decide: (account: AccountAsked | undefined) => Decided,
): Promise<Decided> {
  const lock = async (asked: readonly number[], held: Iterable<number>) => {
    const { rows } = await sql<{ id: number }>`
      select id from profiles where id = any(${asked}) order by id for no key update skip locked
    `.execute(tx);
    if (rows.length < asked.length) throw new PeopleBusyError([...held, ...asked]);
  };
  return decideAsking(people, lock, readLedger, decide);
}

/** Likewise where nothing comes of it: nobody is locked. */
export function lookForPeople<Decided>(
  people: readonly Member[] | undefined,
  readLedger: (person: number) => Promise<Ledger>,
  decide: (account: AccountAsked | undefined) => Decided,
): Promise<Decided> {
  return decideAsking(people, async () => undefined, readLedger, decide);
}

async function decideAsking<Decided>(
  people: readonly Member[] | undefined,
  lock: (asked: readonly number[], held: Iterable<number>) => Promise<void>,
  readLedger: (person: number) => Promise<Ledger>,
  decide: (account: AccountAsked | undefined) => Decided,
): Promise<Decided> {
  if (people === undefined) return decide(undefined);
  const ledgers = new Map<number, Ledger>();
  for (;;) {
    const asked = new Set<number>();
    const decided = decide({
      people,
      ledgerOf: (person) => {
        const ledger = ledgers.get(person);
        if (ledger === undefined) asked.add(person);
        return ledger ?? NOTHING;
      },
    });
    if (asked.size === 0) return decided;
    await lock([...asked], ledgers.keys());
    for (const person of asked) ledgers.set(person, await readLedger(person));
  }
}

const NOTHING: Ledger = { sent: [], suppressed: new Set() };
