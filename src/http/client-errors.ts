import { randomUUID } from 'node:crypto';
import type { OutgoingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { HeadersTooLarge, PayloadTooLarge, RequestMalformed, RequestTimedOut } from '../common/common.errors';
import { LIMITS } from '../common/limits';
import type { Problem } from '../common/problem';
import { rawProblemResponse } from '../common/send-problem';

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
  socket.end(rawProblemResponse(problemOfClientError(error.code), randomUUID()), () => socket.destroy());
}

function problemOfClientError(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new HeadersTooLarge();
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return new PayloadTooLarge(LIMITS.bodyBytes);
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RequestTimedOut();
  return new RequestMalformed('The request is not valid HTTP/1.1.');
}
