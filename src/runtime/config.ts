/**
 * What the environment says, read once at start and checked as a whole.
 * @module
 */
import { hkdfSync } from 'node:crypto';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Instant } from '../core/time.ts';

export const ROLES = ['api', 'processor', 'worker'] as const;
export type Role = (typeof ROLES)[number];

export interface Config {
  /** 0 picks a free port. */
  readonly port: number;
  /** Where pages and unsubscribe links are reached from outside, without a slash at its end. Absent: where we listen. */
  readonly publicUrl?: string;
  /** Absolute. Holds what local servers keep. */
  readonly dataDir: string;
  /** Absolute. The folder of definitions. */
  readonly workspace: string;
  /** Absent: a local server is started. The same goes for the next ones. */
  readonly databaseUrl?: string;
  readonly temporalAddress?: string;
  readonly smtpUrl?: string;
  readonly temporalNamespace: string;
  /** Lets clients send events. */
  readonly writeKey: string;
  /** Lets callers use `/api`. */
  readonly apiKey: string;
  /** The keys are ones that anybody can guess, so that nobody else should reach us. */
  readonly hasKnownKeys: boolean;
  /** Signs unsubscribe links and the tokens of in-app clients. */
  readonly signingSecret: string;
  /** Signs webhooks: a key of its own, since every receiver has it. */
  readonly webhookSecret: string;
  readonly roles: readonly Role[];
  readonly logLevel: z.infer<typeof environment>['LOG_LEVEL'];
  /** How many product milliseconds pass in a real one. */
  readonly clockSpeed: number;
  /** Product time at start; absent: now. */
  readonly clockStart?: Instant;
  /** What is allowed but worth telling whoever started this. */
  readonly warnings: readonly string[];
}

/** One variable that has to be mended. `message` is a whole line that names it. */
export interface ConfigProblem {
  readonly variable: string;
  readonly message: string;
}

const KEY = /^[\x21-\x39\x3b-\x7e]{8,200}$/;
const key = () => z.string().regex(KEY).optional().describe('8 to 200 characters, without spaces or colons');
const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol));

const environment = z.object({
  PORT: z
    .stringFormat('port', /^\d{1,5}$/)
    .transform(Number)
    .pipe(z.number().max(65_535))
    .default(8080)
    .describe('a whole number from 0 to 65535, where 0 picks a free port'),
  PUBLIC_URL: url('http:', 'https:').optional().describe('an address such as https://journeys.example.com'),
  DATA_DIR: z.string().default('.throughline').describe('a folder'),
  WORKSPACE: z.string().default('journeys').describe('a folder'),
  DATABASE_URL: url('postgres:', 'postgresql:')
    .optional()
    .describe('an address such as postgres://user:password@host:5432/throughline'),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/@]+):\d{1,5}$/)
    .optional()
    .describe('host:port, such as temporal:7233'),
  TEMPORAL_NAMESPACE: z.string().regex(/^\S+$/).default('default').describe('a name without spaces'),
  SMTP_URL: url('smtp:', 'smtps:').optional().describe('an address such as smtp://user:password@host:587'),
  WRITE_KEY: key(),
  API_KEY: key(),
  SIGNING_SECRET: z.string().min(16).optional().describe('at least 16 characters'),
  WEBHOOK_SECRET: z.string().min(16).optional().describe('at least 16 characters'),
  ROLES: z
    .string()
    .transform((text) => text.split(',').map((role) => role.trim()))
    .pipe(z.array(z.enum(ROLES)))
    .default([...ROLES])
    .describe('one or more of api, processor, worker, with commas between them'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('one of trace, debug, info, warn, error, fatal, silent'),
  CLOCK_SPEED: z
    .stringFormat('speed', /^\d+(\.\d+)?$/)
    .transform(Number)
    .pipe(z.number().positive().max(10_000_000))
    .default(1)
    .describe('a number above 0, at most 10000000; 86400 makes a day pass in a second'),
  CLOCK_START: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()])
    .transform((text) => Date.parse(text))
    .optional()
    .describe('a date such as 2026-03-01 or a time such as 2026-03-01T09:00:00Z'),
});

type Variable = keyof typeof environment.shape;

const SECRET: ReadonlySet<string> = new Set(['WRITE_KEY', 'API_KEY', 'SIGNING_SECRET', 'WEBHOOK_SECRET']);
const LOCAL_KEYS = { WRITE_KEY: 'dev-write-key', API_KEY: 'dev-api-key' } as const;
const SERVERS = ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'SMTP_URL'] as const;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Reads the variables of DESIGN's contract. An empty variable counts as one that is not set.
 * @returns the configuration, or one problem for every variable that is not right
 */
