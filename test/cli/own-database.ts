import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';

/** The command line works in the schema `public`: a database of its own, for one test, keeps that apart. */
export async function ownDatabase(): Promise<string> {
  const name = `cli_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(inject('databaseUrl'));
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`create database ${name}`);
  onTestFinished(async () => {
    await client.query(`drop database ${name} with (force)`);
    await client.end();
  });
  url.pathname = `/${name}`;
  return url.href;
}
