/**
 * What each step of a journey came to. Runs that ended since two names became one person are left out.
 * @module
 */
import { sql } from 'kysely';
import type { Channel, StepKind } from '../core/journey.ts';
import type { Queryable } from '../store/database.ts';
import { CLICKED_AT, SEEN_AT } from './reactions.ts';

/** People who came to a step, and what became of their runs. */
export interface Visitors {
  /** How often runs came to it. */
  readonly entries: number;
  readonly people: number;
  /** Of the people, those of whom a run converted after it had come to the step. */
  readonly converted: number;
}

export interface StepFigures extends Visitors {
  readonly step: string;
  readonly kind: StepKind;
  /** The same of people who are held out. */
  readonly heldOut: Visitors;
  /** How many runs took which way, by its name; null for steps that have one only. */
  readonly ways: Readonly<Record<string, number>> | null;
  /** Null for steps that are no message. */
  readonly messages: MessageFigures | null;
}

export interface MessageFigures {
  readonly channel: Channel;
  readonly template: string | null;
  readonly sent: number;
  readonly refused: number;
  readonly failed: number;
  /** Messages, each once however often it was opened, clicked or dismissed. */
  readonly opened: number;
  readonly clicked: number;
  readonly dismissed: number;
}

/** By step, in the order in which runs first came to them. */
export async function stepFigures(db: Queryable, journey: string): Promise<StepFigures[]> {
  const visits = await visitsOf(db, journey);
  const [ways, messages] = [await waysOf(db, journey), await messagesOf(db, journey)];
  return visits.map(({ step, kind, entries, people, converted, ...held }) => ({
    ...{ step, kind, entries, people, converted },
    heldOut: { entries: held.heldEntries, people: held.heldPeople, converted: held.heldConverted },
    ways: ways.get(step) ?? null,
    messages: messages.get(step) ?? null,
  }));
}

interface VisitRow extends Visitors {
  readonly step: string;
  readonly kind: StepKind;
  readonly heldEntries: number;
  readonly heldPeople: number;
  readonly heldConverted: number;
}

async function visitsOf(db: Queryable, journey: string): Promise<VisitRow[]> {
  const { rows } = await sql<VisitRow>`
    select step, max(kind) as kind,
      count(*) filter (where not held_out) as entries,
      count(distinct profile_id) filter (where not held_out) as people,
      count(distinct profile_id) filter (where not held_out and status = 'converted') as converted,
      count(*) filter (where held_out) as "heldEntries",
      count(distinct profile_id) filter (where held_out) as "heldPeople",
      count(distinct profile_id) filter (where held_out and status = 'converted') as "heldConverted"
    from (
      select l.step, l.visit, min(l.id) as id, max(l.kind) as kind, r.profile_id, r.held_out, r.status
      from runs r join (
        select run_id, step, visit, id, kind from run_log where kind <> 'run'
        -- A run that ends while its message is on its way says nothing more of the step.
        union all select run_id, step, visit, null, channel from messages m where journey = ${journey}
          and not exists (select from run_log said where said.run_id = m.run_id and said.step = m.step and said.kind <> 'run')
      ) l on l.run_id = r.id
      where r.journey = ${journey} and r.status <> 'merged'
      group by r.id, l.step, l.visit
    ) as visits
    group by step order by min(id) nulls last
  `.execute(db);
  return rows;
}

async function waysOf(db: Queryable, journey: string): Promise<Map<string, Record<string, number>>> {
  const { rows } = await sql<{ step: string; ways: Record<string, number> }>`
    select step, jsonb_object_agg(way, runs order by way) as ways
    from (
      select l.step, l.entry->>'way' as way, count(*) as runs from runs r join run_log l on l.run_id = r.id
      where r.journey = ${journey} and r.status <> 'merged' and l.entry->>'did' = 'took' group by 1, 2
    ) as taken
    group by step
  `.execute(db);
  return new Map(rows.map(({ step, ways }) => [step, ways]));
}

async function messagesOf(db: Queryable, journey: string): Promise<Map<string, MessageFigures>> {
  const { rows } = await sql<MessageFigures & { step: string }>`
    select step, max(channel) as channel, max(template) as template,
      count(*) filter (where status = 'sent') as sent,
      count(*) filter (where status = 'refused' and refusal->>'reason' <> 'held-out') as refused,
      count(*) filter (where status = 'failed') as failed,
      count(${SEEN_AT}) as opened, count(${CLICKED_AT}) as clicked, count(dismissed_at) as dismissed
    from messages m where journey = ${journey} group by step
  `.execute(db);
  return new Map(rows.map(({ step, ...figures }) => [step, figures]));
}
