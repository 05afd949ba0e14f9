import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InternalError, MediaTypeUnsupported, PayloadTooLarge, RequestMalformed, RouteNotFound, ServiceUnavailable } from './common.errors';
import { LIMITS } from './limits';
import { Problem, problemDocument } from './problem';

// The driver's names for "nobody answers"; a class check would miss a second copy of the driver.
const UNREACHABLE = /^Mongo(Network|NetworkTimeout|ServerSelection|NotConnected|TopologyClosed|PoolCleared|PoolClearedOn|ServerClosed)/;

/**
 * The problem that a client is told for whatever was thrown. Anything unforeseen becomes InternalError: nothing internal leaks.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function problemOf(error: unknown, route = 'such route'): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HttpException) return problemOfStatus(error.getStatus(), error.message, route);
  if (!(error instanceof Error)) return new InternalError();
  if (UNREACHABLE.test(error.name)) return new ServiceUnavailable();
  const { statusCode } = error as Error & { statusCode?: unknown };
  // Fastify's own refusals of a request; those of 500 and above are faults.
  return typeof statusCode === 'number' && statusCode < 500
    ? problemOfStatus(statusCode, error.message, route)
    : new InternalError();
}

function problemOfStatus(status: number, detail: string, route: string): Problem {
  if (status === 404) return new RouteNotFound(route);
  if (status === 413) return new PayloadTooLarge(LIMITS.bodyBytes);
  if (status === 415) return new MediaTypeUnsupported();
  if (status === 503) return new ServiceUnavailable();
  return status < 500 ? new RequestMalformed(detail) : new InternalError();
}

/** Answers every failed request with a problem document, and logs what is our fault. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error, `${request.method} ${request.url.split('?')[0]}`);
    const document = problemDocument(problem);
    if (document.status >= 500) request.log.error({ err: error }, 'request failed');
    const { retry_after } = problem.extra;
    if (typeof retry_after === 'number') void reply.header('Retry-After', Math.ceil(retry_after));
    if (document.status === 401) void reply.header('WWW-Authenticate', 'Bearer');
    void reply.status(document.status).type('application/problem+json').send({ ...document, request_id: request.id });
  }
}
