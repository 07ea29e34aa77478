/**
 * Turning what a move admitted or refused into messages, tasks and events.
 * @module
 */
import { renderInApp, renderJson, renderLiquid, renderSalesTask } from '../channels/liquid.ts';
import type { JsonObject } from '../core/condition.ts';
import type { ActionStep, Journey } from '../core/journey.ts';
import { offerIn } from '../core/standing-at.ts';
import type { Instant } from '../core/time.ts';
import type { Act } from '../core/walk.ts';
import { type IncomingEvent, newsFor } from '../ingest/inbox.ts';
import type { Queryable } from '../store/database.ts';
import type { Stakeholder } from '../store/tables-runs.ts';
import { messageEvent } from './message-events.ts';
import { offerVariables } from './offer-variables.ts';
import type { RunState } from './run-state.ts';
import type { NewMessage } from './save-move.ts';
import { stakeholdersIn, variableOf } from './stakeholders.ts';
import { templateVariables } from './template-variables.ts';

/** A sales task as the advance activity hands it to the sales room. */
export interface NewTask {
  readonly id: string;
  readonly profileId: number;
  readonly title: string;
  readonly owner: string;
  readonly brief: string;
  readonly dueAt: Date;
  readonly createdAt: Date;
  /** Of a task about an account. */
  readonly stakeholders?: readonly Stakeholder[];
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
  const commonOf = (to: number | undefined) => templateVariables(state, journey, now, to);
  const isOfAccount = journey.of === 'account';
  const times = { at: new Date(now).toISOString(), receivedAt: new Date(now).toISOString() };

  for (const { step, visit, refusal, to, stakeholders, offer: made } of acts) {
    const id = messageId(state.id, step.id, visit, to?.id);
    if (step.kind === 'set-trait') {
      if (refusal === null) events.push(traitsEvent(state, isOfAccount, id, step.traits, times.at));
      continue;
    }
    const template = step.kind === 'webhook' ? null : step.template;
    const offer = made && offerIn(journey, made.offer);
    const shown = offer && made && offerVariables(offer, made, step.kind, commonOf(to?.id));
    const variablesOf = (receiver: number | undefined) => ({ ...commonOf(receiver), ...(shown && { offer: shown }) });
    const base = {
      id,
      step: step.id,
      visit,
      channel: step.kind,
      template: template?.key ?? null,
      category: template?.category ?? null,
      offer: offer?.key ?? null,
      attempts: 0,
      refusal,
      expires_at: null,
      content: null,
      profile_id: to?.id ?? state.profileId,
      account_id: isOfAccount ? state.profileId : null,
      in_account: state.accountId,
      chosen: to?.because ?? null,
    };
    if (refusal !== null) {
      messages.push({ ...base, status: 'refused' });
      continue;
    }
    const account = to !== undefined && isOfAccount ? state.userId : null;
    const about = { profileId: base.profile_id, message: { ...base, journey: state.journey, account }, ...times };
    switch (step.kind) {
      case 'email':
        // Written when it goes out, but for the offer, which is what it was when the message was reserved.
        messages.push({ ...base, status: 'reserved', ...(shown && { content: { offer: shown } }) });
        break;
      case 'webhook':
        messages.push({ ...base, status: 'reserved', content: renderCall(step, variablesOf(undefined)) });
        break;
      case 'in-app': {
        const content = { ...renderInApp(step.template, variablesOf(to?.id)), placement: step.template.placement };
        messages.push({ ...base, status: 'sent', content, expires_at: new Date(now + step.template.expiresAfter) });
        events.push(messageEvent({ ...about, name: 'In-App Message Sent' }));
        break;
      }
      case 'sales-task': {
        const named = stakeholders === undefined ? undefined : stakeholdersIn(state, stakeholders);
        const variables = { ...variablesOf(undefined), stakeholders: (named ?? []).map(variableOf) };
        const rendered = renderSalesTask(step.template, variables);
        messages.push({ ...base, status: 'sent', content: { ...rendered } });
        const dueAt = new Date(now + step.template.dueAfter);
        const createdAt = new Date(now);
        tasks.push({
          id,
          profileId: state.profileId,
          ...rendered,
          dueAt,
          createdAt,
          ...(named && { stakeholders: named }),
        });
        events.push(messageEvent({ ...about, name: 'Sales Task Created' }));
      }
    }
  }
  return { messages, tasks, events };
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

/** One per run, step, visit and receiver: however often a step is tried, it is one message. */
export function messageId(run: string, step: string, visit: number, to?: number): string {
  return [run, step, visit, ...(to === undefined ? [] : [to])].join('/');
}

function traitsEvent(state: RunState, isOfAccount: boolean, id: string, traits: JsonObject, at: string): IncomingEvent {
  if (isOfAccount) return newsFor(state.profileId, {}, { occurredAt: at, receivedAt: at }, traits);
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
