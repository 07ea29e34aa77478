/**
 * What a caller is told when a request is refused: one shape for every route of the product.
 * @module
 */

/** Which field is wrong, what is wrong with it, and what mends it. */
export interface FieldProblem {
  /** As in `userId` or `batch[3].properties`. */
  readonly field: string;
  /** Without the field's name and without a full stop, as in `required`. */
  readonly message: string;
  readonly fix?: string;
}

export interface HttpProblemDetails {
  readonly field?: string;
  readonly fix?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * Thrown by any route to refuse a request; the server answers with `statusCode`, `headers` and {@link errorBody}.
 *
 * @example
 * throw new HttpProblem(404, 'not-found', 'There is no person `ada`', { fix: 'Ids in URLs are your own user ids' });
 */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly field: string | undefined;
  readonly fix: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly statusCode: number,
    /** One or a few words with dashes, for machines. */
    readonly code: string,
    message: string,
    { field, fix, headers = {}, cause }: HttpProblemDetails = {},
  ) {
    super(message, { cause });
    this.field = field;
    this.fix = fix;
    this.headers = headers;
  }
}

export interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly field?: string;
    readonly fix?: string;
  };
}

/** The body of every answer that is not a success. */
export function errorBody({ code, message, field, fix }: HttpProblem): ErrorBody {
  return {
    error: { code, message, ...(field === undefined ? {} : { field }), ...(fix === undefined ? {} : { fix }) },
  };
}

/** `batch[3].event: required` */
export function sayProblem({ field, message }: FieldProblem): string {
  return `${field}: ${message}`;
}

/** Postgres is away: clients are asked to come back. */
export function storageAway(cause: unknown): HttpProblem {
  return new HttpProblem(503, 'unavailable', 'The database cannot be used right now; nothing was changed', {
    fix: 'Send the same request again in a few seconds',
    headers: { 'retry-after': '2' },
    cause,
  });
}
