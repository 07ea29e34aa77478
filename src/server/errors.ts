/**
 * Whatever is thrown in a route, as the one shape in which callers are told.
 * @module
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { errorBody, HttpProblem, storageAway } from '../ingest/http-problem.ts';
import { tooLarge } from '../ingest/read-body.ts';
import { storageFault } from '../store/fault.ts';

/** Fastify's error handler. Only what is not the caller's doing is logged. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = asProblem(error, request);
  if (problem.statusCode >= 500) {
    const { method, url } = request;
    request.log.error({ err: problem.cause ?? error, method, url, status: problem.statusCode }, problem.message);
  }
  return reply.code(problem.statusCode).headers(problem.headers).send(errorBody(problem));
}

export function answerNotFound({ method, url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = new HttpProblem(404, 'not-found', `${method} ${url.split('?')[0]} is not served here`, {
    fix: 'See /docs for what is',
  });
  return reply.code(404).send(errorBody(problem));
}

function asProblem(error: unknown, request: FastifyRequest): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (storageFault(error) === 'away') return storageAway(error);
  if (error instanceof Error && 'statusCode' in error) return fromFastify(error as FastifyError, request);
  return internal(error);
}

function fromFastify(error: FastifyError, request: FastifyRequest): HttpProblem {
  const [wrong] = error.validation ?? [];
  if (wrong !== undefined) {
    const field = wrong.instancePath.split('/').filter(Boolean).join('.') || error.validationContext || 'body';
    return new HttpProblem(400, 'invalid', `${field}: ${wrong.message}`, { field, cause: error });
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(request.routeOptions.bodyLimit);
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const given = request.headers['content-type'];
    const message = `Content-Type ${given === undefined ? 'is missing' : `\`${given}\` is not understood`}`;
    return new HttpProblem(415, 'unsupported-type', message, { fix: 'Send application/json', cause: error });
  }
  const { statusCode = 500 } = error;
  return statusCode < 500
    ? new HttpProblem(statusCode, 'bad-request', error.message, { cause: error })
    : internal(error);
}

function internal(cause: unknown): HttpProblem {
  return new HttpProblem(500, 'internal', 'Something went wrong here; it was written to the log', { cause });
}
