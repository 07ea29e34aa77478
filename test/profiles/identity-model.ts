/**
 * Who is who, said a second time and as plainly as it can be: everything that was ever said is kept, and each question is
 * answered by going through all of it again, without the merges that were undone.
 * @module
 */
import type { JsonObject } from '../../src/core/condition.ts';
import type { EventFact } from '../../src/core/facts.ts';

interface Leaf {
  user: string | null;
}

type Said =
  | { readonly kind: 'event'; readonly leaf: Leaf; readonly messageId: string; readonly fact: EventFact }
  | { readonly kind: 'traits'; readonly leaf: Leaf; readonly traits: JsonObject }
  | { readonly kind: 'account'; readonly leaf: Leaf; readonly account: string }
  | { readonly kind: 'link'; readonly cause: string; readonly from: Leaf; readonly into: Leaf; undone: boolean };

export class IdentityModel {
  readonly #users = new Map<string, Leaf>();
  readonly #visitors = new Map<string, Leaf>();
  readonly #said: Said[] = [];
  #apart: { readonly one: Leaf; readonly other: Leaf }[] = [];

  track(name: { user?: string | undefined; visitor?: string | undefined }, messageId: string, fact: EventFact): void {
    this.#said.push({ kind: 'event', leaf: this.#named(name), messageId, fact });
  }

  group(name: { user?: string | undefined; visitor?: string | undefined }, account: string): void {
    this.#said.push({ kind: 'account', leaf: this.#named(name), account });
  }

  identify(user: string, visitor: string | undefined, traits: JsonObject, messageId: string): void {
    const other = visitor === undefined ? undefined : this.#visitors.get(visitor);
    if (visitor !== undefined) this.#join(user, other, visitor, 'identify', messageId);
    this.#said.push({ kind: 'traits', leaf: this.#named({ user }), traits });
  }

  alias(user: string, previous: string, messageId: string): void {
    this.#join(user, this.#visitors.get(previous) ?? this.#users.get(previous), previous, 'alias', messageId);
  }

  undo(messageId: string): void {
    for (const link of this.#links()) {
      if (link.cause !== messageId) continue;
      link.undone = true;
      this.#apart.push({ one: link.from, other: link.into });
    }
  }

  /** Causes of the merges in force. */
  merges(): string[] {
    return this.#links().map(({ cause }) => cause);
  }

  /** Everybody: their names, and what is theirs. */
  people() {
    const names = [
      ...[...this.#users].map(([value, leaf]) => ({ kind: 'user', value, leaf })),
      ...[...this.#visitors].map(([value, leaf]) => ({ kind: 'anonymous', value, leaf })),
    ];
    const people = [...new Set(names.map(({ leaf }) => this.#personOf(leaf)[0] as Leaf))];
    return people.map((first) => {
      const all = new Set(this.#personOf(first));
      const theirs = this.#said.filter((one) => one.kind !== 'link' && all.has(one.leaf));
      return {
        names: names.filter(({ leaf }) => all.has(leaf)).map(({ kind, value }) => `${kind} ${value}`),
        events: theirs.flatMap((one) => (one.kind === 'event' ? [one.messageId] : [])),
        facts: theirs.flatMap((one) => (one.kind === 'event' ? [one.fact] : [])),
        accounts: [...new Set(theirs.flatMap((one) => (one.kind === 'account' ? [one.account] : [])))],
        traits: this.#traitsOf(first),
      };
    });
  }

  #named({ user, visitor }: { user?: string | undefined; visitor?: string | undefined }): Leaf {
    const [map, name] = user === undefined ? [this.#visitors, visitor ?? ''] : [this.#users, user];
    const leaf = map.get(name) ?? { user: user ?? null };
    map.set(name, leaf);
    return leaf;
  }

  #join(user: string, other: Leaf | undefined, otherName: string, by: 'identify' | 'alias', cause: string): void {
    const known = this.#users.get(user);
    if (other === undefined) {
      this.#visitors.set(otherName, this.#named({ user }));
      return;
    }
    const isKnown = this.#personOf(other).some((leaf) => leaf.user !== null);
    if (known === undefined && !isKnown) {
      other.user = user;
      this.#users.set(user, other);
      return;
    }
    const into = this.#named({ user });
    const together = new Set([...this.#personOf(into), ...this.#personOf(other)]);
    const parted = this.#apart.filter(({ one, other: two }) => together.has(one) && together.has(two));
    if (this.#personOf(into).includes(other) || (by === 'identify' && (isKnown || parted.length > 0))) return;
    this.#apart = this.#apart.filter((pair) => !parted.includes(pair));
    this.#said.push({ kind: 'link', cause, from: other, into, undone: false });
  }

  #links() {
    return this.#said.flatMap((one) => (one.kind === 'link' && !one.undone ? [one] : []));
  }

  #personOf(leaf: Leaf): Leaf[] {
    const all = new Set([leaf]);
    for (let size = 0; size < all.size; ) {
      size = all.size;
      for (const { from, into } of this.#links()) if (all.has(from) || all.has(into)) all.add(from).add(into);
    }
    return [...new Set([...this.#users.values(), ...this.#visitors.values()])].filter((one) => all.has(one));
  }

  #traitsOf(leaf: Leaf): JsonObject {
    const traits = new Map<Leaf, JsonObject>();
    const groups = new Map<Leaf, Leaf>();
    const groupOf = (one: Leaf): Leaf => {
      const above = groups.get(one);
      return above === undefined ? one : groupOf(above);
    };
    for (const one of this.#said) {
      if (one.kind === 'traits') {
        const group = groupOf(one.leaf);
        traits.set(group, { ...traits.get(group), ...one.traits });
      } else if (one.kind === 'link' && !one.undone) {
        const [from, into] = [groupOf(one.from), groupOf(one.into)];
        traits.set(into, { ...traits.get(from), ...traits.get(into) });
        groups.set(from, into);
      }
    }
    return traits.get(groupOf(leaf)) ?? {};
  }
}
