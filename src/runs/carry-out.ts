/**
 * Turning what a move admitted or refused into messages, tasks and events.
 * @module
 */
import { renderInApp, renderJson, renderLiquid, renderSalesTask } from '../channels/liquid.ts';
import type { JsonObject } from '../core/condition.ts';
import { evaluateExpression } from '../core/evaluate.ts';
import type { Act } from '../core/interpret.ts';
import type { ActionStep, Journey } from '../core/journey.ts';
import type { Instant } from '../core/time.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import type { Queryable } from '../store/database.ts';
import { messageEvent } from './message-events.ts';
import type { RunState } from './run-state.ts';
import type { NewMessage } from './save-move.ts';

/** A sales task as the advance activity hands it to the sales room. */
export interface NewTask {
  readonly id: string;
  readonly profileId: number;
  readonly title: string;
  readonly owner: string;
  readonly brief: string;
  readonly dueAt: Date;
  readonly createdAt: Date;
}

export type CreateTask = (tx: Queryable, task: NewTask) => Promise<void>;

export interface CarriedOut {
  readonly messages: readonly NewMessage[];
  readonly tasks: readonly NewTask[];
  /** What the engine reports of them. */
  readonly events: readonly IncomingEvent[];
}

/** @param now when the messages are reserved or put up */
export function carryOut(state: RunState, journey: Journey, acts: readonly Act[], now: Instant): CarriedOut {
  const messages: NewMessage[] = [];
  const tasks: NewTask[] = [];
  const events: IncomingEvent[] = [];
  if (acts.length === 0) return { messages, tasks, events };
  const variables = templateVariables(state, computedTraits(state, journey, now), now);
  const times = { at: new Date(now).toISOString(), receivedAt: new Date(now).toISOString() };

  for (const { step, visit, refusal } of acts) {
    const id = messageId(state.id, step.id, visit);
    if (step.kind === 'set-trait') {
      if (refusal === null) events.push(traitsEvent(state, id, step.traits, times.at));
      continue;
    }
    const template = step.kind === 'webhook' ? null : step.template;
    const base = {
      id,
      step: step.id,
      visit,
      channel: step.kind,
      template: template?.key ?? null,
      category: template?.category ?? null,
      attempts: 0,
      refusal,
      expires_at: null,
      content: null,
    };
    if (refusal !== null) {
      messages.push({ ...base, status: 'refused' });
      continue;
    }
    const about = { profileId: state.profileId, message: { ...base, journey: state.journey }, ...times };
    switch (step.kind) {
      case 'email':
        messages.push({ ...base, status: 'reserved' });
        break;
      case 'webhook':
        messages.push({ ...base, status: 'reserved', content: renderCall(step, variables) });
        break;
      case 'in-app': {
        const content = { ...renderInApp(step.template, variables), placement: step.template.placement };
        messages.push({ ...base, status: 'sent', content, expires_at: new Date(now + step.template.expiresAfter) });
        events.push(messageEvent({ ...about, name: 'In-App Message Sent' }));
        break;
      }
      case 'sales-task': {
        const rendered = renderSalesTask(step.template, variables);
        messages.push({ ...base, status: 'sent', content: { ...rendered } });
        const dueAt = new Date(now + step.template.dueAfter);
        tasks.push({ id, profileId: state.profileId, ...rendered, dueAt, createdAt: new Date(now) });
        events.push(messageEvent({ ...about, name: 'Sales Task Created' }));
      }
    }
  }
  return { messages, tasks, events };
}

/** What templates may name; `computed` are the computed traits, by key. */
export function templateVariables(
  state: Pick<RunState, 'traits' | 'accountTraits' | 'userId' | 'entry' | 'journey'>,
  computed: JsonObject,
  now: Instant,
): JsonObject {
  return {
    person: { ...state.traits, ...computed, id: state.userId },
    account: state.accountTraits ?? {},
    event: state.entry.properties ?? {},
    journey: { key: state.journey },
    now: new Date(now).toISOString(),
  };
}

/** The computed traits that the journey's templates name. */
export function computedTraits(
  state: Pick<RunState, 'facts' | 'enteredAt'>,
  { computed = {} }: Journey,
  now: Instant,
): JsonObject {
  const facts = { ...state.facts, enteredAt: state.enteredAt };
  return Object.fromEntries(
    Object.entries(computed).map(([key, expression]) => [
      key,
      evaluateExpression(expression, facts, now).value ?? null,
    ]),
  );
}

function renderCall(
  { url, headers, body }: Extract<ActionStep, { kind: 'webhook' }>,
  variables: JsonObject,
): JsonObject {
  return {
    url: renderLiquid(url, variables),
    headers: renderJson(headers, variables),
    body: renderJson(body, variables),
  };
}

/** One per run, step and visit: however often a step is tried, it is one message. */
export function messageId(run: string, step: string, visit: number): string {
  return `${run}/${step}/${visit}`;
}

function traitsEvent(state: RunState, id: string, traits: JsonObject, at: string): IncomingEvent {
  return {
    type: 'identify',
    name: 'identify',
    messageId: id,
    // What a run sets is said of whom it began as.
    profileId: state.originId,
    traits,
    properties: {},
    context: {},
    occurredAt: at,
    receivedAt: at,
  };
}
