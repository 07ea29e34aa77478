/**
 * What became of runs, by the product's own records and by Temporal's.
 * @module
 */
import { sql } from 'kysely';
import type { Ground } from './ground.ts';
import { GaveUpError, until } from './until.ts';
import { countWorkflows } from './workflows.ts';

/** The workflow type of every run. */
export const JOURNEY_WORKFLOW = 'journeyRun';

/**
 * Gives everything time to end, and says how many runs and workflows did not.
 * @param within milliseconds without end after which what is left counts as stuck
 */
export async function stuckAfter({ db, client }: Ground, within: number): Promise<number> {
  const open = async () => {
    const { rows } = await sql<{ runs: number }>`select count(*) as runs from runs where status = 'active'`.execute(db);
    const runs = rows[0]?.runs ?? 0;
    return runs > 0 ? runs : countWorkflows(client, JOURNEY_WORKFLOW, "ExecutionStatus = 'Running'");
  };
  try {
    await until('every run has ended', async () => (await open()) === 0, { within, every: 200 });
    return 0;
  } catch (error) {
    if (error instanceof GaveUpError) return open();
    throw error;
  }
}

/** How many runs of a journey each person had, by user id. */
export async function runsByPerson({ db }: Ground, journey: string): Promise<Map<string, number>> {
  const { rows } = await sql<{ person: string; runs: number }>`
    select person, count(*) as runs from runs where journey = ${journey} group by person
  `.execute(db);
  return new Map(rows.map(({ person, runs }) => [person, runs]));
}
