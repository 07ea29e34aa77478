/**
 * A history in any order, sorted so that one person after the other can be lived through. What does not fit into memory
 * goes through files: first all of it as it comes, then, when it is known who is who, in parts that each fit.
 * @module
 */
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import murmurhash from 'murmurhash';
import type { JsonObject } from '../core/condition.ts';
import type { Instant } from '../core/time.ts';
import type { IncomingEvent } from '../ingest/inbox.ts';
import { Households, type Somebody, WhoIsWho } from './who-is-who.ts';

export interface KnownPerson extends Somebody {
  /** What is known of them before anything happens. Absent: nothing. */
  readonly traits?: JsonObject;
  /** Among all people, in the order in which they became known. */
  readonly place?: number;
}

/** What happened to one person, or to all who share accounts. */
export interface History {
  readonly people: readonly [KnownPerson, ...KnownPerson[]];
  /** What is known of accounts before anything happens. Absent: nothing. */
  readonly accounts?: readonly { readonly name: string; readonly traits: JsonObject }[];
  /** In order of time. Each message id once. */
  readonly calls: readonly IncomingEvent[];
  /** The id of the person whose call it is; 0 where it is said of an account alone. */
  readonly personOf: (call: IncomingEvent) => number;
}

/** Calls that are held in memory at a time. */
const AT_ONCE = 100_000;
const LINES_AT_ONCE = 1_000;

export class SortByPerson {
  readonly #who = new WhoIsWho();
  readonly #atOnce: number;
  readonly #households: Households | null;
  #held: IncomingEvent[] = [];
  #count = 0;
  #folder: string | null = null;
  #spool: LineFile | null = null;
  #parts: string[] | null = null;
  #first: string | null = null;
  #last = '';

  /** @param together those who share accounts are to be in one history */
  constructor({ atOnce = AT_ONCE, together = false } = {}) {
    this.#atOnce = atOnce;
    this.#households = together ? new Households() : null;
  }

  /** Calls so far. */
  get count(): number {
    return this.#count;
  }

  /** When the first and the last of them happened; null where there are none. */
  get span(): { readonly first: Instant; readonly last: Instant } | null {
    return this.#first === null ? null : { first: Date.parse(this.#first), last: Date.parse(this.#last) };
  }

  async add(call: IncomingEvent): Promise<void> {
    this.#who.note(call);
    this.#households?.note(call);
    if (this.#first === null || call.occurredAt < this.#first) this.#first = call.occurredAt;
    if (call.occurredAt > this.#last) this.#last = call.occurredAt;
    this.#count += 1;
    this.#held.push(call);
    if (this.#held.length < this.#atOnce) return;
    this.#folder ??= await mkdtemp(join(tmpdir(), 'throughline-history-'));
    this.#spool ??= new LineFile(join(this.#folder, 'all'));
    for (const held of this.#held) await this.#spool.write(held);
    this.#held = [];
  }

  /** Everybody once each time that it is gone through, in no particular order. Nothing can be added any more. */
  people(): AsyncIterable<History> {
    return { [Symbol.asyncIterator]: () => this.#people() };
  }

  async *#people(): AsyncGenerator<History> {
    if (this.#spool === null || this.#folder === null) {
      yield* this.#historiesIn(this.#held);
      return;
    }
    this.#parts ??= await this.#inParts(this.#folder, this.#spool);
    for (const part of this.#parts) {
      const calls: IncomingEvent[] = [];
      for await (const call of callsIn(part)) calls.push(call);
      yield* this.#historiesIn(calls);
    }
  }

  /** Takes away what is on disk. */
  async close(): Promise<void> {
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }

  async #inParts(folder: string, spool: LineFile): Promise<string[]> {
    for (const held of this.#held) await spool.write(held);
    this.#held = [];
    await spool.end();
    const files = Array.from(
      { length: Math.ceil((2 * this.#count) / this.#atOnce) },
      (_, part) => new LineFile(join(folder, `part-${part}`)),
    );
    for await (const call of callsIn(spool.path)) {
      await files[murmurhash.v3(this.#keyOf(call) ?? '') % files.length]?.write(call);
    }
    for (const file of files) await file.end();
    await rm(spool.path);
    return files.map(({ path }) => path);
  }

  #keyOf(call: IncomingEvent): string | null {
    return this.#households === null ? (this.#who.personOf(call)?.key ?? null) : this.#households.of(call);
  }

  *#historiesIn(calls: readonly IncomingEvent[]): Generator<History> {
    const histories = new Map<string, IncomingEvent[]>();
    for (const call of calls) {
      const key = this.#keyOf(call);
      if (key === null) continue;
      const known = histories.get(key);
      if (known === undefined) histories.set(key, [call]);
      else known.push(call);
    }
    for (const [key, own] of histories) {
      histories.delete(key);
      const history = historyOf(own, this.#who);
      if (history !== null) yield history;
    }
  }
}

/** Null where the calls name no person. */
function historyOf(calls: readonly IncomingEvent[], who: WhoIsWho): History | null {
  const people = new Map<string, KnownPerson>();
  const ids = new Set<number>();
  const sorted = inOrder(calls);
  for (const call of sorted) {
    const somebody = who.personOf(call);
    if (somebody === null || people.has(somebody.key)) continue;
    let id = Math.max(1, somebody.id);
    while (ids.has(id)) id += 1;
    ids.add(id);
    people.set(somebody.key, { ...somebody, id, place: Date.parse(call.occurredAt) });
  }
  const [first, ...others] = people.values();
  if (first === undefined) return null;
  const personOf = (call: IncomingEvent) => people.get(who.personOf(call)?.key ?? '')?.id ?? 0;
  return { people: [first, ...others], calls: sorted, personOf };
}

/** ISO 8601 in UTC, all of the same length, sorts as text; what happened at the same time keeps its order. */
function inOrder(calls: readonly IncomingEvent[]): IncomingEvent[] {
  const seen = new Set<string>();
  return calls
    .filter(({ messageId }) => !seen.has(messageId) && seen.add(messageId))
    .sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0));
}

/** Calls on the way to disk. */
class LineFile {
  readonly #stream: WriteStream;
  #lines: string[] = [];

  constructor(readonly path: string) {
    this.#stream = createWriteStream(path);
  }

  async write(call: IncomingEvent): Promise<void> {
    this.#lines.push(JSON.stringify(call));
    if (this.#lines.length >= LINES_AT_ONCE) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    await new Promise<void>((resolve, reject) => {
      this.#stream.once('error', reject);
      this.#stream.end(resolve);
    });
  }

  async #flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
  }
}

async function* callsIn(path: string): AsyncGenerator<IncomingEvent> {
  for await (const line of createInterface({ input: createReadStream(path) })) yield JSON.parse(line) as IncomingEvent;
}
