import type { Journey } from '../../src/core/journey.ts';
import { publish } from '../../src/definitions/publish.ts';
import type { Workspace } from '../../src/definitions/workspace-types.ts';
import { jsonb } from '../../src/store/columns.ts';
import type { Database } from '../../src/store/database.ts';

export const AT = new Date('2026-03-01T12:00:00.000Z');

const journey: Journey = {
  key: 'free-to-paid',
  enter: { by: 'audience', audience: 'high-intent' },
  again: 'never',
  goal: null,
  exit: { after: 86_400_000, when: null },
  holdout: 0,
  priority: 50,
  caps: [],
  first: null,
  steps: {},
};

/** One journey and two audiences, one of them described. */
export function publishWorkspace(db: Database) {
  const condition = { kind: 'all', of: [] } as const;
  const workspace: Workspace = {
    hash: 'w1',
    settings: {
      name: 'Shop',
      timezone: 'UTC',
      sender: 'Shop <shop@example.test>',
      caps: [],
      onUncertainSend: 'again',
      traits: {},
      accountTraits: {},
    },
    audiences: {
      'high-intent': { of: 'person', key: 'high-intent', description: 'Want <more>', condition, hash: 'a1' },
      'gone-quiet': { of: 'person', key: 'gone-quiet', condition, hash: 'a2' },
    },
    computedTraits: {},
    journeys: { 'free-to-paid': { hash: 'j1', journey } },
  };
  return publish(db, workspace, AT);
}

export async function addPerson(
  db: Database,
  userId: string | null,
  anonymousIds: readonly string[] = [],
  traits = {},
) {
  const { id } = await db
    .insertInto('profiles')
    .values({ user_id: userId, traits: jsonb(traits), created_at: AT, applied_at: AT, filled_to: 0 })
    .returning('id')
    .executeTakeFirstOrThrow();
  const identities = [
    ...(userId === null ? [] : [{ kind: 'user' as const, value: userId, profile_id: id }]),
    ...anonymousIds.map((value) => ({ kind: 'anonymous' as const, value, profile_id: id })),
  ];
  await db.insertInto('identities').values(identities).execute();
  return id;
}

export function addMember(db: Database, profileId: number, audience: string, member = true) {
  return db
    .insertInto('audience_states')
    .values({ profile_id: profileId, audience, member, since: AT, due_at: null })
    .execute();
}

export interface RunRow {
  readonly id: string;
  readonly profileId: number;
  readonly enteredAt?: Date;
  readonly converted?: boolean;
}

let visits = 0;

export async function addRun(db: Database, { id, profileId, enteredAt = AT, converted = false }: RunRow) {
  visits += 1;
  await db
    .insertInto('runs')
    .values({
      id,
      journey: 'free-to-paid',
      version: 'j1',
      profile_id: profileId,
      person: `profile:${profileId}`,
      visit: visits,
      held_out: false,
      entered_at: enteredAt,
      entry: jsonb({ audience: 'high-intent' }),
      status: converted ? 'converted' : 'active',
      ended_at: converted ? AT : null,
      end_reason: converted ? 'the goal was reached' : null,
      cursor: jsonb({ phase: 'waiting', step: 'wait', at: AT.getTime(), until: AT.getTime() + 3_600_000, visit: 0 }),
      woken_at: null,
      due_at: null,
    })
    .execute();
}

export interface MessageRow {
  readonly run: string;
  readonly profileId: number;
  readonly step: string;
  readonly channel?: 'email' | 'sales-task';
  readonly refused?: boolean;
  readonly reservedAt?: Date;
}

export async function addMessage(
  db: Database,
  { run, profileId, step, channel = 'email', refused = false, reservedAt = AT }: MessageRow,
) {
  const id = `${run}/${step}/0`;
  await db
    .insertInto('messages')
    .values({
      id,
      run_id: run,
      journey: 'free-to-paid',
      step,
      visit: 0,
      profile_id: profileId,
      channel,
      template: step,
      category: 'marketing',
      status: refused ? 'refused' : 'sent',
      refusal: refused ? jsonb({ reason: 'suppressed', category: 'all' }) : null,
      detail: null,
      reserved_at: reservedAt,
      sent_at: refused ? null : reservedAt,
      seen_at: null,
      clicked_at: null,
      dismissed_at: null,
      expires_at: null,
      content: null,
    })
    .execute();
  return id;
}
