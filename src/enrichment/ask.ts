/**
 * One question to another system: GET, and JSON for an answer.
 * @module
 */
import type { Json } from '../core/condition.ts';
import { type Milliseconds, SECOND } from '../core/time.ts';
import { BrokenJsonError, parseJson } from '../ingest/parse-json.ts';

export type Answer =
  | { readonly kind: 'found'; readonly body: Json }
  | { readonly kind: 'not-found' }
  /** `retryAfter`: how long the other side wants to be left alone, in real time. */
  | { readonly kind: 'failed'; readonly problem: string; readonly retryAfter?: Milliseconds };

const LARGEST_ANSWER = 1_000_000;
const LONGEST_SAID = 200;
const NOT_THERE = [404, 410];

/** Never throws; 404 and 410 say that there is nothing, all else but 2xx is a failure. Redirects are not followed. */
export async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  timeout: Milliseconds,
): Promise<Answer> {
  const { host } = new URL(url);
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json', 'user-agent': 'Throughline', ...headers },
      signal: AbortSignal.timeout(timeout),
      redirect: 'manual',
    });
    const text = await textOf(response);
    if (NOT_THERE.includes(response.status)) return { kind: 'not-found' };
    if (!response.ok) {
      const said = text === null || text === '' ? '' : `: ${text.slice(0, LONGEST_SAID)}`;
      const seconds = Number(response.headers.get('retry-after'));
      return {
        kind: 'failed',
        problem: `${host} answered ${response.status}${said}`,
        ...(seconds > 0 ? { retryAfter: seconds * SECOND } : {}),
      };
    }
    if (text === null)
      return { kind: 'failed', problem: `${host} answered with more than ${LARGEST_ANSWER} characters` };
    return { kind: 'found', body: parseJson(text) as Json };
  } catch (error) {
    if (error instanceof BrokenJsonError) return { kind: 'failed', problem: `${host} answered what is not JSON` };
    const { cause } = error as { cause?: unknown };
    const said = cause instanceof Error && cause.message !== '' ? cause.message : String(error);
    return { kind: 'failed', problem: `No answer from ${host}: ${said}` };
  }
}

/** Null where it is too long. */
async function textOf(response: Response): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LARGEST_ANSWER) return null;
  }
  return text + decoder.decode();
}
