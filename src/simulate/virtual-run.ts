/**
 * One run in virtual time: the interpreter at each instant that concerns it, and channels that deliver at once.
 * @module
 */
import type { JsonObject } from '../core/condition.ts';
import { isHeldOut } from '../core/entry.ts';
import { evaluate } from '../core/evaluate.ts';
import type { Facts } from '../core/facts.ts';
import {
  type Act,
  awaited,
  type Cursor,
  delivered,
  endingOf,
  interpret,
  LATENESS_FORGIVEN,
  type LogEntry,
  type Outcome,
  open,
} from '../core/interpret.ts';
import type { Cap, Journey } from '../core/journey.ts';
import type { Refusal, Sent } from '../core/pressure.ts';
import { earlier, type Instant } from '../core/time.ts';
import type { SimulatedMessage, SimulatedRun } from './simulation.ts';
import type { Happening } from './virtual-life.ts';

export interface RunSettings {
  readonly journey: Journey;
  readonly person: string;
  readonly visit: number;
  readonly enteredAt: Instant;
  readonly entry: JsonObject;
  readonly heldOut?: boolean | undefined;
}

export class VirtualRun {
  readonly enteredAt: Instant;
  readonly visit: number;
  readonly #settings: RunSettings;
  readonly #heldOut: boolean;
  readonly #log: LogEntry[];
  readonly #messages: SimulatedMessage[] = [];
  #cursor: Cursor;
  #wokenAt: Instant | null = null;
  #dueAt: Instant | null = null;

  constructor(settings: RunSettings) {
    const { journey, person, visit, enteredAt, heldOut } = settings;
    const { cursor, log } = open(journey, enteredAt);
    this.#settings = settings;
    this.enteredAt = enteredAt;
    this.visit = visit;
    this.#heldOut = heldOut ?? isHeldOut(journey, person);
    this.#cursor = cursor;
    this.#log = [...log];
  }

  get status(): 'active' | Outcome {
    return this.#end?.outcome ?? 'active';
  }

  /** When time alone next ends, wakes or moves the run; null once it has ended. */
  get dueAt(): Instant | null {
    return this.#dueAt;
  }

  summary(): SimulatedRun {
    const { visit, enteredAt, entry } = this.#settings;
    const end = this.#end;
    if (end === undefined) throw new Error('The run has not ended yet');
    const { outcome, reason, at: endedAt } = end;
    return {
      visit,
      enteredAt,
      entry,
      heldOut: this.#heldOut,
      log: this.#log,
      messages: this.#messages,
      outcome,
      reason,
      endedAt,
    };
  }

  /** Ends the run if its goal or exit says so at `at`; notes if what it waits for has come true. */
  watch(known: Facts, at: Instant): void {
    const { journey, enteredAt } = this.#settings;
    const ending = endingOf(journey, known, enteredAt, at);
    if (ending !== null) {
      const { step, visit } = this.#cursor;
      this.#log.push({ step, kind: 'run', visit, did: 'ended', ...ending });
      this.#dueAt = null;
      return;
    }
    const facts = { ...known, enteredAt };
    const condition = awaited(journey, this.#cursor);
    if (condition !== null && this.#wokenAt === null && evaluate(condition, facts, at).holds) this.#wokenAt = at;
    this.#dueAt = this.#cursor.phase === 'waiting' ? this.#cursor.until : at;
    for (const watched of [journey.goal, journey.exit.when, condition])
      if (watched !== null) this.#dueAt = earlier(this.#dueAt, evaluate(watched, facts, at).until);
  }

  /**
   * Moves on as far as the run can at `at`.
   *
   * @param sent what counts against caps; messages that go out are added
   * @returns what the engine reports of its doings
   */
  advance(facts: Facts, sent: Sent[], workspaceCaps: readonly Cap[], at: Instant): Happening[] {
    const { journey, person, enteredAt } = this.#settings;
    const reports: Happening[] = [];
    let wokenAt = this.#wokenAt;
    for (;;) {
      const move = interpret(
        journey,
        this.#cursor,
        {
          facts,
          enteredAt,
          person,
          heldOut: this.#heldOut,
          ledger: { sent, suppressed: new Set() },
          workspaceCaps,
          latenessForgiven: LATENESS_FORGIVEN,
          ...(wokenAt === null ? {} : { wokenAt }),
        },
        at,
      );
      this.#log.push(...move.log);
      this.#cursor = move.cursor;
      wokenAt = null;
      let refusal: Refusal | null = null;
      for (const act of move.acts) refusal = this.#carryOut(act, facts, sent, reports);
      if (move.next.kind !== 'deliver') break;
      const onward = delivered(journey, this.#cursor, { latenessForgiven: LATENESS_FORGIVEN }, at, refusal);
      this.#log.push(onward.log);
      this.#cursor = onward.cursor;
    }
    this.#wokenAt = null;
    if (this.status === 'active') this.watch(facts, at);
    else this.#dueAt = null;
    return reports;
  }

  /** @returns why the message does not go out, or null */
  #carryOut({ step, visit, at, refusal }: Act, facts: Facts, sent: Sent[], reports: Happening[]): Refusal | null {
    if (step.kind === 'set-trait') {
      if (refusal === null) reports.push({ at, traits: step.traits });
      return refusal;
    }
    const journey = this.#settings.journey.key;
    const template = step.kind === 'webhook' ? null : step.template;
    const said = refusal ?? (step.kind === 'email' && !hasAddress(facts) ? NO_ADDRESS : null);
    this.#messages.push({
      step: step.id,
      visit,
      at,
      channel: step.kind,
      template: template?.key ?? null,
      refusal: said,
    });
    if (template === null || refusal !== null || step.kind === 'webhook') return said;
    if (said === null) sent.push({ channel: step.kind, journey, at });
    const name = said === null ? REPORTED[step.kind] : 'Email Bounced';
    const properties = {
      journey,
      step: step.id,
      channel: step.kind,
      template: template.key,
      category: template.category,
      ...(said?.reason === 'channel' ? { reason: said.detail } : {}),
    };
    reports.push({ at, event: { name, at, properties, byEngine: true } });
    return said;
  }

  get #end() {
    const last = this.#log.at(-1);
    return last?.did === 'ended' ? last : undefined;
  }
}

/** What the engine reports when a message is out. */
const REPORTED = {
  email: 'Email Delivered',
  'in-app': 'In-App Message Sent',
  'sales-task': 'Sales Task Created',
} as const;

const NO_ADDRESS: Refusal = { reason: 'channel', detail: 'the person has no trait `email`' };

function hasAddress({ traits: { email } }: Facts): boolean {
  return typeof email === 'string' && email !== '';
}
