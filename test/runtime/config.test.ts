import { describe, expect, it } from 'vitest';
import { type Config, readConfig } from '../../src/runtime/config.ts';

function messages(env: NodeJS.ProcessEnv): readonly string[] {
  const result = readConfig(env);
  return 'problems' in result ? result.problems.map(({ message }) => message) : [];
}

function config(env: NodeJS.ProcessEnv): Config {
  const result = readConfig(env);
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result;
}

describe('a bad value is named with what it was and what is allowed', () => {
  it.each([
    ['PORT', '80x', 'PORT is "80x"; allowed is a whole number from 0 to 65535, where 0 picks a free port.'],
    ['PORT', '70000', 'PORT is "70000"; allowed is a whole number from 0 to 65535, where 0 picks a free port.'],
    [
      'PUBLIC_URL',
      'example.com',
      'PUBLIC_URL is "example.com"; allowed is an address such as https://journeys.example.com.',
    ],
    [
      'DATABASE_URL',
      'mysql://me:secret@db/x',
      'DATABASE_URL is "mysql://me:***@db/x"; allowed is an address such as postgres://user:password@host:5432/throughline.',
    ],
    [
      'TEMPORAL_ADDRESS',
      'http://temporal:7233',
      'TEMPORAL_ADDRESS is "http://temporal:7233"; allowed is host:port, such as temporal:7233.',
    ],
    [
      'DATABASE_URL',
      'not a url',
      'DATABASE_URL is "not a url"; allowed is an address such as postgres://user:password@host:5432/throughline.',
    ],
    ['TEMPORAL_NAMESPACE', 'a b', 'TEMPORAL_NAMESPACE is "a b"; allowed is a name without spaces.'],
    ['SMTP_URL', 'mail:25', 'SMTP_URL is "mail:25"; allowed is an address such as smtp://user:password@host:587.'],
    [
      'WRITE_KEY',
      'a:b',
      'WRITE_KEY has 3 characters that do not fit; allowed is 8 to 200 characters, without spaces or colons.',
    ],
    [
      'API_KEY',
      'with a space',
      'API_KEY has 12 characters that do not fit; allowed is 8 to 200 characters, without spaces or colons.',
    ],
    ['SIGNING_SECRET', 'short', 'SIGNING_SECRET has 5 characters that do not fit; allowed is at least 16 characters.'],
    [
      'ROLES',
      'api,wroker',
      'ROLES is "api,wroker"; allowed is one or more of api, processor, worker, with commas between them.',
    ],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL is "loud"; allowed is one of trace, debug, info, warn, error, fatal, silent.'],
    [
      'CLOCK_SPEED',
      '0',
      'CLOCK_SPEED is "0"; allowed is a number above 0, at most 10000000; 86400 makes a day pass in a second.',
    ],
    [
      'CLOCK_START',
      '2026-02-30',
      'CLOCK_START is "2026-02-30"; allowed is a date such as 2026-03-01 or a time such as 2026-03-01T09:00:00Z.',
    ],
  ])('%s=%s', (name, value, message) => {
    expect(messages({ [name]: value })).toEqual([message]);
  });

  it('every variable gets its own line', () => {
    expect(messages({ PORT: 'x', LOG_LEVEL: 'y' })).toHaveLength(2);
  });

  it('every role that is wrong does not get a line of its own', () => {
    expect(messages({ ROLES: 'a,b' })).toHaveLength(1);
  });
});

describe('keys', () => {
  it('have known values, with a warning, where everything is local', () => {
    const { writeKey, apiKey, warnings } = config({ DATABASE_URL: 'postgres://postgres@127.0.0.1:5432/x' });
    expect({ writeKey, apiKey }).toEqual({ writeKey: 'dev-write-key', apiKey: 'dev-api-key' });
    expect(warnings).toEqual([
      'WRITE_KEY is not set: using `dev-write-key`, and answering this machine only.',
      'API_KEY is not set: using `dev-api-key`, and answering this machine only.',
    ]);
  });

  it('are needed in production', () => {
    expect(messages({ NODE_ENV: 'production' })).toEqual([
      'WRITE_KEY is not set; it is needed when NODE_ENV is production. Make one with `openssl rand -hex 24`.',
      'API_KEY is not set; it is needed when NODE_ENV is production. Make one with `openssl rand -hex 24`.',
    ]);
  });

  it('are needed where a server is on another machine', () => {
    expect(messages({ TEMPORAL_ADDRESS: 'temporal:7233', WRITE_KEY: 'a-write-key' })).toEqual([
      'API_KEY is not set; it is needed when TEMPORAL_ADDRESS names another machine. Make one with `openssl rand -hex 24`.',
    ]);
  });

  it('make a signing secret of their own, the same at every start', () => {
    const one = config({ API_KEY: 'first-api-key' }).signingSecret;
    expect(config({ API_KEY: 'first-api-key' }).signingSecret).toBe(one);
    expect(config({ API_KEY: 'other-api-key' }).signingSecret).not.toBe(one);
    expect(one).not.toContain('first-api-key');
    expect(config({ SIGNING_SECRET: 'sixteen-letters-' }).signingSecret).toBe('sixteen-letters-');
  });
});

it('an empty environment gives the values the contract names', () => {
  const { dataDir, workspace, signingSecret, webhookSecret, warnings, ...rest } = config({});
  expect(rest).toEqual({
    port: 8080,
    publicUrl: undefined,
    temporalNamespace: 'default',
    writeKey: 'dev-write-key',
    apiKey: 'dev-api-key',
    hasKnownKeys: true,
    roles: ['api', 'processor', 'worker'],
    logLevel: 'info',
    clockSpeed: 1,
  });
  expect(dataDir).toMatch(/^\/.*\.throughline$/);
  expect(workspace).toMatch(/^\/.*journeys$/);
});

it('an empty variable is one that is not set', () => {
  expect(config({ PORT: '', DATABASE_URL: ' ' })).toMatchObject({ port: 8080, databaseUrl: undefined });
});

it('reads what is given', () => {
  expect(
    config({
      PORT: '0',
      ROLES: 'api, worker',
      CLOCK_SPEED: '86400',
      CLOCK_START: '2026-03-01',
      PUBLIC_URL: 'https://x.org/',
    }),
  ).toMatchObject({
    port: 0,
    roles: ['api', 'worker'],
    clockSpeed: 86_400,
    clockStart: Date.UTC(2026, 2, 1),
    publicUrl: 'https://x.org',
  });
});

it('the clock runs at its own speed only outside production', () => {
  const env = { NODE_ENV: 'production', WRITE_KEY: 'a-write-key', API_KEY: 'an-api-key', CLOCK_SPEED: '60' };
  expect(messages(env)).toEqual([
    'CLOCK_SPEED is "60"; it is for demos and tests and must not be set when NODE_ENV is production.',
  ]);
});
