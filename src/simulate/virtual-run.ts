/**
 * One run in virtual time: the engine's own moves, one after the other, and channels that deliver at once.
 * @module
 */
import { factsOf } from '../audiences/membership.ts';
import { type RenderedEmail, renderEmail } from '../channels/liquid.ts';
import type { Json } from '../core/condition.ts';
import { deadlineOf } from '../core/ending.ts';
import { LATENESS_FORGIVEN } from '../core/interpret.ts';
import type { ActionStep, Journey } from '../core/journey.ts';
import type { Ledger, Refusal } from '../core/pressure.ts';
import type { LogEntry } from '../core/run.ts';
import { type Candidate, candidateAt } from '../core/settling.ts';
import type { Instant } from '../core/time.ts';
import { putsAway, type Said, type Subjects } from '../core/wishes.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import { messageId } from '../runs/carry-out.ts';
import { addressOf, emailReport } from '../runs/email-report.ts';
import type { Run } from '../runs/enter.ts';
import type { Held } from '../runs/held-runs.ts';
import { type DecidedMove, decideMove } from '../runs/move.ts';
import type { RunState } from '../runs/run-state.ts';
import { templateVariables } from '../runs/template-variables.ts';
import { variantsIn } from '../runs/variants.ts';
import type { Version } from '../runs/version-shelf.ts';
import { factsOfRun } from '../runs/watch.ts';
import type { PresentRun } from './present.ts';
import type { SimulatedMessage, SimulatedRun } from './simulation.ts';
import type { VirtualProfile } from './virtual-profile.ts';
import type { VirtualStock } from './virtual-stock.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** Stands where an email's own link to unsubscribe would. */
const UNSUBSCRIBE_URL = 'https://unsubscribe.example/';

type Changing<T> = { -readonly [K in keyof T]: T[K] };

export class VirtualRun {
  readonly #messages: Changing<SimulatedMessage>[] = [];
  readonly #dismissed: Set<string>;
  readonly #version: Version;
  readonly #isPaused: boolean;
  readonly #sentBefore: Ledger['sentBefore'];
  #held: Held | null;

  /** @param present what else is known of a run that was under way when this life began */
  constructor(
    readonly run: Run,
    readonly log: LogEntry[],
    readonly world: VirtualWorld,
    readonly stock: VirtualStock,
    { isPaused = false, held = null, dismissed = [], sentBefore }: Partial<PresentRun> = {},
  ) {
    this.#version = world.versions.get(run.version);
    this.#isPaused = isPaused;
    this.#held = held;
    this.#dismissed = new Set(dismissed);
    this.#sentBefore = sentBefore;
  }

  get journey(): Journey {
    return this.#version.journey;
  }

  /** When the run next moves by itself; null once it has ended. */
  get movesAt(): Instant | null {
    const { status, cursor, wokenAt, enteredAt } = this.run;
    if (status !== 'active') return null;
    const deadline = deadlineOf(this.journey, enteredAt);
    if (this.#isPaused) return deadline;
    const released = this.#heldHere?.releaseAt;
    if (released != null) return Math.min(released, deadline);
    if (cursor.phase !== 'waiting') return cursor.at;
    return wokenAt === null ? cursor.until : Math.min(wokenAt, cursor.until);
  }

  /** It came due during a pause, where it stands. */
  get #heldHere(): Held | null {
    return this.#held?.visit === this.run.cursor.visit ? this.#held : null;
  }

  summary(): SimulatedRun {
    const { id, journey, version, visit, instance, enteredAt, entry, heldOut, status, endReason, endedAt } = this.run;
    const about = { id, journey, version, visit, instance, enteredAt, entry, heldOut };
    return { ...about, log: this.log, messages: this.#messages, outcome: status, reason: endReason ?? '', endedAt };
  }

  /**
   * Moves on as far as the run can at `at`.
   * @param members of an account's run: who is in the account, in the order in which they joined
   * @returns what the engine reports of its doings
   */
  advance(lived: VirtualProfile, members: readonly VirtualProfile[], at: Instant): IncomingEvent[] {
    const reports: IncomingEvent[] = [];
    const receiverOf = (id: number | undefined) => members.find(({ profile }) => profile.id === id) ?? lived;
    let settled: { readonly refusal: Refusal | null } | null = null;
    let receiver = lived;
    for (;;) {
      if (settled?.refusal) receiver.takeBack('email');
      const state = this.#state(lived, members, at);
      const move: DecidedMove = decideMove(state, settled, LATENESS_FORGIVEN, at);
      if (this.#heldHere !== null) this.#goOn(move);
      Object.assign(this.run, move.after);
      this.log.push(...move.log);
      this.#keep(move, lived, receiverOf, at);
      reports.push(...move.carried.events);
      if (move.next.kind !== 'deliver') return reports;
      const { step, visit, to } = move.next;
      receiver = receiverOf(to?.id);
      settled = { refusal: this.#deliver(state, step, to?.id, at) };
      const id = messageId(this.run.id, step.id, visit, to?.id);
      const offer = this.#messages.at(-1)?.offer;
      reports.push(...emailReport(step, id, settled.refusal, { ...state, cursor: this.run.cursor }, at, offer));
    }
  }

  /** Let out after a pause. What is stale stays so over a call to another system. */
  #goOn({ next }: DecidedMove): void {
    const held = this.#held;
    this.#held = held?.stale === true && next.kind === 'deliver' ? { ...held, visit: next.visit + 1 } : null;
  }

  /** Puts away the messages that were answered so, and says what the last of them is about. */
  answered({ answer, message, of }: Extract<Said, { said: 'answer' }>): Subjects | undefined {
    const meant = this.#messages.filter(
      ({ step, visit, channel, template, refusal }) =>
        channel === 'in-app' &&
        refusal === null &&
        (message === null ? template === of.template : messageId(this.run.id, step, visit) === message),
    );
    if (putsAway(answer)) for (const { template, offer } of meant) this.#putAway(template, offer);
    const last = meant.at(-1);
    const step = last && this.journey.steps[last.step];
    if (step?.kind !== 'in-app') return undefined;
    const { key: template, category } = step.template;
    return { journey: this.run.journey, template, category, offer: last?.offer };
  }

  #putAway(template: string | null, offer: string | undefined): void {
    this.#dismissed.add(`template:${template}`);
    if (offer !== undefined) this.#dismissed.add(`offer:${offer}`);
  }

