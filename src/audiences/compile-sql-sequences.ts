/**
 * Sequences in SQL, as `core/sequence.ts` has them: step by step, for everybody at once.
 * @module
 */
import type { EventPattern, Sequence, SequenceStep } from '../core/condition.ts';
import { hasHappened, isMeant, OWN, span } from './compile-sql-events.ts';
import {
  type Asking,
  allOf,
  anyOf,
  type Clause,
  definite,
  instant,
  NO,
  type Sql,
  subjectOf,
} from './compile-sql-tables.ts';

/**
 * Has it been completed, and recently enough?
 * @param orPending or may it be by time alone, because nothing has happened yet that it forbids
 */
export function compileSequence(sequence: Sequence, asking: Asking, orPending = false): Clause {
  const finals = reachedBy(sequence, asking);
  if (sequence.since === 'entry' || finals === null) return NO;
  const { thenNot, within } = sequence;
  const [from, completed] =
    thenNot === undefined
      ? [`select subject, at, null::timestamptz as bad_at from ${finals}`, 'at']
      : [withNextBad(finals, thenNot, asking), `at + ${span(thenNot.within)}`];
  const conditions = [`(bad_at is null or bad_at >= ${completed})`];
  if (!orPending) conditions.push(`${completed} <= ${instant(asking.now)}`);
  if (within !== undefined) conditions.push(`${completed} > ${instant(asking.now - within)}`);
  const query = `select distinct subject from (${from}) as finals where ${conditions.join(' and ')}`;
  return definite(`${asking.tables.join(query)}.subject is not null`);
}

/** When the last step was reached, with when the first such event after that was: `subject`, `at`, `bad_at`. */
function withNextBad(finals: string, bad: EventPattern, asking: Asking): Sql {
  return `
    select subject, at, bad_at from (
      select subject, at, is_final, min(bad) over (
        partition by subject order by at desc groups between unbounded preceding and 1 preceding) as bad_at
      from (
        select subject, at, true as is_final, null::timestamptz as bad from ${finals}
        union all
        select subject, at, false, at from (${eventsLike(isMeant(bad), asking)}) as bad_ones
      ) as either
    ) as followed where is_final`;
}

/** The table of when the last step was reached: `subject`, `at`, `session`. Null where there are no steps. */
function reachedBy({ steps, without, session }: Sequence, asking: Asking): string | null {
  const sessions = session === undefined ? null : asking.tables.define(sessionsOf(steps, session, asking));
  let reached: string | null = null;
  for (const [index, step] of steps.entries()) {
    const candidates = candidatesOf(step, sessions, asking);
    reached = asking.tables.define(
      reached === null
        ? candidates
        : nextReached({ step, candidates, without, reached, isLast: index === steps.length - 1 }, asking),
    );
  }
  return reached;
}

function candidatesOf(step: SequenceStep, sessions: string | null, asking: Asking): Sql {
  const events = eventsLike(isMeant(step), asking);
  if (sessions === null) return `select distinct subject, at, 0::bigint as session from (${events}) as such`;
  return `select distinct subject, at, session from (${events}) as such join ${sessions} using (subject, at)`;
}

interface Next {
  readonly step: SequenceStep;
  readonly candidates: Sql;
  readonly without: readonly EventPattern[];
  /** Table of when the step before was reached. */
  readonly reached: string;
  readonly isLast: boolean;
}

/**
 * Of all ways to reach an event the one from the latest event of the step before is the easiest: so it is enough to know,
 * at each candidate, when that was and when the last unwanted event was.
 */
function nextReached({ step, candidates, without, reached, isLast }: Next, asking: Asking): Sql {
  const none = 'null::timestamptz';
  const unwanted = without.map(
    (pattern) => `
        union all
        select subject, at, null::bigint, false, ${none}, null::bigint, at
        from (${eventsLike(isMeant(pattern), asking)}) as unwanted`,
  );
  const within = step.within === undefined ? '' : ` and at < from_at + ${span(step.within)}`;
  return `
    select distinct subject, at, session from (
      select subject, at, session, is_candidate, max(reached_at) over earlier as from_at,
        max(reached_session) over earlier as from_session,
        max(unwanted_at) over ${isLast ? 'earlier' : 'so_far'} as unwanted_at
      from (
        select subject, at, session, true as is_candidate, ${none} as reached_at, null::bigint as reached_session,
          ${none} as unwanted_at
        from (${candidates}) as candidates
        union all
        select subject, at, null::bigint, false, at, session, ${none} from ${reached}${unwanted.join('')}
      ) as happened
      window earlier as (partition by subject order by at groups between unbounded preceding and 1 preceding),
        so_far as (partition by subject order by at groups between unbounded preceding and current row)
    ) as placed
    where is_candidate and from_session = session and (unwanted_at is null or unwanted_at <= from_at)${within}`;
}

/** Numbers the sessions: a new one begins after a pause of `gap` or more in what the person did. */
function sessionsOf(steps: readonly SequenceStep[], gap: number, asking: Asking): Sql {
  const counts = anyOf([OWN, ...steps.map(isMeant)]);
  return `
    select subject, at, count(*) filter (where pause >= ${span(gap)}) over (partition by subject order by at) as session
    from (
      select subject, at, at - lag(at) over (partition by subject order by at) as pause
      from (select distinct subject, at from (${eventsLike(counts, asking)}) as such) as moments
    ) as paused`;
}

function eventsLike(kind: Clause, asking: Asking): Sql {
  const { sql } = allOf([kind, hasHappened(asking)]);
  return `select ${subjectOf(asking.of)} as subject, e.occurred_at as at from events e where ${sql}`;
}
