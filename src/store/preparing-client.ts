/**
 * A Postgres client that prepares statements it sees again, so that the server parses and plans them once a connection.
 * @module
 */
import { createHash } from 'node:crypto';
import pg from 'pg';

/** Texts that differ each time (lists of parameters, say) must not fill the server's memory: at most so many are prepared. */
const PREPARED_AT_MOST = 200;

const names = new Map<string, string>();
const seenOnce = new Set<string>();

export class PreparingClient extends pg.Client {
  // The signatures of `query` are pg's own; only its form with a text and values is of interest here.
  override query = ((...args: unknown[]): unknown => {
    const [text, values] = args;
    const run = super.query as (...all: unknown[]) => unknown;
    // Only a text without values may hold several commands, as migrations do; such cannot be prepared.
    const isPlain = !Array.isArray(values) || values.length === 0;
    if (args.length !== 2 || typeof text !== 'string' || isPlain) return run.apply(this, args);
    const name = nameFor(text);
    return name === undefined ? run.apply(this, args) : run.call(this, { name, text, values });
  }) as pg.Client['query'];
}

/** The name a text is prepared under from its second use on; undefined: not worth it. */
function nameFor(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= PREPARED_AT_MOST) return known;
  if (!seenOnce.has(text)) {
    if (seenOnce.size < PREPARED_AT_MOST * 5) seenOnce.add(text);
    return undefined;
  }
  const name = createHash('sha1').update(text).digest('hex').slice(0, 16);
  names.set(text, name);
  return name;
}
