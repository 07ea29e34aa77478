/**
 * What the running product says: lines for people at a terminal, JSON for machines.
 * @module
 */
import picocolors from 'picocolors';
import { type Logger, pino } from 'pino';
import { z } from 'zod';
import type { Config } from './config.ts';

/** What rooms need of a logger; pino's own satisfies it. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

const Line = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().optional() });
const ALWAYS_THERE = new Set(['level', 'time', 'msg', 'pid', 'hostname']);
const WARN = 40;
const ERROR = 50;

/**
 * @param readable lines for people; default: whether the output is a terminal
 */
export function createLog(level: Config['logLevel'], readable = process.stdout.isTTY === true): Logger {
  if (!readable) return pino({ level });
  return pino({ level }, { write: (text) => process.stdout.write(readableLine(text)) });
}

/** One JSON line of pino as `12:00:01 message key=value`. */
export function readableLine(json: string): string {
  const line = Line.parse(JSON.parse(json));
  const details = Object.entries(line)
    .filter(([name]) => !ALWAYS_THERE.has(name))
    .map(([name, value]) => ` ${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('');
  const colour = line.level >= ERROR ? picocolors.red : line.level >= WARN ? picocolors.yellow : String;
  const time = new Date(line.time).toTimeString().slice(0, 8);
  return `${picocolors.dim(time)} ${colour(line.msg ?? '')}${picocolors.dim(details)}\n`;
}
