/**
 * CPU seconds, as the kernel counts them: of a process with everything it started, and of the whole machine.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second whatever the kernel's own clock does. */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Of the process and of those children of it that have ended. */
  readonly seconds: number;
}

/**
 * CPU seconds up to now of the process and all its descendants, ended ones included. Only ever grows while the process
 * lives; 0 once it is gone.
 */
export function cpuSeconds(pid: number): number {
  const processes = allProcesses();
  let sum = 0;
  const toCount = [pid];
  for (let next = toCount.pop(); next !== undefined; next = toCount.pop()) {
    sum += processes.find((one) => one.pid === next)?.seconds ?? 0;
    for (const one of processes) if (one.parent === next) toCount.push(one.pid);
  }
  return sum;
}

/** CPU seconds up to now that all processors together were busy. */
export function machineCpuSeconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.trim().split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/** What {@link startCpuCount} is told of a server; nothing of one that is not ours. */
export function pidOf(name: string, server: { readonly pid: number } | undefined): Record<string, number> {
  return server === undefined ? {} : { [name]: server.pid };
}

/** Measures what each of the named processes uses from now until `read` is called. */
export function startCpuCount<Name extends string>(
  pids: Readonly<Record<Name, number>>,
): { read(): Record<Name, number> } {
  const names = Object.keys(pids) as Name[];
  const now = () => Object.fromEntries(names.map((name) => [name, cpuSeconds(pids[name])])) as Record<Name, number>;
  const before = now();
  return {
    read: () => {
      const after = now();
      return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as Record<Name, number>;
    },
  };
}

/** How many processors' worth of work others did meanwhile: what makes figures noisy. */
export function startNoiseCount(): { read(): number } {
  const startedAt = Date.now();
  const machine = machineCpuSeconds();
  const own = cpuSeconds(process.pid);
  return {
    read: () => {
      const others = machineCpuSeconds() - machine - (cpuSeconds(process.pid) - own);
      return Math.max(0, others) / ((Date.now() - startedAt) / 1_000);
    },
  };
}

function allProcesses(): ProcessTimes[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => timesOf(name) ?? []);
}

/** Fields are numbered in proc(5); the name in brackets may hold anything. */
function timesOf(pid: string): ProcessTimes | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const times = fields.slice(11, 15).map(Number);
  return {
    pid: Number(pid),
    parent: Number(fields[1]),
    seconds: times.reduce((sum, ticks) => sum + ticks, 0) / TICKS_PER_SECOND,
  };
}
