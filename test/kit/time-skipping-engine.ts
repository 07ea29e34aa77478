import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { type Clock, earlier, type Instant, type Milliseconds } from '../../src/core/time.ts';
import { nextTick } from '../../src/process/clock-tick.ts';
import { nextBroadcast } from '../../src/runs/broadcast-rows.ts';
import type { Database } from '../../src/store/database.ts';
import { type TestEngine, type TestEngineSettings, testEngine } from './engine.ts';
import { timeSkippingEnvironment } from './temporal.ts';

export interface TimeSkippingEngine extends TestEngine {
  readonly environment: TestWorkflowEnvironment;
  /**
   * Lets that much time pass: stops at every instant at which something is due, until all of it has happened. Time
   * stands still otherwise, so that what a test does without letting time pass happens at one instant.
   */
  pass(time: Milliseconds): Promise<void>;
}

/**
 * The whole engine on a Temporal server whose time is moved by the test alone. The clock and Temporal's timers move
 * together, so that nothing depends on how fast the machine is. One for each test file.
 */
export async function timeSkippingEngine(
  settings: Omit<TestEngineSettings, 'clock' | 'temporal'>,
): Promise<TimeSkippingEngine> {
  const environment = await timeSkippingEnvironment();
  const clock = standingClock(await environment.currentTimeMs());
  const engine = await testEngine({
    ...settings,
    clock,
    temporal: { address: environment.address, namespace: 'default' },
  });

  return {
    ...engine,
    environment,
    pass: async (time) => {
      await engine.settled();
      const target = clock.now() + time;
      while (clock.now() < target) {
        const next = Math.min(target, (await nextInstant(engine.database.db)) ?? target);
        const ahead = next - clock.now();
        // First the clock: a workflow that is woken on the way is already there.
        clock.moveTo(next);
        await environment.sleep(ahead);
        engine.nudge();
        await engine.settled();
      }
    },
    stop: async () => {
      await engine.stop();
      await environment.teardown();
    },
  };
}

/** When the clock, or a run's own wait, next has something to do. */
async function nextInstant(db: Database): Promise<Instant | null> {
  const { rows } = await sql<{ until: number | null }>`
    select least(min((cursor ->> 'until')::bigint) filter (where held.visit is null), min(epoch_ms(release_at))) as until
    from runs left join held_runs held on run_id = id and held.visit = (cursor ->> 'visit')::int
    where status = 'active' and (cursor ->> 'phase' = 'waiting' or held.visit is not null)
  `.execute(db);
  return earlier(earlier(await nextTick(db), await nextBroadcast(db)), rows[0]?.until ?? null);
}

function standingClock(start: Instant): Clock & { moveTo(instant: Instant): void } {
  let now = start;
  return {
    speed: 1,
    now: () => now,
    wall: () => now,
    moveTo: (instant) => {
      now = instant;
    },
  };
}
