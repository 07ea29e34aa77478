/**
 * How long it takes to say how many people a new audience would have, and to fill it, among a million people with twenty
 * million events.
 * @module
 */
import { sql } from 'kysely';
import { pino } from 'pino';
import { previewAudience } from '../src/audiences/preview.ts';
import { DAY, type Instant, SECOND } from '../src/core/time.ts';
import { publish } from '../src/definitions/publish.ts';
import { loadWorkspace } from '../src/definitions/workspace.ts';
import type { Workspace } from '../src/definitions/workspace-types.ts';
import { CatalogShelf } from '../src/process/catalog.ts';
import { fill } from '../src/process/fill.ts';
import type { Database } from '../src/store/database.ts';
import { type BenchContext, defineBench } from './harness/bench.ts';
import { median } from './harness/figures.ts';
import { type Ground, onGround } from './harness/ground.ts';
import { type History, makeEvents, makePeople, vacuum } from './harness/history-rows.ts';
import { PREVIEW_WORKSPACE } from './harness/workspaces.ts';

const AUDIENCE = 'ready-to-upgrade';
const ROUNDS = 5;
const DAYS = 90;

export const preview = defineBench({
  summary: 'size of a five-clause audience before it is saved, and its first fill, among a million people',
  settings: {
    people: { byDefault: 1_000_000, about: 'people' },
    events: { byDefault: 20, about: 'events of each, on average' },
  },
  run: (context) => onGround(context, (ground) => measure(ground, context)),
});

async function measure({ db }: Ground, { settings, say }: BenchContext<'people' | 'events'>) {
  const now = Date.now();
  const history: History = { people: settings.people, eventsEach: settings.events, now, days: DAYS };
  const { audiences, ...rest } = await workspaceOf();
  const definition = audiences[AUDIENCE];
  if (definition === undefined) throw new Error(`${PREVIEW_WORKSPACE} has no audience ${AUDIENCE}`);
  await publish(db, { ...rest, audiences: {}, hash: 'before' }, new Date(now - DAYS * DAY));

  const making = await timed(async () => {
    say(`Making ${settings.people} people with ${settings.events} events each.`);
    await makePeople(db, history);
    await makeEvents(db, history);
    say('Vacuum and analyze.');
    await vacuum(db);
  });
  say(`That took ${Math.round(making.took / SECOND)} s.`);

  const previews: number[] = [];
  const byHand: number[] = [];
  const sizes = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const ours = await timed(() => previewAudience(db, { of: definition.of, condition: definition.condition }, now));
    const theirs = await timed(() => answerByHand(db, now));
    previews.push(ours.took);
    byHand.push(theirs.took);
    for (const { size, of, sample } of [ours.value, theirs.value])
      sizes.add(`${size} of ${of}`).add(`first ${sample.map(({ id }) => id).join()}`);
    say(`Round ${round + 1}: ${Math.round(ours.took)} ms, by hand ${Math.round(theirs.took)} ms: ${ours.value.size}`);
  }
  if (sizes.size !== 2) throw new Error(`The answers differ: ${[...sizes].join(' / ')}`);

  say('First fill.');
  await publish(db, { ...rest, audiences, hash: 'after' }, new Date(now));
  const filling = await firstFill(db, now);
  const members = await db.selectFrom('audience_states').select('profile_id').where('member', '=', true).execute();
  if (!sizes.has(`${members.length} of ${settings.people}`))
    throw new Error(`The fill found ${members.length} members, the preview ${[...sizes]}`);

  return {
    figures: [
      { key: 'people', label: 'people', value: settings.people },
      { key: 'events', label: 'events', value: settings.people * settings.events },
      { key: 'makingSeconds', label: 'making them, with vacuum and analyze', value: making.took / SECOND, unit: 's' },
      { key: 'previewSeconds', label: 'preview', value: median(previews) / SECOND, unit: 's', target: { below: 3 } },
      { key: 'byHandSeconds', label: 'the same by hand-written SQL', value: median(byHand) / SECOND, unit: 's' },
      {
        key: 'ratio',
        label: 'preview to hand-written',
        value: median(previews) / median(byHand),
        target: { atMost: 1.5 },
      },
      { key: 'members', label: 'members', value: members.length },
      { key: 'fillSeconds', label: 'first fill', value: filling.took / SECOND, unit: 's' },
      { key: 'findingSeconds', label: 'of which finding whom to look at', value: filling.finding / SECOND, unit: 's' },
      { key: 'lookedAt', label: 'people looked at', value: filling.lookedAt },
    ],
    notes: [`Medians of ${ROUNDS} rounds, in turn, after everything was vacuumed and analyzed.`],
  };
}

async function workspaceOf(): Promise<Workspace> {
  const loaded = await loadWorkspace(PREVIEW_WORKSPACE);
  if ('problems' in loaded) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.workspace;
}

async function firstFill(db: Database, now: Instant) {
  const clock = { now: () => now, wall: () => now, speed: 1 };
  const processing = { db, clock, catalogs: new CatalogShelf(), log: pino({ level: 'silent' }) };
  const finding = await timed(() => fill(processing));
  let lookedAt = 0;
  const looking = await timed(async () => {
    for (let some = await fill(processing); some > 0; some = await fill(processing)) lookedAt += some;
  });
  return { took: finding.took + looking.took, finding: finding.took, lookedAt };
}

/** As somebody would write it who knows these tables and that every date in them is a UTC timestamp. */
async function answerByHand(db: Database, now: Instant) {
  const ago = (days: number) => sql.lit(new Date(now - days * DAY).toISOString());
  const question = sql<{ size: number; of: number; sample: { id: number }[] }>`
    with members as materialized (
      select p.id
      from profiles p
      join (
        select profile_id from events
        where name = 'Export Completed' and occurred_at > ${ago(30)} and occurred_at <= ${ago(0)}
        group by profile_id having count(*) >= 2
      ) exported on exported.profile_id = p.id
      where p.kind = 'person' and p.merged_into is null
        and p.traits ->> 'plan' in ('free', 'starter')
        and p.traits ->> 'createdAt' <= ${ago(14)}
        and exists (
          select 1 from events e
          where e.profile_id = p.id and e.name = 'Premium Feature Attempted' and e.occurred_at <= ${ago(0)})
        and not exists (
          select 1 from events e
          where e.profile_id = p.id and e.name = 'Support Ticket Opened'
            and e.occurred_at > ${ago(10)} and e.occurred_at <= ${ago(0)})
    )
    select
      (select count(*) from members) as size,
      (select count(*) from profiles where kind = 'person' and merged_into is null) as of,
      (select jsonb_agg(jsonb_build_object('id', id, 'userId', user_id) order by id)
       from (select id, user_id from profiles where id in (select id from members order by id limit 10)) as one) as sample
  `;
  return db.transaction().execute(async (tx) => {
    await sql`set local work_mem = '256MB'`.execute(tx);
    const { rows } = await question.execute(tx);
    return rows[0] ?? { size: 0, of: 0, sample: [] };
  });
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly took: number; readonly value: T }> {
  const startedAt = performance.now();
  const value = await work();
  return { took: performance.now() - startedAt, value };
}
