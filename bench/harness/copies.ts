/**
 * More people by copying those there are with everything stored of them, so that a million need not be brought up to date
 * one by one to be a million: a copy has what the product wrote for somebody with the same history.
 * @module
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../src/store/database.ts';
import { TIME_SLICES } from './history-rows.ts';
import { withoutIndexes } from './without-indexes.ts';

/** Copies everybody whom `makePeople` made until there are `times` as many; ids and user ids go on counting. */
export async function copyEverybody(db: Database, times: number): Promise<void> {
  if (times <= 1) return;
  const { people } = await db
    .selectFrom('profiles')
    .select(({ fn }) => fn.max<number>('id').as('people'))
    .executeTakeFirstOrThrow();
  const copies = sql`(select n * ${sql.lit(people)} as shift from generate_series(1, ${sql.lit(times - 1)}) as n) as copies`;

  await sql`
    insert into profiles (id, user_id, traits, created_at, applied_at, filled_to) overriding system value
    select id + shift, 'user-' || id + shift, traits || jsonb_build_object('email', 'user-' || id + shift || '@example.com'),
      created_at, applied_at, filled_to
    from ${copies}, profiles
  `.execute(db);
  await sql`select setval(pg_get_serial_sequence('profiles', 'id'), max(id)) from profiles`.execute(db);
  await sql`
    insert into identities (kind, value, profile_id)
    select kind, 'user-' || profile_id + shift, profile_id + shift from ${copies}, identities
  `.execute(db);
  await Promise.all([copyMemberships(db, copies), copyEvents(db, copies)]);
}

async function copyMemberships(db: Database, copies: RawBuilder<unknown>): Promise<void> {
  await withoutIndexes(db, 'audience_states', () =>
    sql`
      insert into audience_states (profile_id, audience, member, since, due_at)
      select profile_id + shift, audience, member, since, due_at from ${copies}, audience_states
    `.execute(db),
  );
  await withoutIndexes(db, 'audience_changes', () =>
    sql`
      insert into audience_changes (profile_id, audience, entered, at, cause, because, recorded_at)
      select profile_id + shift, audience, entered, at, cause, because, recorded_at from ${copies}, audience_changes
    `.execute(db),
  );
}

/** About in the order they happened, as they come in life. */
async function copyEvents(db: Database, copies: RawBuilder<unknown>): Promise<void> {
  const { from, to } = await db
    .selectFrom('events')
    .select(({ fn }) => [fn.min('occurred_at').as('from'), fn.max('occurred_at').as('to')])
    .executeTakeFirstOrThrow();
  const slice = Math.ceil((to.getTime() + 1 - from.getTime()) / TIME_SLICES);
  await withoutIndexes(db, 'events', async () => {
    for (let start = from.getTime(); start <= to.getTime(); start += slice) {
      await sql`
        insert into events (profile_id, name, type, occurred_at, received_at, message_id, properties)
        select profile_id + shift, name, type, occurred_at, received_at, message_id || '-' || shift, properties
        from ${copies}, events where occurred_at >= ${new Date(start)} and occurred_at < ${new Date(start + slice)}
        order by occurred_at
      `.execute(db);
    }
  });
}
