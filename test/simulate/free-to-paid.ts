/**
 * The journey that CAPABILITIES A7 describes, and a workspace around it.
 * @module
 */
import type { Condition } from '../../src/core/condition.ts';
import type { Cap, Journey } from '../../src/core/journey.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import type { Settings } from '../../src/definitions/workspace-types.ts';
import type { Persona } from '../../src/simulate/persona.ts';
import type { SimulationInput } from '../../src/simulate/simulate.ts';
import { all, did, email, inApp, journey, member, salesTask, T0, trait } from '../core/build.ts';

export const freeToPaid: Journey = journey(
  [
    { kind: 'wait', id: 'wait', for: HOUR },
    {
      kind: 'branch',
      id: 'branch',
      branches: [{ if: did('Upgrade Page Viewed', { within: 7 * DAY }), then: 'upgrade-conversation' }],
      otherwise: 'unlock-exports',
    },
    salesTask('upgrade-conversation'),
    { ...email('upgrade-direct'), next: null },
    inApp('unlock-exports'),
  ],
  {
    key: 'free-to-paid',
    enter: { by: 'audience', audience: 'high-intent-free-users' },
    again: { after: 90 * DAY },
    goal: did('Account Upgraded', { since: 'entry' }),
    exit: { after: 14 * DAY, when: member('open-support-ticket') },
  },
);

const audiences: Record<string, Condition> = {
  'high-intent-free-users': all(
    trait('plan', { op: 'in', value: ['free', 'starter'] }),
    did('Export Completed', { within: 30 * DAY }, { atLeast: 4 }),
    trait('createdAt', { op: 'olderThan', value: 14 * DAY }),
  ),
  'open-support-ticket': did('Ticket Opened', { within: 3 * DAY }),
};

export const SETTINGS: Settings = {
  name: 'test',
  timezone: 'UTC',
  sender: 'A <a@example.com>',
  caps: [],
  onUncertainSend: 'again',
  traits: {},
  accountTraits: {},
};

export function workspaceOf(
  journeys: readonly Journey[],
  { caps = [], more = audiences }: { caps?: readonly Cap[]; more?: Record<string, Condition> } = {},
): SimulationInput['workspace'] {
  return {
    settings: { ...SETTINGS, caps },
    audiences: Object.fromEntries(
      Object.entries(more).map(([key, condition]) => [
        key,
        { key, of: 'person' as const, condition, hash: `hash of ${key}` },
      ]),
    ),
    journeys: Object.fromEntries(journeys.map((one) => [one.key, { hash: `hash-of-${one.key}`, journey: one }])),
  };
}

/** Four exports, of which the last one, an hour after the start, makes them enter. */
export function exporter(events: Persona['events'] = [], more: Partial<Persona> = {}): Persona {
  return {
    userId: 'ada',
    start: T0,
    traits: { plan: 'free', email: 'ada@example.com', createdAt: '2023-11-01' },
    events: [
      ...[-3 * DAY, -2 * DAY, -DAY, HOUR].map((after) => ({
        event: 'Export Completed',
        at: { after },
        properties: { format: 'csv' },
      })),
      ...events,
    ],
    ...more,
  };
}

/** When {@link exporter} enters. */
export const ENTRY = T0 + HOUR;
