/**
 * The runs of the shop's half year: those that the engine recorded, and those that a backtest of the same calls finds.
 * @module
 */
import type { Instant } from '../core/time.ts';
import type { Workspace } from '../definitions/workspace-types.ts';
import { SortByPerson } from '../simulate/sort-by-person.ts';
import { VirtualLife } from '../simulate/virtual-life.ts';
import { virtualWorld } from '../simulate/virtual-world.ts';
import type { Queryable } from '../store/database.ts';
import type { ComparedRun } from './agreement.ts';
import type { ShopCall } from './clickstream.ts';
import { incomingCall } from './shop-history.ts';

/** All journeys at once, for everybody. */
export async function backtestedRuns(
  workspace: Workspace,
  calls: readonly ShopCall[],
  from: Instant,
  to: Instant,
): Promise<ComparedRun[]> {
  const world = virtualWorld(workspace);
  const sorted = new SortByPerson();
  for (const call of calls) await sorted.add(incomingCall(call));
  const found: ComparedRun[] = [];
  for await (const { people, calls: own } of sorted.people()) {
    const [{ name }] = people;
    const { runs } = new VirtualLife({ world, people, calls: own, from, until: to }).live().of();
    for (const { journey, visit, enteredAt, heldOut, log } of runs)
      found.push({ person: name, journey, visit, enteredAt, heldOut, log: log.filter(({ at }) => at <= to) });
  }
  await sorted.close();
  return found;
}

export async function recordedRuns(db: Queryable, to: Instant): Promise<ComparedRun[]> {
  const runs = await db
    .selectFrom('runs')
    .innerJoin('profiles', 'profiles.id', 'runs.profile_id')
    .select(['runs.id', 'profiles.user_id', 'journey', 'visit', 'entered_at', 'held_out'])
    .where('entered_at', '<=', new Date(to))
    .execute();
  const logs = await db.selectFrom('run_log').select(['run_id', 'entry']).orderBy('id').execute();
  const byRun = new Map<string, ComparedRun['log'][number][]>(runs.map(({ id }) => [id, []]));
  for (const { run_id, entry } of logs) if (entry.at <= to) byRun.get(run_id)?.push(entry);
  return runs.map(({ id, user_id, journey, visit, entered_at, held_out }) => ({
    ...{ person: user_id ?? '', journey, visit, enteredAt: entered_at.getTime(), heldOut: held_out },
    log: byRun.get(id) ?? [],
  }));
}
