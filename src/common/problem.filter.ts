import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  DiskFull,
  InternalError,
  MediaTypeUnsupported,
  PayloadTooLarge,
  RequestMalformed,
  RouteNotFound,
  ServiceUnavailable,
  UriTooLong,
} from './common.errors';
import { LIMITS } from './limits';
import { Problem } from './problem';
import { sendProblem } from './send-problem';

// Names of the driver's errors for an unreachable database; `instanceof` would miss errors of a second copy of the
// driver.
const UNREACHABLE =
  /^Mongo(Network|NetworkTimeout|ServerSelection|NotConnected|TopologyClosed|PoolCleared|PoolClearedOn|ServerClosed)/;

// Error codes of MongoDB, which the embedded database uses as well.
const SHUTDOWN_IN_PROGRESS = 91;
const OUT_OF_DISK_SPACE = 14031;

// Replaces messages of the HTTP server, which may contain its name or a long path.
const MALFORMED: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: 'The path is not valid percent-encoded UTF-8.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body does not have the announced length.',
};

/** The request that a problem belongs to. */
export interface ProblemSubject {
  /** Method and path. */
  readonly route: string;
  /** The body limit of the route in bytes. */
  readonly bodyLimit: number;
}

const UNKNOWN_SUBJECT: ProblemSubject = { route: 'such route', bodyLimit: LIMITS.bodyBytes };

/**
 * Returns the problem that a client receives for an error. Unexpected errors become InternalError, so that nothing
 * internal is disclosed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function problemOf(error: unknown, subject = UNKNOWN_SUBJECT): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HttpException) return problemOfStatus(error.getStatus(), 'The request is malformed.', subject);
  if (!(error instanceof Error)) return new InternalError();
  if (UNREACHABLE.test(error.name)) return new ServiceUnavailable();
  const { statusCode, code } = error as Error & { statusCode?: unknown; code?: unknown };
  if (code === OUT_OF_DISK_SPACE) return new DiskFull();
  if (code === SHUTDOWN_IN_PROGRESS) return new ServiceUnavailable();
  // Errors of the HTTP server about a request; those with a status of 500 and above are faults.
  return typeof statusCode === 'number' && statusCode < 500
    ? problemOfStatus(statusCode, MALFORMED[String(code)] ?? 'The request is malformed.', subject)
    : new InternalError();
}

function problemOfStatus(status: number, detail: string, { route, bodyLimit }: ProblemSubject): Problem {
  if (status === 404) return new RouteNotFound(route);
  if (status === 413) return new PayloadTooLarge(bodyLimit);
  if (status === 414) return new UriTooLong();
  if (status === 415) return new MediaTypeUnsupported();
  if (status === 503) return new ServiceUnavailable();
  return status < 500 ? new RequestMalformed(detail) : new InternalError();
}

/** Answers every failed request with a problem document, and logs faults of the server. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    answerError(
      host.switchToHttp().getRequest<FastifyRequest>(),
      host.switchToHttp().getResponse<FastifyReply>(),
      error,
    );
  }
}

/** Sends the problem document for an error, and logs the error if it is a fault of the server. */
export function answerError(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
  const path = request.url.split('?', 1)[0] ?? '';
  const problem = problemOf(error, {
    route: `${request.method} ${path}`,
    bodyLimit: limitOf(request),
  });
  if (problem.type.status >= 500) request.log.error({ err: error }, 'request failed');
  sendProblem(request, reply, problem);
}

// Requests that match no route have no limit of their own.
const limitOf = ({ routeOptions }: { readonly routeOptions: { readonly bodyLimit?: number } }): number =>
  routeOptions.bodyLimit ?? LIMITS.bodyBytes;
