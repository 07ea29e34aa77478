/**
 * Whether caps, hours, groups, hold-outs and the stock of offers held throughout a storm, by what arrived as much as by our
 * own records.
 * @module
 */
import { sql } from 'kysely';
import { messageIdOf } from '../../src/channels/email.ts';
import type { Database } from '../../src/store/database.ts';
import type { Ground } from '../harness/ground.ts';
import { type Say, saySome } from '../harness/verdict.ts';
import { SENDER_DOMAIN } from '../harness/workspaces.ts';
import type { Observed } from './verdict.ts';

export interface LimitVerdict {
  /** People with more than one promotion, or with none though both journeys are over; accounts with more than one email. */
  readonly brokenCaps: number;
  /** Messages that came before their hours. */
  readonly tooEarly: number;
  /** People who were in two journeys of a group at once. */
  readonly atOnce: number;
  /** Messages and tasks that people who are held out got. */
  readonly againstHoldOut: number;
  /** Offers that were made beyond their limit. */
  readonly beyondStock: number;
  /** Limits that refused or held nothing, so that their holding says nothing. */
  readonly untried: number;
}

/** As the workspace says. */
const FEW = 20;

interface Got {
  readonly id: string;
  readonly journey: string;
  readonly channel: string;
  readonly category: string | null;
  readonly receiver: number;
  readonly account: number | null;
  readonly held_out: boolean;
  /** Epoch milliseconds by the receiver's clock where there is one, else by our record. */
  readonly at: number;
}

export async function brokenLimits(observed: Observed, { db }: Ground, say: Say): Promise<LimitVerdict> {
  const got = await whatArrived(observed, db);
  const promotions = got.filter(({ category }) => category === 'promotions');
  const ofAccounts = got.filter(({ journey, channel }) => journey === 'team' && channel === 'email');
  const missing = await peopleWithoutPromotion(db);
  const early = got.filter(({ journey, channel, at }) => isHeldBack(journey, channel) && at < observed.opens);
  const { rows: overlapping } = await sql<{ id: string }>`
    select one.id, other.id as other from runs one join runs other using (profile_id)
    where one.journey = 'grouped-one' and other.journey = 'grouped-two'
      and one.entered_at < coalesce(other.ended_at, 'infinity') and other.entered_at < coalesce(one.ended_at, 'infinity')
  `.execute(db);
  const { rows: given } = await sql<{ few: number }>`
    select count(*)::int as few from offer_grants g join runs r on r.id = g.run_id where offer = 'kill-few' and not held_out
  `.execute(db);
  const tooMany = [
    ...moreThanOne(promotions, ({ receiver }) => receiver),
    ...moreThanOne(ofAccounts, ({ account }) => account),
  ];
  const held = got.filter(({ held_out }) => held_out);
  saySome(say, 'a broken cap', tooMany);
  saySome(say, 'a promotion refused to both journeys', missing);
  saySome(say, 'a message before its hours', early);
  saySome(say, 'two journeys of a group at once', overlapping);
  saySome(say, 'a message to somebody held out', held);
  return {
    brokenCaps: tooMany.length + missing.length,
    tooEarly: early.length,
    atOnce: overlapping.length,
    againstHoldOut: held.length,
    beyondStock: Math.max(0, (given[0]?.few ?? 0) - FEW),
    untried: await untried(db, say),
  };
}

const isHeldBack = (journey: string, channel: string) => journey === 'opening' || channel === 'sales-task';

async function untried(db: Database, say: Say): Promise<number> {
  const { rows } = await sql<Record<string, boolean>>`
    select exists (select from messages where refusal ->> 'reason' = 'cap' and category = 'promotions') as "the cap of people",
      exists (select from messages where refusal ->> 'reason' = 'cap' and journey = 'team') as "the cap of accounts",
      exists (select from messages where refusal ->> 'reason' = 'held-out') as "the hold-out",
      exists (select from run_log where entry ->> 'did' = 'held' and entry -> 'hold' ->> 'reason' = 'hours') as "quiet hours",
      exists (select from entry_refusals where journey like 'grouped-%') as "the group"
  `.execute(db);
  const those = Object.entries(rows[0] ?? {}).flatMap(([limit, wasTried]) => (wasTried ? [] : [{ limit }]));
  saySome(say, 'a limit that nobody came to', those);
  return those.length;
}

/** Every message that reached somebody, once each. */
async function whatArrived({ accepted }: Observed, db: Database): Promise<Got[]> {
  const firstTaken = new Map<string, number>();
  for (const { messageId, at } of accepted) if (!firstTaken.has(messageId)) firstTaken.set(messageId, at);
  const { rows } = await sql<Omit<Got, 'at'> & { readonly status: string; readonly sent_at: Date | null }>`
    select m.id, m.journey, m.channel, m.category, m.profile_id as receiver, m.account_id as account, r.held_out, m.status, m.sent_at
    from messages m join runs r on r.id = m.run_id where m.channel <> 'webhook'
  `.execute(db);
  return rows.flatMap(({ status, sent_at, ...message }) => {
    const taken = message.channel === 'email' ? firstTaken.get(messageIdOf(message.id, SENDER_DOMAIN)) : undefined;
    const at = taken ?? (status === 'sent' ? sent_at?.getTime() : undefined);
    return at === undefined ? [] : [{ ...message, at }];
  });
}

/** Whose both journeys are over, and neither sent anything or may have. */
async function peopleWithoutPromotion(db: Database): Promise<{ profile_id: number }[]> {
  const { rows } = await sql<{ profile_id: number }>`
    select profile_id from messages where category = 'promotions' group by profile_id
    having bool_and(status = 'refused' and refusal ->> 'reason' = 'cap')
  `.execute(db);
  return rows;
}

function moreThanOne(all: readonly Got[], of: (one: Got) => number | null): object[] {
  const by = new Map<number | null, string[]>();
  for (const one of all) by.set(of(one), [...(by.get(of(one)) ?? []), one.id]);
  return [...by].filter(([, ids]) => ids.length > 1).map(([whom, ids]) => ({ whom, ids }));
}