  #keep(
    { log, carried, grants }: DecidedMove,
    { variants, offered }: VirtualProfile,
    receiverOf: (id: number) => VirtualProfile,
    at: Instant,
  ): void {
    // People held out get nothing, so that they use nothing up.
    if (!this.run.heldOut) this.stock.take(this.run.id, grants, at);
    offered.push(...grants.map((grant) => ({ ...grant, run: this.run.id })));
    const given = Object.entries(variantsIn(log, this.run.version) ?? {}).map(
      ([name, { variant }]) => [name, variant] as const,
    );
    if (given.length > 0)
      variants.set(this.run.journey, new Map([...(variants.get(this.run.journey) ?? []), ...given]));
    for (const message of carried.messages) {
      const { step, visit, template, category, refusal, content, offer, profile_id, chosen } = message;
      const channel = message.channel as SimulatedMessage['channel'];
      const receiver = receiverOf(profile_id);
      const more = { ...(chosen !== null && { to: receiver.name }), ...(offer !== null && { offer }) };
      this.#messages.push({ step, visit, at, channel, template, refusal, content, ...more });
      if (refusal === null && channel !== 'webhook')
        receiver.got({ channel, category: category ?? '', journey: this.run.journey, at });
    }
  }

  /** @returns why the message that was reserved last does not go out, or null */
  #deliver(state: RunState, step: ActionStep, to: number | undefined, at: Instant): Refusal | null {
    const message = this.#messages.at(-1);
    if (step.kind !== 'email') return null;
    const traits = to === undefined ? state.traits : state.people?.find(({ id }) => id === to)?.facts.traits;
    const address = addressOf(traits ?? {});
    const offer = message?.content?.offer ?? {};
    if (message !== undefined) message.content = null;
    if ('to' in address) {
      if (this.world.rendersEmails && message !== undefined)
        message.content = { to: address.to, ...this.#rendered(step, state, { offer, to }, at) };
      return null;
    }
    const refusal: Refusal = { reason: 'channel', detail: address.reason };
    if (message !== undefined) message.refusal = refusal;
    return refusal;
  }

  #rendered(
    { template }: Extract<ActionStep, { kind: 'email' }>,
    state: RunState,
    { offer, to }: { readonly offer: Json; readonly to: number | undefined },
    at: Instant,
  ): RenderedEmail {
    const variables = templateVariables(state, this.#version.journey, at, to);
    return renderEmail(template, { ...variables, offer, unsubscribeUrl: UNSUBSCRIBE_URL });
  }

  #rivals({ profile }: VirtualProfile): readonly Candidate[] {
    const others = [...profile.runs.values()].filter((run) => run !== this.run && run.status === 'active');
    return others.filter(({ heldOut }) => !heldOut).flatMap((run) => candidateAt(run, run.cursor) ?? []);
  }

  #state(lived: VirtualProfile, members: readonly VirtualProfile[], at: Instant): RunState {
    const { id, journey, heldOut, enteredAt, entry, status, endReason, cursor, wokenAt } = this.run;
    const { profile, variants, offered } = lived;
    const people = this.journey.of === 'account' ? members.map((member) => member.asMemberOf(profile)) : undefined;
    return {
      version: this.#version,
      ...{ id, journey, heldOut, enteredAt, entry, status, endReason, cursor, wokenAt },
      ...{ control: null, held: this.#heldHere },
      person: this.run.person,
      profileId: profile.id,
      accountId: this.journey.of === 'account' ? profile.id : (profile.account?.id ?? null),
      originId: profile.id,
      userId: profile.userId,
      traits: profile.ownTraits,
      accountTraits: profile.account?.traits ?? null,
      ...(people && { people, account: { people, ledgerOf: (person) => ledgerIn(members, person) } }),
      facts: factsOfRun(factsOf(profile), this.run),
      experiments: {
        assigned: variants.get(journey) ?? new Map(),
        winners: this.world.winners?.get(journey) ?? new Map(),
      },
      ledger: {
        ...lived.ledger,
        dismissed: this.#dismissed,
        ...(this.#sentBefore && { sentBefore: this.#sentBefore }),
        ...(this.world.settings.settle !== undefined && { candidates: this.#rivals(lived) }),
      },
      offers: {
        offered: offered.map(({ run, step, ...one }) => ({ ...one, step: run === id ? step : null })),
        left: this.stock.leftFor(id, at),
      },
      settings: this.world.settings,
    };
  }
}

function ledgerIn(members: readonly VirtualProfile[], person: number): Ledger {
  const member = members.find(({ profile }) => profile.id === person);
  if (member === undefined) throw new Error(`Nobody in the account has the id ${person}`);
  return member.ledger;
}
