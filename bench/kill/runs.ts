/**
 * Whether every entry of a storm made one run, and every run did what its steps say, once, and ended.
 * @module
 */
import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import type { Ground } from '../harness/ground.ts';
import { JOURNEY_WORKFLOW } from '../harness/runs.ts';
import { countedBy, type Say, saySome } from '../harness/verdict.ts';
import { countWorkflows } from '../harness/workflows.ts';
import type { ExpectedRun } from './people.ts';

export interface RunVerdict {
  /** Entries that made no run, or more than one; and runs that nobody entered. */
  readonly notOneRun: number;
  /** Runs that are still under way. */
  readonly notEnded: number;
  /** Runs without exactly one completed workflow, and workflows that failed or still run. */
  readonly notOneWorkflow: number;
  /** Runs whose workflow ended otherwise than their record says. */
  readonly disagreeing: number;
  /** Runs that did not end as converted though the conversion came well before their time was up. */
  readonly missedConversions: number;
  /** Steps of runs that are through of which there is no trace. */
  readonly skippedSteps: number;
  /** Steps that one run did more often than its journey says. */
  readonly repeatedSteps: number;
}

/** On every way through `all-kinds`. */
const ALWAYS = ['direct', 'round', 'offered', 'last', 'mark'];
const TWICE = new Set(['round']);
const AT_ONCE = 20;
/** Less than the journey's time limit, by more than an outage lasts. */
const IN_TIME = '25 seconds';

export async function runVerdict(
  expected: readonly ExpectedRun[],
  { db, client }: Ground,
  say: Say,
): Promise<RunVerdict> {
  const runs = await db.selectFrom('runs').select(['id', 'journey', 'person', 'status']).execute();
  const ended = runs.filter(({ status }) => status !== 'active');
  return {
    notOneRun: notOneRun(expected, runs, say),
    notEnded: runs.length - ended.length,
    ...(await workflowVerdict(ended, runs.length, client, say)),
    missedConversions: await missedConversions(db, say),
    skippedSteps: await skippedSteps(db, say),
    repeatedSteps: await repeatedSteps(db, say),
  };
}

function notOneRun(
  expected: readonly ExpectedRun[],
  runs: readonly { readonly journey: string; readonly person: string }[],
  say: Say,
): number {
  const nameOf = (journey: string, of: string) => `${journey} of ${of}`;
  const made = countedBy(runs, ({ journey, person }) => nameOf(journey, person));
  const wanted = new Set(expected.map(({ journey, of }) => nameOf(journey, of)));
  const wrong = [...new Set([...wanted, ...made.keys()])].filter((name) => !wanted.has(name) || made.get(name) !== 1);
  saySome(
    say,
    'an entry without exactly one run',
    wrong.map((name) => ({ name, runs: made.get(name) ?? 0 })),
  );
  return wrong.length;
}

/** A run that was moved before its workflow began has that one replaced: it is terminated, and another completes. */
async function workflowVerdict(
  ended: readonly { readonly id: string; readonly status: string }[],
  runs: number,
  client: Client,
  say: Say,
): Promise<Pick<RunVerdict, 'notOneWorkflow' | 'disagreeing'>> {
  const completed = await countWorkflows(client, JOURNEY_WORKFLOW, "ExecutionStatus = 'Completed'");
  const replaced = await countWorkflows(client, JOURNEY_WORKFLOW, "ExecutionStatus = 'Terminated'");
  const all = await countWorkflows(client, JOURNEY_WORKFLOW);
  const disagreeing: object[] = [];
  for (let first = 0; first < ended.length; first += AT_ONCE) {
    await Promise.all(
      ended.slice(first, first + AT_ONCE).map(async ({ id, status }) => {
        const handle = client.workflow.getHandle(id);
        const now = await handle.describe().then(
          ({ status: { name } }) => name,
          () => 'NOT FOUND',
        );
        const outcome: unknown = now === 'COMPLETED' ? await handle.result() : now;
        if (outcome !== status) disagreeing.push({ id, status, outcome });
      }),
    );
  }
  saySome(say, 'a run that ended otherwise in Temporal', disagreeing);
  return {
    notOneWorkflow: Math.abs(runs - completed) + Math.abs(all - completed - replaced),
    disagreeing: disagreeing.length,
  };
}

async function missedConversions(db: Ground['db'], say: Say): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select r.id, r.status, r.entered_at, r.ended_at, r.end_reason, e.occurred_at as converted_at from runs r
    join events e on e.profile_id = r.profile_id and e.name = 'Reference Converted'
    where r.status <> 'converted' and e.occurred_at between r.entered_at and r.entered_at + ${IN_TIME}::interval
  `.execute(db);
  saySome(say, 'a conversion that ended no run', rows);
  return rows.length;
}

/** A step that acts leaves a message, sent or refused; one that sets traits leaves the traits, unless the run is held out. */
async function skippedSteps(db: Ground['db'], say: Say): Promise<number> {
  const { rows } = await sql<{ id: string; step: string }>`
    with through as (select * from runs where journey = 'all-kinds' and end_reason = 'all is done')
    select r.id, step from through r, unnest(${ALWAYS}::text[]) as step
    where not case when step = 'mark' then r.held_out or (select traits ? 'done' and traits ? 'side' from profiles where id = r.profile_id)
      else (select count(*) from messages m where m.run_id = r.id and m.step = step.step)
        = case when step = any(${[...TWICE]}::text[]) then 2 else 1 end end
    union all
    select r.id, 'offer' from through r where not exists (
      select from run_log l where l.run_id = r.id and l.entry ->> 'did' = 'offered')
    union all
    select r.id, 'variant' from through r where not exists (
      select from messages m where m.run_id = r.id and m.template = 'kill-variant')
  `.execute(db);
  saySome(say, 'a step that left no trace', rows);
  return rows.length;
}

async function repeatedSteps(db: Ground['db'], say: Say): Promise<number> {
  const { rows } = await sql<{ run_id: string; step: string }>`
    select run_id, step, count(*)::int as times from messages where status = 'sent' group by run_id, step, profile_id
    having count(*) > case when step = any(${[...TWICE]}::text[]) then 2 else 1 end
    union all
    select run_id, step, count(*)::int from run_log where entry ->> 'did' in ('acted', 'offered')
    group by run_id, step, visit, entry -> 'receiver' having count(*) > 1
  `.execute(db);
  saySome(say, 'a step done too often', rows);
  return rows.length;
}
