import { HttpStatus } from '@nestjs/common';
import { LIMITS } from './limits';
import { Problem } from './problem';

const MAX_NAME_LENGTH = 120;
const MAX_DETAIL_LENGTH = 1_000;

/** Cuts text that a client chose, so that a response stays short. */
const shorten = (text: string, length = MAX_NAME_LENGTH): string =>
  text.length > length ? `${text.slice(0, length)}…` : text;

/** One offending field of a request. */
export interface FieldError {
  /**
   * Path of the field, dotted: `overwrites.0.allow`; the name of the input (`body`) if the error concerns the input as
   * a whole.
   */
  readonly field: string;
  /** What is wrong, with the limit that the value exceeds. */
  readonly detail: string;
  /** The limit or kind that was expected, if it is a single value. */
  readonly limit?: number | string;
}

/** The request does not match the documentation. Lists every offending field. */
export class ValidationFailed extends Problem {
  static override readonly code = 'VALIDATION_FAILED';
  static override readonly status = HttpStatus.BAD_REQUEST;

  readonly errors: readonly FieldError[];

  /** Reports the first `LIMITS.validationErrors` errors; names that clients chose are shortened. */
  constructor(found: readonly FieldError[]) {
    const errors = found.slice(0, LIMITS.validationErrors).map((error) => ({ ...error, field: shorten(error.field) }));
    super(shorten(errors.map(({ field, detail }) => `${field}: ${detail}`).join('; '), MAX_DETAIL_LENGTH), { errors });
    this.errors = errors;
  }
}

/** The request cannot be parsed: not JSON, a forbidden key, or another length than announced. */
export class RequestMalformed extends Problem {
  static override readonly code = 'REQUEST_MALFORMED';
  static override readonly status = HttpStatus.BAD_REQUEST;
}

/** The body is larger than the route accepts. */
export class PayloadTooLarge extends Problem {
  static override readonly code = 'PAYLOAD_TOO_LARGE';
  static override readonly status = HttpStatus.PAYLOAD_TOO_LARGE;

  constructor(readonly limit: number) {
    super(`The body is larger than ${limit} bytes.`, { limit });
  }
}

/** The path exists, but not with this method; the `Allow` header field lists the methods that do. */
export class MethodNotAllowed extends Problem {
  static override readonly code = 'METHOD_NOT_ALLOWED';
  static override readonly status = HttpStatus.METHOD_NOT_ALLOWED;

  constructor(method: string, allowed: readonly string[]) {
    super(`This path does not support ${method}; it supports ${allowed.join(', ')}.`, { allowed });
  }
}

/** The path, or one of its parameters, is too long. */
export class UriTooLong extends Problem {
  static override readonly code = 'URI_TOO_LONG';
  static override readonly status = HttpStatus.URI_TOO_LONG;

  constructor() {
    super('The path, or one of its parameters, is too long.');
  }
}

/** The header section of the request is too large. */
export class HeadersTooLarge extends Problem {
  static override readonly code = 'HEADERS_TOO_LARGE';
  static override readonly status = 431;

  constructor() {
    super('The header fields of the request are too large.');
  }
}

/** The request was not complete in time. */
export class RequestTimedOut extends Problem {
  static override readonly code = 'REQUEST_TIMED_OUT';
  static override readonly status = HttpStatus.REQUEST_TIMEOUT;

  constructor() {
    super('The request was not complete in time.');
  }
}

/** The body is not JSON: only `application/json` without content coding is accepted. */
export class MediaTypeUnsupported extends Problem {
  static override readonly code = 'MEDIA_TYPE_UNSUPPORTED';
  static override readonly status = HttpStatus.UNSUPPORTED_MEDIA_TYPE;

  constructor() {
    super('Send the body as application/json.');
  }
}

/** No route has this path. */
export class RouteNotFound extends Problem {
  static override readonly code = 'ROUTE_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor(route: string) {
    super(`There is no ${shorten(route)}.`);
  }
}

/** An unexpected error of the server. The log has the details under the request id. */
export class InternalError extends Problem {
  static override readonly code = 'INTERNAL_ERROR';
  static override readonly status = HttpStatus.INTERNAL_SERVER_ERROR;

  constructor() {
    super('Something went wrong on our side.');
  }
}

/** The database is unreachable. */
export class ServiceUnavailable extends Problem {
  static override readonly code = 'SERVICE_UNAVAILABLE';
  static override readonly status = HttpStatus.SERVICE_UNAVAILABLE;

  constructor() {
    super('The service is not ready; try again in a moment.', { retry_after: 1 });
  }
}

/** The disk of the database is full. Nothing of the request was stored; requests that only read still succeed. */
export class DiskFull extends Problem {
  static override readonly code = 'DISK_FULL';
  static override readonly status = HttpStatus.INSUFFICIENT_STORAGE;

  constructor() {
    super('The disk of the server is full. Nothing was stored; try again later.', { retry_after: 60 });
  }
}

/** Concurrent requests changed the same object too often. */
export class WriteConflict extends Problem {
  static override readonly code = 'WRITE_CONFLICT';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super('Others are changing the same thing at this moment; try again.', { retry_after: 1 });
  }
}

/** The token is missing, malformed, revoked or expired, or its account was deleted. */
export class TokenInvalid extends Problem {
  static override readonly code = 'TOKEN_INVALID';
  static override readonly status = HttpStatus.UNAUTHORIZED;

  constructor() {
    super('Send a valid token as "Authorization: Bearer <token>".');
  }
}
