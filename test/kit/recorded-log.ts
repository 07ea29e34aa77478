import type { Log } from '../../src/runtime/log.ts';

export interface RecordedLog extends Log {
  readonly lines: readonly string[];
  /** Resolves as soon as a line contains the text. */
  said(text: string): Promise<void>;
}

/** Keeps the messages of every level. */
export function recordedLog(): RecordedLog {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const keep = (first: unknown, message?: unknown) => {
    lines.push(String(typeof first === 'string' ? first : message));
    for (const look of waiting) look();
  };
  return {
    lines,
    debug: keep,
    info: keep,
    warn: keep,
    error: keep,
    said: (text) =>
      new Promise((resolve) => {
        const look = () => {
          if (!lines.some((line) => line.includes(text))) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
