/**
 * Reading a file that another process appends lines to.
 * @module
 */
import { closeSync, openSync, readSync, watch } from 'node:fs';

const READ_AT_ONCE = 256 * 1024;
/** Should the kernel's word about a write be late. */
const LOOK_AT_LEAST_EVERY = 250;

export interface LineLog {
  stop(): void;
}

/** Calls `heard` with every whole line, those that are there already included, as soon as it is written. */
export function followLines(file: string, heard: (line: string) => void): LineLog {
  const descriptor = openSync(file, 'a+');
  const buffer = Buffer.alloc(READ_AT_ONCE);
  let position = 0;
  let unfinished = '';
  const look = () => {
    for (;;) {
      const size = readSync(descriptor, buffer, 0, READ_AT_ONCE, position);
      if (size === 0) return;
      position += size;
      const lines = (unfinished + buffer.toString('latin1', 0, size)).split('\n');
      unfinished = lines.pop() ?? '';
      for (const line of lines) heard(line);
    }
  };
  const watcher = watch(file, look);
  const timer = setInterval(look, LOOK_AT_LEAST_EVERY);
  return {
    stop: () => {
      watcher.close();
      clearInterval(timer);
      look();
      closeSync(descriptor);
    },
  };
}
