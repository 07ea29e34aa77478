/**
 * Messages of an account's run go to people of the account, one after the other. What holds for a message holds for whoever
 * gets it: that person's caps, hours and wishes.
 * @module
 */

import type { Sent } from './caps.ts';
import type { Facts } from './facts.ts';
import type { ActionStep, Step } from './journey.ts';
import type { Ledger, Refusal } from './pressure.ts';
import { type AccountPerson, type Chosen, type ChosenBecause, choose, type Role } from './roles.ts';
import type { Addressee, Hold } from './run.ts';
import type { Instant } from './time.ts';

/** Who is in the account of a run. */
export interface AccountAsked {
  /** In the order in which they joined. */
  readonly people: readonly AccountPerson[];
  /** What counts against this person's caps, and what the person does not want. */
  readonly ledgerOf: (person: number) => Ledger;
}

/** Whose turn it is at a step. */
export interface Turn {
  /** Absent: nobody's of the account. The step is for whom the run is about, unless there is a refusal. */
  readonly to?: Addressee;
  /** Whose turns come after. */
  readonly rest: readonly Addressee[];
  /** What is known of `to`. */
  readonly facts?: Facts;
  /** Why it is nobody's. */
  readonly refusal?: Refusal;
  /** Everybody who is left is held: until when, and for what, the first of them. */
  readonly held?: { readonly until: Instant; readonly hold: Hold };
}

/** @param left whose turn is still to come; undefined: the step is only reached, and they are chosen now */
export function turnAt(
  step: ActionStep,
  left: readonly Addressee[] | undefined,
  account: AccountAsked | undefined,
  at: Instant,
): Turn {
  const role = addressee(step);
  if (role === undefined) return { rest: [] };
  const { people } = expectAccount(account, step);
  const turns: readonly Addressee[] = left ?? choose(role, people, at);
  const held = firstHeld(turns);
  if (held !== null) return { held, rest: turns.map(({ held: _, ...one }) => ({ ...one, asked: true })) };
  const to = turns.find((one) => one.held === undefined);
  const rest = turns.filter((one) => one !== to);
  if (to === undefined) return { rest, refusal: { reason: 'nobody', role: role.key, people: people.length } };
  const facts = people.find(({ id }) => id === to.id)?.facts;
  return { to, rest, ...(facts === undefined ? { refusal: { reason: 'gone', role: role.key } } : { facts }) };
}

/** Whom a sales task is to name; nothing for other steps. */
export function stakeholdersAt(
  step: ActionStep,
  account: AccountAsked | undefined,
  at: Instant,
): { readonly stakeholders?: readonly Chosen[] } {
  if (step.kind !== 'sales-task' || step.stakeholders === undefined) return {};
  const { people } = expectAccount(account, step);
  return { stakeholders: step.stakeholders.flatMap((role) => choose(role, people, at)) };
}

/** Who of the account a step is for, or names. */
export function rolesOf(step: Step): readonly Role[] {
  if (step.kind === 'sales-task') return step.stakeholders ?? [];
  const role = addressee(step);
  return role === undefined ? [] : [role];
}

/** As the log says it; nothing where a message is for whom the run is about. */
export function receiverIn(to: Chosen | undefined): {
  readonly receiver?: { readonly person: string; readonly because: ChosenBecause };
} {
  return to === undefined ? {} : { receiver: { person: to.name, because: to.because } };
}

/** What counts against caps, of whom the run is about and of whoever else gets a message, while a move goes on. */
export class Ledgers {
  readonly #own: Ledger;
  readonly #account: AccountAsked | undefined;
  readonly #changed = new Map<number | undefined, Ledger>();
  readonly #toAccount: Sent[] = [];

  constructor(own: Ledger, account: AccountAsked | undefined) {
    this.#own = own;
    this.#account = account;
  }

  /** Nobody asks for that of whose turn it is not. */
  of(turn: Turn): Ledger {
    const ledger = this.#ledgerOf(turn);
    const { sentToAccount } = ledger;
    return sentToAccount === undefined ? ledger : { ...ledger, sentToAccount: [...sentToAccount, ...this.#toAccount] };
  }

  add(turn: Turn, one: Sent): void {
    const ledger = this.#ledgerOf(turn);
    this.#changed.set(turn.to?.id, { ...ledger, sent: [...ledger.sent, one] });
    this.#toAccount.push(one);
  }

  /** Without what the move has sent to others of the account. */
  #ledgerOf({ to, refusal }: Turn): Ledger {
    const isOwn = to === undefined || refusal !== undefined || this.#account === undefined;
    return this.#changed.get(to?.id) ?? (isOwn ? this.#own : this.#account.ledgerOf(to.id));
  }
}

/** Null where somebody's turn has come, or there is nobody. */
function firstHeld(turns: readonly Addressee[]): NonNullable<Addressee['held']> | null {
  const held = turns.flatMap((one) => one.held ?? []);
  if (held.length < turns.length) return null;
  return held.reduce<NonNullable<Addressee['held']> | null>(
    (first, one) => (first === null || one.until < first.until ? one : first),
    null,
  );
}

function addressee(step: Step): Role | undefined {
  return step.kind === 'email' || step.kind === 'in-app' ? step.to : undefined;
}

function expectAccount(account: AccountAsked | undefined, { id }: Step): AccountAsked {
  if (account === undefined) throw new Error(`Step ${id} is about people of an account, and nobody was looked up`);
  return account;
}
