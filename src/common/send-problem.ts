import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from './limits';
import { type Problem, type ProblemDocument, problemDocument } from './problem';

/** The media type of problem documents. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Sends a problem as the response to a request; at most `LIMITS.problemBytes` long. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  const { retry_after: retryAfter } = problem.extra;
  if (typeof retryAfter === 'number') void reply.header('Retry-After', Math.ceil(retryAfter));
  if (problem.type.status === 401) void reply.header('WWW-Authenticate', 'Bearer');
  void reply.header('Cache-Control', 'no-store');
  void reply.status(problem.type.status).type(PROBLEM_MEDIA_TYPE).send(serializeProblem(problem, request.id));
}

/** Returns the JSON of a problem document, without its additional members if it would be longer than `LIMITS.problemBytes`. */
export function serializeProblem(problem: Problem, requestId: string): string {
  const document = { ...problemDocument(problem), request_id: requestId };
  const json = JSON.stringify(document);
  return Buffer.byteLength(json) > LIMITS.problemBytes ? JSON.stringify(withoutExtra(document)) : json;
}

const withoutExtra = ({ type, title, status, code, request_id }: ProblemDocument): ProblemDocument => ({
  type,
  title,
  status,
  code,
  detail: `${title}.`,
  request_id,
});

/** Returns a complete HTTP response with a problem, for connections whose request could not be parsed. */
export function rawProblemResponse(problem: Problem, requestId: string): string {
  const body = serializeProblem(problem, requestId);
  const { status } = problem.type;
  const fields = [
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  return `HTTP/1.1 ${status} ${titleOfStatus(status)}\r\n${fields.join('\r\n')}\r\n\r\n${body}`;
}

const titleOfStatus = (status: number): string => STATUS_CODES[status] ?? 'Error';
