import { resumeJourneys } from '../../src/runs/journey-controls.ts';
import { releaseHeld } from '../../src/runs/release-held.ts';
import { openDatabase } from '../../src/store/database.ts';

/** Resumes a journey, or wakes whoever's turn has come, in a process of its own, which a test can kill. */
const [, , url = '', schema = '', what = '', at = ''] = process.argv;
const db = openDatabase({ url, schema, size: 2 });
const now = Number(at);
if (what === 'resume') {
  const resumption = { rate: { count: 100, per: 1_000 }, staleAfter: null };
  await resumeJourneys(db, { journeys: ['letters'], resumption, by: 'ada', reason: 'all is well' }, now);
} else {
  const clock = { now: () => now, wall: () => Date.now(), speed: 1 };
  for (let woken = 1; woken > 0; ) ({ woken } = await releaseHeld({ db, clock }));
}
await db.destroy();
