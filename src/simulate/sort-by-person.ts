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
import { type Somebody, WhoIsWho } from './who-is-who.ts';

/** One person's part of a history. */
export interface PersonHistory extends Somebody {
  /** What is known of them before anything happens. Absent: nothing. */
  readonly traits?: JsonObject;
  /** In order of time. Each message id once. */
  readonly calls: readonly IncomingEvent[];
}

/** Calls that are held in memory at a time. */
const AT_ONCE = 100_000;
const LINES_AT_ONCE = 1_000;

export class SortByPerson {
  readonly #who = new WhoIsWho();
  readonly #atOnce: number;
  #held: IncomingEvent[] = [];
  #count = 0;
  #folder: string | null = null;
  #spool: LineFile | null = null;
  #first: string | null = null;
  #last = '';

  constructor(atOnce = AT_ONCE) {
    this.#atOnce = atOnce;
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

  /** Everybody once, in no particular order. Nothing can be added any more. */
  async *people(): AsyncGenerator<PersonHistory> {
    try {
      if (this.#spool === null || this.#folder === null) {
        yield* peopleIn(this.#held, this.#who);
        return;
      }
      for (const part of await this.#inParts(this.#folder, this.#spool)) {
        const calls: IncomingEvent[] = [];
        for await (const call of callsIn(part)) calls.push(call);
        yield* peopleIn(calls, this.#who);
      }
    } finally {
      await this.close();
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
      const key = this.#who.personOf(call)?.key ?? '';
      await files[murmurhash.v3(key) % files.length]?.write(call);
    }
    for (const file of files) await file.end();
    await rm(spool.path);
    return files.map(({ path }) => path);
  }
}

function* peopleIn(calls: readonly IncomingEvent[], who: WhoIsWho): Generator<PersonHistory> {
  const people = new Map<string, { somebody: Somebody; calls: IncomingEvent[] }>();
  for (const call of calls) {
    const somebody = who.personOf(call);
    if (somebody === null) continue;
    const known = people.get(somebody.key);
    if (known === undefined) people.set(somebody.key, { somebody, calls: [call] });
    else known.calls.push(call);
  }
  for (const [key, { somebody, calls: own }] of people) {
    people.delete(key);
    yield { ...somebody, calls: inOrder(own) };
  }
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
