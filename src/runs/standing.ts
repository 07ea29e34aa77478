/**
 * Who is where: how many people stand at which step of which version.
 * @module
 */
import { sql } from 'kysely';
import type { StepId } from '../core/journey.ts';
import type { Queryable } from '../store/database.ts';

/** People at one step of one version of a journey. */
export interface Standing {
  readonly version: string;
  /** Null: past the last step, waiting for the goal. */
  readonly step: StepId | null;
  readonly people: number;
  /** Of these, with a message on its way out. */
  readonly onTheirWay: number;
}

/** By version and step, the most people first. */
export async function readStanding(db: Queryable, journey: string): Promise<Standing[]> {
  const { rows } = await sql<Standing>`
    select version, cursor ->> 'step' as step, count(*) as people,
      count(*) filter (where cursor ->> 'phase' = 'delivering') as "onTheirWay"
    from runs where journey = ${journey} and status = 'active'
    group by 1, 2 order by version, people desc, step
  `.execute(db);
  return rows;
}

/** Active runs that follow other versions than this one, at most so many for each step; in order of id. */
export async function runsElsewhere(
  db: Queryable,
  journey: string,
  version: string | null,
  most: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from (
      select id, row_number() over (partition by version, cursor ->> 'step' order by id) as place
      from runs where journey = ${journey} and status = 'active' and version is distinct from ${version}
    ) as placed where place <= ${most} order by id
  `.execute(db);
  return rows.map(({ id }) => id);
}
