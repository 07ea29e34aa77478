/**
 * From a request's bytes to JSON: decompressed within a limit, parsed with errors that name the place.
 * @module
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { HttpProblem } from './http-problem.ts';
import { BrokenJsonError, parseJson } from './parse-json.ts';

const unzip = promisify(gunzip);

/**
 * @param encoding the `Content-Encoding` header
 * @param limit bytes at most after decompression, which stops there; the server itself holds the bytes it reads to it
 * @throws {HttpProblem} 400, 413 or 415
 */
export async function readBody(bytes: Buffer, encoding: string | undefined, limit: number): Promise<unknown> {
  const plain = await decompress(bytes, encoding?.trim().toLowerCase() ?? 'identity', limit);
  if (plain.length === 0) throw new HttpProblem(400, 'empty-body', 'The body is empty', { fix: 'Send a JSON object' });
  return readJson(plain.toString('utf8'));
}

/** @throws {HttpProblem} 400, with the line and column */
export function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof BrokenJsonError)) throw error;
    throw new HttpProblem(400, 'broken-json', error.message, { cause: error });
  }
}

export function tooLarge(limit: number): HttpProblem {
  return new HttpProblem(413, 'too-large', `The body has more than ${limit} bytes`, {
    fix: 'Send fewer events at once or shorter properties: 32 kB for one call, 500 kB for a batch',
  });
}

async function decompress(bytes: Buffer, encoding: string, limit: number): Promise<Buffer> {
  if (encoding === 'identity' || encoding === '') return bytes;
  if (encoding !== 'gzip') {
    throw new HttpProblem(415, 'unsupported-encoding', `Content-Encoding \`${encoding}\` is not understood`, {
      fix: 'Send gzip, or the body as it is',
    });
  }
  try {
    return await unzip(bytes, { maxOutputLength: limit });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    throw new HttpProblem(400, 'broken-gzip', 'The body is not gzip, although Content-Encoding says so', {
      cause: error,
    });
  }
}
