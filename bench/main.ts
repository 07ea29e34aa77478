/**
 * Runs one bench: `npm run bench NAME`, with `-- --json` for one JSON object as the last line. Ends with 0 if every target
 * held, 1 if one did not, 2 for wrong use.
 * @module
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { audiences } from './audiences.ts';
import { backtest } from './backtest.ts';
import { caps } from './caps.ts';
import { clock } from './clock.ts';
import { cost } from './cost.ts';
import { crowd } from './crowd.ts';
import { duplicates } from './duplicates.ts';
import type { Bench, BenchOutcome } from './harness/bench.ts';
import { startNoiseCount } from './harness/cpu.ts';
import { reportOf, tableOf } from './harness/figures.ts';
import { ingest } from './ingest.ts';
import { kill } from './kill.ts';
import { latency } from './latency.ts';
import { preview } from './preview.ts';
import { throughput } from './throughput.ts';
import { waiting } from './waiting.ts';

const BENCHES: Readonly<Record<string, Bench>> = {
  cost,
  throughput,
  latency,
  duplicates,
  caps,
  crowd,
  kill,
  preview,
  clock,
  audiences,
  ingest,
  waiting,
  backtest,
};
const DID_NOT_HOLD = 1;
const WRONG_USE = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args;
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (bench === undefined) {
    say(`Use: npm run bench NAME [-- --json]. There are:\n${listOf(BENCHES)}`);
    return WRONG_USE;
  }
  const flags = readFlags(bench, rest);
  if ('wrong' in flags) {
    say(`${flags.wrong}\n${usageOf(name, bench)}`);
    return WRONG_USE;
  }
  const startedAt = Date.now();
  const noise = startNoiseCount();
  let outcome: BenchOutcome;
  try {
    outcome = await bench.run({ settings: flags.settings, profileTo: flags.profileTo, say });
  } catch (error) {
    say(`${name} could not be measured. ${error instanceof Error ? error.stack : error}`);
    if (flags.json) process.stdout.write(`${JSON.stringify({ ...reportOf(name, []), held: false })}\n`);
    return DID_NOT_HOLD;
  }
  const { figures, notes } = outcome;
  const report = reportOf(name, figures);
  const others = noise.read();
  process.stdout.write(
    [
      `${name}: ${bench.summary}`,
      tableOf(figures),
      ...notes,
      `Took ${Math.round((Date.now() - startedAt) / 1_000)} s on ${availableParallelism()} processors, of which other programs used ${others.toFixed(2)} on average.`,
      report.held ? 'Every target held.' : 'A target did not hold.',
      ...(flags.json ? [JSON.stringify(report)] : []),
      '',
    ].join('\n'),
  );
  return report.held ? 0 : DID_NOT_HOLD;
}

interface Flags {
  readonly settings: Record<string, number>;
  readonly json: boolean;
  readonly profileTo?: string;
}

function readFlags(bench: Bench, args: readonly string[]): Flags | { readonly wrong: string } {
  const settings = Object.fromEntries(Object.entries(bench.settings).map(([name, { byDefault }]) => [name, byDefault]));
  const numbers = Object.fromEntries(Object.keys(settings).map((name) => [name, { type: 'string' as const }]));
  let values: Record<string, string | boolean | undefined>;
  try {
    const options = { json: { type: 'boolean' as const }, profile: { type: 'string' as const }, ...numbers };
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
  for (const name of Object.keys(settings)) {
    if (values[name] === undefined) continue;
    const number = Number(values[name]);
    if (!(number > 0)) return { wrong: `--${name} is "${values[name]}"; it must be a number above 0.` };
    settings[name] = number;
  }
  const { json, profile } = values;
  return { settings, json: json === true, ...(typeof profile === 'string' ? { profileTo: profile } : {}) };
}

function listOf(benches: Readonly<Record<string, Bench>>): string {
  return Object.entries(benches)
    .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
    .join('\n');
}

function usageOf(name: string, { settings }: Bench): string {
  const lines = Object.entries(settings).map(
    ([setting, { byDefault, about }]) => `  --${setting.padEnd(12)} ${about} (${byDefault})`,
  );
  return [`Flags of ${name}:`, ...lines, '  --profile DIR  a CPU profile of the engine', '  --json'].join('\n');
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
