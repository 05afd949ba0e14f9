import { randomUUID } from 'node:crypto';
import type { OutgoingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { HeadersTooLarge, PayloadTooLarge, RequestMalformed, RequestTimedOut } from './common.errors';
import { LIMITS } from './limits';
import type { Problem } from './problem';
import { rawProblemResponse } from './send-problem';

/** A connection, and the response that Node.js is sending on it. */
type HttpSocket = Socket & { readonly _httpMessage?: OutgoingMessage | null };

/** Answers a connection whose request could not be parsed or was not complete in time, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: HttpSocket): void {
  // A second response must not start within the first one.
  const isResponding = socket._httpMessage?.headersSent ?? false;
  if (error.code === 'ECONNRESET' || !socket.writable || isResponding) {
    socket.destroy();
    return;
  }
  endWithProblem(socket, problemOfClientError(error.code));
}

/** Sends a problem as the last response of a connection. */
export function endWithProblem(socket: Socket, problem: Problem): void {
  socket.on('error', () => socket.destroy());
  socket.end(rawProblemResponse(problem, randomUUID()), () => socket.destroy());
}

/**
 * Runs an action on a connection that the HTTP parser has left, once the responses to all earlier requests on it are sent. The action does not run
 * if the connection ends before.
 */
export function whenIdle(socket: HttpSocket, action: () => void): void {
  // Node.js handles errors of the parser's connections only.
  const destroy = (): void => void socket.destroy();
  socket.on('error', destroy);
  const runIfIdle = (): void => {
    // When a response closes, the next one is assigned to the connection already.
    if (socket._httpMessage) return void socket._httpMessage.once('close', runIfIdle);
    if (!socket.writable) return;
    socket.removeListener('error', destroy);
    action();
  };
  runIfIdle();
}

function problemOfClientError(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new HeadersTooLarge();
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return new PayloadTooLarge(LIMITS.bodyBytes);
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RequestTimedOut();
  return new RequestMalformed('The request is not valid HTTP/1.1.');
}
