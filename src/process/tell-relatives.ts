/**
 * What a profile tells those it is related to, through the inbox: each hears of it in its own lane, as of the instant at
 * which it happened, when that lane comes to it. The rows are written with the change that they tell of, in one statement.
 * @module
 */
import { sql } from 'kysely';
import type { Instant } from '../core/time.ts';
import { laneOfProfile, type News, newsFor } from '../ingest/inbox.ts';
import type { Queryable } from '../store/database.ts';
import { announcement } from '../store/notify.ts';
import type { Catalog } from './catalog.ts';
import type { Profile } from './profile.ts';

export interface Told {
  readonly teller: Pick<Profile, 'id' | 'kind'>;
  readonly at: Instant;
  readonly news: News;
  /** Among the relatives only this one. */
  readonly to?: number;
  /** Only people whose runs are under way: no audience asks, but a run of an older definition may. */
  readonly onlyRunning?: true;
}

/** What the profiles' changes of audiences are to their relatives: one piece of news for those of an instant. */
export function changesToTell(profiles: Iterable<Profile>, catalog: Catalog): Told[] {
  const told = new Map<string, Told & { readonly news: { readonly related: string[] } }>();
  for (const profile of profiles) {
    const asked = profile.kind === 'person' ? catalog.accounts.interest.related : catalog.askedOfAccounts;
    for (const { audience, at, entering } of profile.changes) {
      const isAsked = asked.has(audience);
      // What runs of accounts ask, the catalog knows.
      if (!isAsked && profile.kind === 'person') continue;
      const key = [profile.id, at, isAsked, entering].join();
      const known = told.get(key);
      if (known !== undefined) known.news.related.push(audience);
      else {
        const news = { related: [audience], ...(entering === undefined ? {} : { entering }) };
        told.set(key, { teller: profile, at, news, ...(isAsked ? {} : { onlyRunning: true as const }) });
      }
    }
  }
  return [...told.values()];
}

/** People became one, or two again: whatever their accounts count by person may be another number. */
export function mergesToTell(
  people: Iterable<Profile>,
  { accounts }: Catalog,
  entering: 'everybody' | 'nobody' = 'everybody',
): Told[] {
  const { events, related } = accounts.interest;
  if (accounts.audiences.all.length + events.size + related.size === 0) return [];
  const news: News = { people: true, ...(entering === 'nobody' ? { entering } : {}) };
  return [...people].map((person) => ({ teller: person, at: person.appliedAt, news }));
}

/** Writes the news to the inbox, for every relative in its own lane. */
export async function tellRelatives(tx: Queryable, told: readonly Told[], now: Instant): Promise<void> {
  if (told.length === 0) return;
  const receivedAt = new Date(now).toISOString();
  const rows = told.map(({ teller, at, news, to, onlyRunning }) => {
    const silent = news.entering === 'nobody' ? true : undefined;
    const body = newsFor(0, news, { occurredAt: new Date(at).toISOString(), receivedAt, silent });
    return { [teller.kind]: teller.id, at: new Date(at), to, only_running: onlyRunning ?? false, body };
  });
  await sql`
    with told as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as row (person bigint, account bigint, at timestamptz, "to" bigint, only_running boolean, body jsonb)
    ), heard as (
      select m.person_id as id, told.at, told.body from told join account_members m on m.account_id = told.account
      where (told.to is null or told.to = m.person_id) and (not told.only_running
        or exists (select 1 from runs r where r.profile_id = m.person_id and r.status = 'active'))
      union all
      select m.account_id, told.at, told.body from told join account_members m on m.person_id = told.person
    ), stored as (
      insert into inbox (lane, message_id, occurred_at, received_at, body)
      select ${laneOfProfile(sql`id`)}, 'news', at, ${receivedAt}, body || jsonb_build_object('profileId', id)
      from heard order by at
    )
    select ${announcement('inbox')}
  `.execute(tx);
}
