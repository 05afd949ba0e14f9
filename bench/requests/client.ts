import { Agent, request } from 'node:http';

/** A request to send repeatedly. */
export interface Request {
  readonly method: string;
  readonly url: string;
  readonly token?: string | undefined;
  readonly body?: string | undefined;
}

/** The response to a request. */
export interface Response {
  readonly status: number;
  readonly bytes: number;
}

/** Sends a request and reads the response. A connection that the server closed while it was written to counts as status 0. */
export function send(agent: Agent, { method, url, token, body }: Request): Promise<Response> {
  return new Promise((resolve) => {
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const sent = request(url, { method, agent, headers }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.once('close', () => resolve({ status: response.statusCode ?? 0, bytes }));
    });
    sent.once('error', () => resolve({ status: 0, bytes: 0 }));
    sent.end(body);
  });
}

/** Returns an agent that keeps up to so many connections open. */
export const agentWith = (maxSockets: number): Agent => new Agent({ keepAlive: true, maxSockets });
