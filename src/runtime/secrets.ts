/**
 * Secrets that definitions name, from the environment: `SECRET_ACME` is `{{ secret.acme }}`.
 * @module
 */

const PREFIX = 'SECRET_';

export function secretsFrom(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      name.startsWith(PREFIX) && value ? [[name.slice(PREFIX.length).toLowerCase(), value]] : [],
    ),
  );
}
