/**
 * What a new or changed audience would do: who would be in it, whose runs look at it, and who could start a journey by it.
 * @module
 */
import { sql } from 'kysely';
import { membersQuery, type Unstored } from '../audiences/compile-sql.ts';
import type { Condition } from '../core/condition.ts';
import { interestOf } from '../core/interest.ts';
import type { Journey, StepId } from '../core/journey.ts';
import type { Instant } from '../core/time.ts';
import type { AudienceDefinition, SubjectKind, Workspace } from '../definitions/workspace-types.ts';
import type { Database, Queryable } from '../store/database.ts';

/** Runs that ask whether somebody is in the audience. */
export interface LookingRuns {
  readonly journey: string;
  readonly version: string;
  readonly for: 'goal' | 'exit' | 'wait';
  /** Where the runs stand; null: past the last step. */
  readonly step: StepId | null;
  readonly people: number;
  /** Of these, who would enter the audience, and who would leave it. */
  readonly entering: number;
  readonly leaving: number;
}

export interface AudienceImpact {
  readonly key: string;
  readonly of: SubjectKind;
  readonly is: 'new' | 'changed' | 'removed';
  readonly before: number;
  readonly after: number;
  readonly entering: number;
  readonly leaving: number;
  readonly runs: readonly LookingRuns[];
  /**
   * Journeys entered by it: how many would start them if present members are to enter, and whether that is asked for. At
   * most so many: a ramp or a limit of entries may keep some out.
   */
  readonly starts: readonly { readonly journey: string; readonly people: number; readonly asked: boolean }[];
}

export interface AudienceQuestion {
  readonly before: Workspace | null;
  readonly after: Workspace;
  readonly enterExisting: readonly string[] | 'all';
  /** Versions that somebody is on. */
  readonly underWay: readonly { readonly hash: string; readonly journey: Journey }[];
  readonly now: Instant;
}

/** Sorting and joining everybody's ids in memory needs about so much. */
const MEMORY = '256MB';

/** Every audience that is new, changed or gone, by key. Of those without a name only the effects count. */
export async function readAudienceImpact(db: Database, question: AudienceQuestion): Promise<AudienceImpact[]> {
  const { before, after } = question;
  const was = before?.audiences ?? {};
  const isChanged = ({ key, hash }: AudienceDefinition) => was[key]?.hash !== hash;
  const changed = Object.values(after.audiences).filter(isChanged);
  const gone = Object.values(was).filter(({ key }) => after.audiences[key] === undefined);
  const unstored = new Map<string, Unstored>(changed.map(({ key, of, condition }) => [key, { of, condition }]));
  const named = [...changed, ...gone].filter(({ hidden }) => hidden !== true).sort((a, b) => (a.key < b.key ? -1 : 1));
  return db.transaction().execute(async (tx) => {
    await sql`set local work_mem = ${sql.lit(MEMORY)}`.execute(tx);
    const impacts: AudienceImpact[] = [];
    for (const audience of named) {
      const isGone = after.audiences[audience.key] === undefined;
      const is = isGone ? 'removed' : was[audience.key] === undefined ? 'new' : 'changed';
      impacts.push({ ...(await impactOf(tx, audience, isGone ? null : unstored, question)), is });
    }
    return impacts;
  });
}