export function readConfig(env: NodeJS.ProcessEnv): Config | { readonly problems: readonly ConfigProblem[] } {
  const given = Object.fromEntries(
    Object.keys(environment.shape).map((name) => [name, env[name]?.trim() || undefined]),
  ) as Record<Variable, string | undefined>;
  const production = env.NODE_ENV === 'production';

  const parsed = environment.safeParse(given);
  const wrong = new Set(parsed.error?.issues.map((issue) => String(issue.path[0])));
  const problems = [
    ...[...wrong].map((name) => wrongValue(name as Variable, given[name as Variable] ?? '')),
    ...missingKeys(given, wrong, production),
    ...(production ? clockInProduction(given) : []),
  ];
  if (!parsed.success || problems.length > 0) return { problems };

  const { data } = parsed;
  const warnings = keyWarnings(given);
  const apiKey = data.API_KEY ?? LOCAL_KEYS.API_KEY;
  return {
    port: data.PORT,
    publicUrl: data.PUBLIC_URL?.replace(/\/+$/, ''),
    dataDir: resolve(data.DATA_DIR),
    workspace: resolve(data.WORKSPACE),
    databaseUrl: data.DATABASE_URL,
    temporalAddress: data.TEMPORAL_ADDRESS,
    smtpUrl: data.SMTP_URL,
    temporalNamespace: data.TEMPORAL_NAMESPACE,
    writeKey: data.WRITE_KEY ?? LOCAL_KEYS.WRITE_KEY,
    apiKey,
    signingSecret: data.SIGNING_SECRET ?? derivedSecret(apiKey, 'throughline signing secret'),
    webhookSecret: data.WEBHOOK_SECRET ?? derivedSecret(apiKey, 'throughline webhook secret'),
    roles: data.ROLES,
    logLevel: data.LOG_LEVEL,
    clockSpeed: data.CLOCK_SPEED,
    clockStart: data.CLOCK_START,
    hasKnownKeys: warnings.length > 0,
    warnings,
  };
}

/** The same text with the password of an address replaced by stars. */
export function withoutPassword(text: string): string {
  return text.replace(/^([a-z]+:\/\/[^:@/\s]*):[^@/\s]*@/i, '$1:***@');
}

function wrongValue(variable: Variable, value: string): ConfigProblem {
  const was = SECRET.has(variable)
    ? `has ${value.length} characters that do not fit`
    : `is "${withoutPassword(value)}"`;
  const allowed = environment.shape[variable].description ?? '';
  return { variable, message: `${variable} ${was}; allowed is ${allowed}.` };
}

function missingKeys(
  given: Record<Variable, string | undefined>,
  wrong: ReadonlySet<string>,
  production: boolean,
): ConfigProblem[] {
  const remote = SERVERS.find((name) => given[name] !== undefined && !wrong.has(name) && !isLocal(given[name]));
  if (!production && remote === undefined) return [];
  const when = production ? 'NODE_ENV is production' : `${remote} names another machine`;
  return Object.keys(LOCAL_KEYS)
    .filter((name) => given[name as Variable] === undefined)
    .map((variable) => ({
      variable,
      message: `${variable} is not set; it is needed when ${when}. Make one with \`openssl rand -hex 24\`.`,
    }));
}

function clockInProduction(given: Record<Variable, string | undefined>): ConfigProblem[] {
  return (['CLOCK_SPEED', 'CLOCK_START'] as const)
    .filter((name) => given[name] !== undefined)
    .map((variable) => ({
      variable,
      message: `${variable} is "${given[variable]}"; it is for demos and tests and must not be set when NODE_ENV is production.`,
    }));
}

function keyWarnings(given: Record<Variable, string | undefined>): string[] {
  return Object.entries(LOCAL_KEYS)
    .filter(([name]) => given[name as Variable] === undefined)
    .map(([name, value]) => `${name} is not set: using \`${value}\`, and answering this machine only.`);
}

function isLocal(address: string): boolean {
  const parsed = new URL(address.includes('://') ? address : `tcp://${address}`);
  return LOOPBACK.test(parsed.hostname);
}

function derivedSecret(apiKey: string, purpose: string): string {
  return Buffer.from(hkdfSync('sha256', apiKey, '', purpose, 32)).toString('base64url');
}
