/**
 * Which audiences one person is in, in virtual time.
 * @module
 */
import type { Condition } from '../core/condition.ts';
import { type Because, evaluate } from '../core/evaluate.ts';
import type { Facts } from '../core/facts.ts';
import { concerns, type Interest, interestOf, type Touch } from '../core/interest.ts';
import { earlier, type Instant } from '../core/time.ts';

type Known = Pick<Facts, 'traits' | 'events'>;
type Definitions = Readonly<Record<string, { readonly condition: Condition }>>;

export interface MembershipChange {
  readonly audience: string;
  readonly entered: boolean;
  readonly at: Instant;
  readonly because: Because;
}

interface Audience {
  readonly key: string;
  readonly condition: Condition;
  readonly interest: Interest;
  /** When time alone could change the membership, as of its last evaluation. */
  dueAt: Instant | null;
}

export class Memberships {
  readonly current = new Set<string>();
  /** Those that others refer to first. */
  readonly #audiences: readonly Audience[];

  constructor(definitions: Definitions) {
    this.#audiences = dependenciesFirst(definitions);
  }

  /** When time alone could change a membership next. */
  get dueAt(): Instant | null {
    return this.#audiences.reduce<Instant | null>((soonest, { dueAt }) => earlier(soonest, dueAt), null);
  }

  /** Evaluates every audience, for a person who is new. */
  begin(known: Known, at: Instant): MembershipChange[] {
    return this.#evaluate(known, at, () => true);
  }

  /** Evaluates the audiences that the touch concerns, and those that refer to ones that change by it. */
  touch(known: Known, at: Instant, touch: Touch): MembershipChange[] {
    return this.#evaluate(known, at, ({ interest }) => concerns(interest, touch, []));
  }

  /** Likewise for those that time alone may have changed by `at`. */
  pass(known: Known, at: Instant): MembershipChange[] {
    return this.#evaluate(known, at, ({ dueAt }) => dueAt !== null && dueAt <= at);
  }

  #evaluate(known: Known, at: Instant, isAsked: (audience: Audience) => boolean): MembershipChange[] {
    const changes: MembershipChange[] = [];
    for (const audience of this.#audiences) {
      const { key, condition, interest } = audience;
      if (!isAsked(audience) && !changes.some((change) => interest.audiences.has(change.audience))) continue;
      const { holds, until, because } = evaluate(condition, { ...known, audiences: this.current }, at);
      audience.dueAt = until;
      if (holds === this.current.has(key)) continue;
      if (holds) this.current.add(key);
      else this.current.delete(key);
      changes.push({ audience: key, entered: holds, at, because });
    }
    return changes;
  }
}

/** @param definitions free of cycles, which validation sees to */
function dependenciesFirst(definitions: Definitions): readonly Audience[] {
  const ordered = new Map<string, Audience>();
  const visit = (key: string): void => {
    const condition = definitions[key]?.condition;
    if (condition === undefined || ordered.has(key)) return;
    const interest = interestOf(condition);
    for (const below of interest.audiences) visit(below);
    ordered.set(key, { key, condition, interest, dueAt: null });
  };
  for (const key of Object.keys(definitions).sort()) visit(key);
  return [...ordered.values()];
}
