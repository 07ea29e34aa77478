/**
 * Who the calls of a history are about, once all of it is known: ids that `identify` and `alias` join are one person from
 * the first call on. The rules are those of `profiles/identity.ts`.
 * @module
 */
import murmurhash from 'murmurhash';
import type { IncomingEvent } from '../ingest/inbox.ts';

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
