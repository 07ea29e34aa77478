/**
 * Where a workspace is published: the database of this environment, or another one's API.
 * @module
 */
import type { Clock } from '../core/time.ts';
import { currentPublication, publish, UnknownAudienceError } from '../definitions/publish.ts';
import { readFolder } from '../definitions/read-folder.ts';
import type { Workspace } from '../definitions/workspace-types.ts';
import { type Impact, readImpact } from '../publishing/impact.ts';
import type { Database } from '../store/database.ts';
import { countingProgress } from './counting-progress.ts';
import { WrongUseError } from './exit-code.ts';

export interface Published {
  readonly publication: number;
  readonly hash: string;
  /** False: it was in force already. */
  readonly isNew: boolean;
}

export interface Publisher {
  preview(): Promise<Impact>;
  publish(): Promise<Published>;
}

export type EnterExisting = readonly string[] | 'all';

export function localPublisher(
  db: Database,
  clock: Clock,
  workspace: Workspace,
  enterExisting: EnterExisting,
): Publisher {
  return {
    preview: async () => {
      const progress = countingProgress(process.stderr, 'Looking at people');
      try {
        return await readImpact(db, workspace, clock, { enterExisting, progress: progress.show });
      } finally {
        progress.done();
      }
    },
    publish: async () => {
      const before = await currentPublication(db);
      const { id, hash } = await publish(db, workspace, new Date(clock.now()), { enterExisting }).catch(asWrongUse);
      return { publication: id, hash, isNew: before?.id !== id };
    },
  };
}

/** Sends the files as they are; the other side has to come to the same hash, or publishes nothing. */
export function remotePublisher(
  url: string,
  apiKey: string,
  folder: string,
  workspace: Workspace,
  enterExisting: EnterExisting,
): Publisher {
  const send = async (path: string, more: object): Promise<unknown> => {
    const files = Object.fromEntries((await readFolder(folder)).map(({ name, text }) => [name, text]));
    const answer = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ files, enterExisting, ...more }),
    }).catch((cause: Error) => {
      throw new Error(
        `${url} cannot be reached: ${cause.cause instanceof Error ? cause.cause.message : cause.message}.`,
      );
    });
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text, asInstant);
    throw new Error(`${url} refused it: ${messageIn(text) ?? `status ${answer.status}`}.`);
  };
  return {
    preview: async () => (await send('/api/publish/preview', {})) as Impact,
    publish: async () => (await send('/api/publish', { hash: workspace.hash })) as Published,
  };
}

function asInstant(key: string, value: unknown): unknown {
  return (key === 'soonest' || key === 'latest') && typeof value === 'string' ? Date.parse(value) : value;
}

function messageIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string; fix?: string } };
    return error?.fix === undefined ? error?.message : `${error.message}. ${error.fix}`;
  } catch {
    return undefined;
  }
}

function asWrongUse(error: unknown): never {
  throw error instanceof UnknownAudienceError ? new WrongUseError(error.message) : error;
}
