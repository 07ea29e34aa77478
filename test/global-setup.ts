import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    databaseUrl: string;
    temporalAddress: string;
  }
}

/** One Postgres and one Temporal dev server for all tests. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('databaseUrl', process.env.DATABASE_URL ?? '');
  project.provide('temporalAddress', process.env.TEMPORAL_ADDRESS ?? '');
}
