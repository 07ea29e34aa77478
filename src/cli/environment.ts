/**
 * What commands take from the environment and from a product that runs on this machine.
 * @module
 */
import { type Config, readConfig } from '../runtime/config.ts';
import { readServicesFile } from '../runtime/services-file.ts';
import { type Database, migrate, openDatabase } from '../store/database.ts';
import { WrongUseError } from './exit-code.ts';

/** @throws {WrongUseError} with a line for every variable that is not right */
export function configFromEnvironment(env: NodeJS.ProcessEnv = process.env): Config {
  const config = readConfig(env);
  if ('problems' in config) throw new WrongUseError(config.problems.map(({ message }) => message).join('\n'));
  return config;
}

/** The database that DATABASE_URL names, or that of the product running on DATA_DIR; undefined where there is neither. */
export async function databaseUrlOf({ databaseUrl, dataDir }: Config): Promise<string | undefined> {
  return databaseUrl ?? (await readServicesFile(dataDir))?.databaseUrl;
}

/**
 * Opens the database that DATABASE_URL names, or that of the product running on DATA_DIR, brought up to date.
 * @throws {WrongUseError} where there is neither
 */
export async function withDatabase<T>(config: Config, use: (db: Database) => Promise<T>): Promise<T> {
  const url = await databaseUrlOf(config);
  if (url === undefined) {
    throw new WrongUseError(
      `There is no database to use: DATABASE_URL is not set, and nothing runs on ${config.dataDir}. Start it with \`npm start\`, or set DATABASE_URL.`,
    );
  }
  const db = openDatabase({ url, size: 2 });
  try {
    await migrate(db);
    return await use(db);
  } finally {
    await db.destroy();
  }
}