async function impactOf(
  tx: Queryable,
  { key, of, condition }: AudienceDefinition,
  unstored: ReadonlyMap<string, Unstored> | null,
  question: AudienceQuestion,
): Promise<Omit<AudienceImpact, 'is'>> {
  const asked = { of, now: question.now, unstored: unstored ?? new Map<string, Unstored>() };
  await sql`
    create temporary table changing on commit drop as
    with before as (
      select s.profile_id as id from audience_states s join profiles p on p.id = s.profile_id
      where s.audience = ${sql.lit(key)} and s.member and p.merged_into is null
    ), after as (${sql.raw(unstored === null ? 'select 0::bigint as id where false' : membersQuery(condition, asked))})
    select coalesce(before.id, after.id) as id, before.id is not null as was, after.id is not null as will_be
    from before full join after on after.id = before.id
  `.execute(tx);
  const { rows } = await sql<Record<'before' | 'after' | 'entering' | 'leaving', number>>`
    select count(*) filter (where was) as before, count(*) filter (where will_be) as after,
      count(*) filter (where will_be and not was) as entering, count(*) filter (where was and not will_be) as leaving
    from changing
  `.execute(tx);
  const runs = await lookingRuns(tx, key, question.underWay);
  const starts = unstored === null ? [] : await startsBy(tx, key, asked, question);
  await sql`drop table changing`.execute(tx);
  return { key, of, ...(rows[0] ?? { before: 0, after: 0, entering: 0, leaving: 0 }), runs, starts };
}

async function lookingRuns(tx: Queryable, key: string, underWay: AudienceQuestion['underWay']): Promise<LookingRuns[]> {
  const found: LookingRuns[] = [];
  for (const { hash, journey } of underWay) {
    const looks = looksOf(journey, key);
    if (looks.always === null && looks.steps.length === 0) continue;
    const { rows } = await sql<Omit<LookingRuns, 'for' | 'journey' | 'version'>>`
      select r.cursor ->> 'step' as step, count(*) as people,
        count(*) filter (where c.will_be and not c.was) as entering, count(*) filter (where c.was and not c.will_be) as leaving
      from runs r left join changing c on c.id = r.profile_id
      where r.status = 'active' and r.journey = ${journey.key} and r.version = ${hash}
        and (${looks.always !== null}::boolean or r.cursor ->> 'step' = any(${looks.steps}::text[]))
      group by 1 order by people desc, step
    `.execute(tx);
    for (const row of rows) {
      const why = row.step !== null && looks.steps.includes(row.step) ? 'wait' : (looks.always ?? 'wait');
      found.push({ journey: journey.key, version: hash, for: why, ...row });
    }
  }
  return found;
}

/** Where the journey asks whether somebody is in it while they wait. Branches ask when they are reached. */
function looksOf({ goal, exit, steps }: Journey, key: string) {
  const names = (condition: Condition | null) => condition !== null && interestOf(condition).audiences.has(key);
  const waits = Object.values(steps).filter((step) => step.kind === 'wait-until' && names(step.condition));
  const always = names(goal) ? ('goal' as const) : names(exit.when) ? ('exit' as const) : null;
  return { always, steps: waits.map(({ id }) => id) };
}

async function startsBy(
  tx: Queryable,
  key: string,
  asked: Parameters<typeof membersQuery>[1],
  { after, enterExisting }: AudienceQuestion,
): Promise<AudienceImpact['starts']> {
  const starts: { journey: string; people: number; asked: boolean }[] = [];
  for (const { journey } of Object.values(after.journeys)) {
    if (journey.enter.by !== 'audience' || journey.enter.audience !== key) continue;
    const endings = [journey.goal, journey.exit.when].filter((one) => one !== null);
    const over = endings.map((condition) => ` and id not in (${membersQuery(condition, asked)})`).join('');
    const { rows } = await sql<{ people: number }>`
      select count(*) as people from changing
      where will_be and not was ${sql.raw(over)} and not exists (
        select from runs r where r.profile_id = changing.id and r.journey = ${sql.lit(journey.key)}
          and (r.status = 'active' or ${mayNotReturn(journey, asked.now)}))
    `.execute(tx);
    const isAsked = enterExisting === 'all' || enterExisting.includes(key);
    starts.push({ journey: journey.key, people: rows[0]?.people ?? 0, asked: isAsked });
  }
  return starts;
}

function mayNotReturn({ again }: Journey, now: Instant) {
  if (again === 'never') return sql`true`;
  if (again === 'always') return sql`false`;
  return sql`r.entered_at > ${sql.lit(new Date(now - again.after).toISOString())}::timestamptz`;
}
