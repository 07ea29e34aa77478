import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/core/time.ts';
import { renderSimulation } from '../../src/simulate/render-simulation.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { did } from '../core/build.ts';
import { exporter, freeToPaid, workspaceOf } from './free-to-paid.ts';

const viewed = { event: 'Upgrade Page Viewed', at: { after: HOUR + 1 }, properties: {} };

describe('a simulation as text', () => {
  it('tells each step with its time, the outcome, and the entries that did not come about', () => {
    const workspace = workspaceOf([freeToPaid], { caps: [{ channel: 'email', atMost: 0, within: DAY }] });
    const again = { event: 'Export Completed', at: { after: 40 * DAY }, properties: {} };
    const persona = exporter([
      viewed,
      ...[0, 1, 2, 3].map((hour) => ({ ...again, at: { after: 40 * DAY + hour * HOUR } })),
    ]);
    expect(renderSimulation(simulate({ workspace, journey: 'free-to-paid', persona }))).toBe(
      `ada in free-to-paid (hash-of-free), from Mon 1 Jan 2024 00:00
Times are in UTC.

Mon  1 Jan 01:00  enters audience high-intent-free-users
Sun 28 Jan 00:00  leaves audience high-intent-free-users
Sat 10 Feb 03:00  enters audience high-intent-free-users
Mon 11 Mar 00:00  leaves audience high-intent-free-users

Run 1, entered Mon 1 Jan 01:00 by audience high-intent-free-users
  Mon  1 Jan 01:00         +0    wait: waits, until Mon 1 Jan 02:00 at most
  Mon  1 Jan 01:00:00.001  +1ms  ada: Upgrade Page Viewed
  Mon  1 Jan 02:00         +1h   wait: goes on
  Mon  1 Jan 02:00         +1h   branch: takes the way "if 1"
  Mon  1 Jan 02:00         +1h   sales-task upgrade-conversation goes out
                                 │ upgrade-conversation (for sales)
                                 │ Call
  Mon  1 Jan 02:00         +1h   email upgrade-direct refused: at most 0 of
                                   channel email in 1d (workspace), free at Tue
                                   2 Jan 02:00
  Mon 15 Jan 01:00         +14d  ends as timed-out
Outcome: timed-out after 14d, the time limit was reached

Sat 10 Feb 03:00  does not enter: entered before, and not again until 2024-03-31T01:00:00.000Z
`,
    );
  });

  it('says so where the person never enters', () => {
    const workspace = workspaceOf([freeToPaid], { more: { 'high-intent-free-users': did('Never') } });
    expect(renderSimulation(simulate({ workspace, journey: 'free-to-paid', persona: exporter() }))).toBe(
      'ada in free-to-paid (hash-of-free), from Mon 1 Jan 2024 00:00\nTimes are in UTC.\n\nNever enters the journey.\n',
    );
  });

  it('names a person held out', () => {
    const text = renderSimulation(
      simulate({ workspace: workspaceOf([freeToPaid]), journey: 'free-to-paid', persona: exporter(), heldOut: true }),
    );
    expect(text).toContain('by audience high-intent-free-users, held out\n');
    expect(text).toContain('in-app unlock-exports refused: held out\n');
  });
});
