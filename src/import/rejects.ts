/**
 * Rows that were not taken: a file with a JSON object for each, and counts by reason.
 * @module
 */
import { type FileHandle, open } from 'node:fs/promises';

/** `row` is the row as it stands in the file. */
export interface Reject {
  readonly line: number;
  readonly reason: string;
  readonly fix?: string;
  readonly row: string;
}

const MOST_REASONS = 100;
const OTHERS = 'other reasons';

/** A file that is made when the first row is rejected. */
export class RejectsFile {
  #file: FileHandle | null = null;
  #length: number;

  /** @param length of what earlier parts of the import wrote; anything after it is not counted and is cut off */
  constructor(
    readonly path: string,
    length: number,
  ) {
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  async add(rejects: readonly Reject[]): Promise<void> {
    if (rejects.length === 0) return;
    this.#file ??= await this.#open();
    const text = rejects.map((one) => `${JSON.stringify(one)}\n`).join('');
    const { bytesWritten } = await this.#file.write(text, this.#length);
    this.#length += bytesWritten;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #open(): Promise<FileHandle> {
    if (this.#length === 0) return open(this.path, 'w');
    const file = await open(this.path, 'r+').catch(() => open(this.path, 'w'));
    const { size } = await file.stat();
    this.#length = Math.min(this.#length, size);
    await file.truncate(this.#length);
    return file;
  }
}

/** Counts one more; what the row holds is left out of the reason, so that like goes with like. */
export function countReason(reasons: Record<string, number>, reason: string): void {
  const [kind = reason] = reason.split('; got ');
  const known = Object.hasOwn(reasons, kind) || Object.keys(reasons).length < MOST_REASONS ? kind : OTHERS;
  reasons[known] = (reasons[known] ?? 0) + 1;
}
