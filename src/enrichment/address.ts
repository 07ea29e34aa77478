/**
 * The address that is asked about a profile, and the headers that go with it.
 * @module
 */
import { renderLiquid } from '../channels/liquid.ts';
import type { Json, JsonObject } from '../core/condition.ts';
import type { EnrichmentDefinition } from '../definitions/enrichment-types.ts';
import type { DueEnrichment } from './due.ts';

/** By name in small letters: what `{{ secret.<name> }}` stands for. */
export type Secrets = Readonly<Record<string, string>>;

export interface Address {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The URL with `***` for secrets: what may be kept and shown. */
  readonly shown: string;
}

const SECRET = /secret\.([A-Za-z]\w*)/g;

/** @returns the address, or what is missing for it */
export function addressOf(
  { of, url, headers }: EnrichmentDefinition,
  due: DueEnrichment,
  secrets: Secrets,
): Address | { readonly problem: string } {
  const texts = [url, ...Object.values(headers)].join('\n');
  const missing = [...texts.matchAll(SECRET)].find(([, name = '']) => secrets[name.toLowerCase()] === undefined);
  if (missing !== undefined) {
    return { problem: `There is no SECRET_${missing[1]?.toUpperCase()} in the environment` };
  }
  const own = { ...due.traits, id: due.name ?? due.anonymousId ?? '' };
  const account = due.account === null ? {} : { ...due.account.traits, id: due.account.name ?? '' };
  const facts: JsonObject = of === 'account' ? { account: own } : { person: own, account };
  const secret = Object.fromEntries(
    [...texts.matchAll(SECRET)].map(([, name = '']) => [name, secrets[name.toLowerCase()] ?? '']),
  );
  const masked = Object.fromEntries(Object.keys(secret).map((name) => [name, '***']));
  try {
    return {
      url: renderLiquid(url, { ...encoded(facts), secret: encoded(secret) }),
      shown: renderLiquid(url, { ...encoded(facts), secret: masked }),
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [name, renderLiquid(text, { ...facts, secret })]),
      ),
    };
  } catch (error) {
    return { problem: `The address cannot be made: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function encoded(object: JsonObject): JsonObject {
  return encodedJson(object) as JsonObject;
}

function encodedJson(value: Json): Json {
  if (typeof value === 'string') return encodeURIComponent(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one: Json) => encodedJson(one));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, encodedJson(inner)]));
}
