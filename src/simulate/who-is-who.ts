/**
 * Who the calls of a history are about, once all of it is known: ids that `identify` and `alias` join are one person from
 * the first call on. The rules are those of `profiles/identity.ts`.
 * @module
 */
import murmurhash from 'murmurhash';
import type { IncomingEvent } from '../ingest/inbox.ts';
import { accountNamed } from '../profiles/identity.ts';

type Ids = Pick<IncomingEvent, 'type' | 'userId' | 'anonymousId' | 'previousId'>;

export interface Somebody {
  /** Tells one person from another. */
  readonly key: string;
  readonly userId: string | null;
  /** The user id, or the anonymous id of somebody who never gave one. */
  readonly name: string;
  /** Stands for a profile's id where chance is drawn for somebody without a user id. */
  readonly id: number;
}

export class WhoIsWho {
  /** The user whom a device belongs to. */
  readonly #devices = new Map<string, string>();
  /** The user that a user became by `alias`. */
  readonly #became = new Map<string, string>();

  note({ type, userId, anonymousId, previousId }: Ids): void {
    if (userId === undefined) return;
    // A device that two known people share does not make them one; only alias says so outright.
    if (type === 'identify' && anonymousId !== undefined && !this.#devices.has(anonymousId))
      this.#devices.set(anonymousId, userId);
    if (type === 'alias' && previousId !== undefined) {
      this.#join(this.#devices.get(previousId) ?? previousId, userId);
      this.#devices.set(previousId, userId);
    }
  }

  personOf({ type, userId, anonymousId, previousId }: Ids): Somebody | null {
    const device = type === 'alias' ? previousId : anonymousId;
    const named = userId ?? (device === undefined ? undefined : this.#devices.get(device));
    if (named !== undefined) {
      const user = this.#final(named);
      return { key: `user ${user}`, userId: user, name: user, id: murmurhash.v3(user) };
    }
    if (device === undefined) return null;
    return { key: `anonymous ${device}`, userId: null, name: device, id: murmurhash.v3(device) };
  }

  #join(from: string, into: string): void {
    const last = this.#final(from);
    if (last !== this.#final(into)) this.#became.set(last, into);
  }

  #final(user: string): string {
    let last = user;
    for (let next = this.#became.get(last); next !== undefined; next = this.#became.get(last)) last = next;
    return last;
  }
}

/** Those who share accounts, directly or by others, since what one does may concern all of them. */
export class Households {
  readonly #above = new Map<string, string>();

  note(call: Ids & Pick<IncomingEvent, 'groupId' | 'context'>): void {
    const [first, ...others] = namesIn(call);
    for (const other of others) if (first !== undefined) this.#above.set(this.#top(other), this.#top(first));
  }

  /** Tells one household from another; null where the call names nobody. */
  of(call: Ids & Pick<IncomingEvent, 'groupId' | 'context'>): string | null {
    const [first] = namesIn(call);
    return first === undefined ? null : this.#top(first);
  }

  #top(name: string): string {
    let top = name;
    for (let next = this.#above.get(top); next !== undefined && next !== top; next = this.#above.get(top)) top = next;
    // The way is short from here on.
    if (top !== name) this.#above.set(name, top);
    return top;
  }
}

function namesIn(call: Ids & Pick<IncomingEvent, 'groupId' | 'context'>): string[] {
  const { type, userId, anonymousId, previousId } = call;
  const account = accountNamed(call);
  return [
    ...(userId === undefined ? [] : [`user ${userId}`]),
    ...(anonymousId === undefined ? [] : [`anonymous ${anonymousId}`]),
    ...(type !== 'alias' || previousId === undefined ? [] : [`user ${previousId}`, `anonymous ${previousId}`]),
    ...(account === undefined ? [] : [`account ${account}`]),
  ];
}
