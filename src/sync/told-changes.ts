/**
 * What a sync tells of one entry or exit: the fields as they are at that instant. Pure.
 * @module
 */
import { renderLiquid } from '../channels/liquid.ts';
import type { Expression, Json, JsonObject } from '../core/condition.ts';
import { evaluateExpression } from '../core/evaluate.ts';
import type { Facts } from '../core/facts.ts';
import type { Instant } from '../core/time.ts';
import type { SyncDefinition, SyncField, SyncFields } from '../definitions/sync-types.ts';
import type { SyncIndex } from './sync-index.ts';

/** A change of an audience for one sync, to be queued with it. */
export interface ToldChange {
  readonly sync: string;
  readonly audience: string;
  readonly type: 'entered' | 'left';
  readonly at: Instant;
  /** Its place among the person's changes that are logged in the same commit; null for one that is not logged. */
  readonly change: number | null;
  /** As said in the call; the anonymous id is looked up where it is not known. */
  readonly person: {
    readonly userId: string | null;
    readonly anonymousId?: string | null;
    readonly traits?: JsonObject;
  };
  readonly fields: JsonObject;
}

/** Who the change is about, at its instant. */
export interface ToldPerson {
  readonly userId: string | null;
  /** Absent: to be looked up. */
  readonly anonymousId?: string | null;
  /** Own ones. */
  readonly traits: JsonObject;
  readonly account: JsonObject | undefined;
  readonly facts: Facts;
}

export interface AudienceChange {
  readonly audience: string;
  readonly entered: boolean;
  readonly at: Instant;
  readonly cause: string;
}

/**
 * For each sync that tells of this change. An entry that only a new definition brings is left out where the sync does not
 * want such; an exit never is, since the other system may hold the person for a member.
 */
export function tellChange(
  syncs: SyncIndex,
  change: AudienceChange & { readonly index: number },
  person: ToldPerson,
): ToldChange[] {
  const { audience, entered, at, cause, index } = change;
  return syncs.of(audience).flatMap((sync) => {
    if (entered && cause === 'definition' && !sync.includeExisting) return [];
    return told(sync, entered ? 'entered' : 'left', at, index, person);
  });
}

/**
 * For each sync that has come since the publication `since` and wants to hear of members who are there already.
 * @param now when the fields are read
 */
export function tellMembers(
  syncs: SyncIndex,
  since: number,
  memberships: readonly { readonly audience: string; readonly since: Instant }[],
  now: Instant,
  person: ToldPerson,
): ToldChange[] {
  return memberships.flatMap((member) =>
    syncs.of(member.audience).flatMap((sync) => {
      if (!sync.includeExisting || sync.addedIn <= since) return [];
      return told(sync, 'entered', now, null, person).map((change) => ({ ...change, at: member.since }));
    }),
  );
}

function told(
  sync: SyncDefinition,
  type: ToldChange['type'],
  at: Instant,
  change: number | null,
  person: ToldPerson,
): ToldChange[] {
  const fields = type === 'entered' ? sync.onEntry : sync.onExit;
  if (fields === null) return [];
  const traits = valuesOf(sync.traits, person.facts, at);
  const { key, audience } = sync;
  return [
    {
      sync: key,
      audience,
      type,
      at,
      change,
      person: {
        userId: person.userId,
        ...(person.anonymousId !== undefined && { anonymousId: person.anonymousId }),
        ...(Object.keys(traits).length > 0 && { traits }),
      },
      fields: fieldsOf(sync, fields, person, at),
    },
  ];
}

function fieldsOf(sync: SyncDefinition, fields: SyncFields, person: ToldPerson, at: Instant): JsonObject {
  const computed = valuesOf(sync.computed, person.facts, at);
  const variables = {
    person: { ...person.traits, ...computed, id: person.userId },
    account: person.account ?? {},
    now: new Date(at).toISOString(),
  };
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, valueIn(field, variables, person.facts, at)]),
  );
}

function valueIn(field: SyncField, variables: JsonObject, facts: Facts, at: Instant): Json {
  switch (field.kind) {
    case 'constant':
      return field.value;
    case 'value':
      return evaluateExpression(field.of, facts, at).value ?? null;
    case 'text':
      try {
        return renderLiquid(field.template, variables);
      } catch {
        // What one person's values make of a text must not hold up the change, nor the event that brought it.
        return null;
      }
  }
}

function valuesOf(expressions: Readonly<Record<string, Expression>>, facts: Facts, at: Instant): JsonObject {
  return Object.fromEntries(
    Object.entries(expressions).map(([name, of]) => [name, evaluateExpression(of, facts, at).value ?? null]),
  );
}
