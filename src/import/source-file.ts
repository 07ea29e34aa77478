/**
 * A file to be imported, read as a stream from any place on, unzipped where it is gzip.
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

export const FORMATS = ['csv', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

/** The file, or what is asked of it, cannot be used. Nothing of it was stored after the row that the message names. */
export class UnusableFileError extends Error {
  override readonly name = 'UnusableFileError';
}

export interface SourceFile {
  readonly path: string;
  readonly format: Format;
  readonly isZipped: boolean;
  /** Bytes on disk. */
  readonly size: number;
}

/** Told how many bytes of the file on disk have been read. */
export type OnRead = (bytes: number) => void;

const NAMES: readonly (readonly [RegExp, Format])[] = [
  [/\.(csv|tsv|txt)(\.gz)?$/i, 'csv'],
  [/\.(ndjson|jsonl)(\.gz)?$/i, 'ndjson'],
];
const UTF16 = ['fffe', 'feff'];
const GZIP = '1f8b';

/**
 * @param format where the name does not tell
 * @throws {UnusableFileError}
 */
export async function findSource(path: string, format: Format | undefined): Promise<SourceFile> {
  const info = await stat(path).catch(() => null);
  if (info === null) throw new UnusableFileError(`There is no file ${path}.`);
  if (!info.isFile()) throw new UnusableFileError(`${path} is not a file.`);
  const start = await beginningOf(path);
  if (UTF16.includes(start)) throw new UnusableFileError(`${path} is UTF-16. Save it as UTF-8.`);
  const found = format ?? NAMES.find(([name]) => name.test(path))?.[1];
  if (found === undefined) {
    throw new UnusableFileError(
      `Whether ${path} is CSV or NDJSON, its name does not tell. Say --format csv or ndjson.`,
    );
  }
  return { path, format: found, isZipped: start === GZIP, size: info.size };
}

/** The file's content from `start` on, counted without compression. Never holds more than a few chunks of it. */
export async function* readFrom(source: SourceFile, start: number, onRead: OnRead = () => {}): AsyncGenerator<Buffer> {
  const { path, isZipped } = source;
  const file = createReadStream(path, { start: isZipped ? 0 : start });
  let read = isZipped ? 0 : start;
  file.on('data', (chunk) => {
    read += chunk.length;
    onRead(read);
  });
  if (!isZipped) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const plain = createGunzip();
  const piped = pipeline(file, plain).catch(() => undefined);
  try {
    let ahead = start;
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      if (chunk.length > ahead) yield chunk.subarray(ahead);
      ahead = Math.max(0, ahead - chunk.length);
    }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_')) {
      throw new UnusableFileError(`${path} is broken gzip, or ends too early.`, { cause });
    }
    throw cause;
  } finally {
    file.destroy();
    plain.destroy();
    await piped;
  }
}

/** SHA-256 of the content, the same for a file and for its zipped copy. */
export async function contentHashOf(source: SourceFile, onRead?: OnRead): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readFrom(source, 0, onRead)) hash.update(chunk);
  return hash.digest('hex');
}

async function beginningOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead).toString('hex');
  } finally {
    await file.close();
  }
}
