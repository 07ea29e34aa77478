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
      `ada in free-to-paid (hash-of-free), from 2024-01-01T00:00:00Z

2024-01-01T01:00:00Z  enters audience high-intent-free-users
2024-01-28T00:00:00Z  leaves audience high-intent-free-users
2024-02-10T03:00:00Z  enters audience high-intent-free-users
2024-03-11T00:00:00Z  leaves audience high-intent-free-users

Run 1, entered 2024-01-01T01:00:00Z by audience high-intent-free-users
  time (UTC)            after entry  step                  what happens
  2024-01-01T01:00:00Z  +0           wait                  waits, until 2024-01-01T02:00:00Z at most
  2024-01-01T02:00:00Z  +1h          wait                  goes on
  2024-01-01T02:00:00Z  +1h          branch                takes the way "if 1"
  2024-01-01T02:00:00Z  +1h          upgrade-conversation  sales-task upgrade-conversation goes out
  2024-01-01T02:00:00Z  +1h          upgrade-direct        email refused: at most 0 of channel email in 1d (workspace), free at 2024-01-02T02:00:00Z
  2024-01-15T01:00:00Z  +14d                               ends as timed-out
Outcome: timed-out after 14d, the time limit was reached

2024-02-10T03:00:00Z  does not enter: entered before, and not again until 2024-03-31T01:00:00.000Z
`,
    );
  });

  it('says so where the person never enters', () => {
    const workspace = workspaceOf([freeToPaid], { more: { 'high-intent-free-users': did('Never') } });
    expect(renderSimulation(simulate({ workspace, journey: 'free-to-paid', persona: exporter() }))).toBe(
      'ada in free-to-paid (hash-of-free), from 2024-01-01T00:00:00Z\n\nNever enters the journey.\n',
    );
  });

  it('names a person held out', () => {
    const text = renderSimulation(
      simulate({ workspace: workspaceOf([freeToPaid]), journey: 'free-to-paid', persona: exporter(), heldOut: true }),
    );
    expect(text).toContain('by audience high-intent-free-users, held out\n');
    expect(text).toContain('in-app refused: held out\n');
  });
});
