/**
 * Lengths of time for people to read.
 * @module
 */
import { DAY, HOUR, MINUTE, type Milliseconds, SECOND } from './time.ts';

const UNITS: readonly (readonly [string, Milliseconds])[] = [
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
  ['ms', 1],
];

/** `13d 23h`, exactly, or no more than its `most` greatest parts. */
export function lengthText(length: Milliseconds, most = UNITS.length): string {
  let rest = length;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.length === 0 ? '0' : parts.slice(0, most).join(' ');
}
