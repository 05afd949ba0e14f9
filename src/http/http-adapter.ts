import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { LIMITS } from '../common/limits';
import { answerError } from '../common/problem.filter';
import { trustedProxies } from '../common/trusted-proxies';
import { VersionedAdapter } from '../common/versioned';
import type { Environment } from '../config/config.schema';
import { answerClientError } from '../common/client-errors';
import { ConnectionLimiter } from './connection-limiter';
import { acceptJsonBodies } from './json-body';
import { createNodeServer } from './node-server';

const REQUEST_ID = /^[\w.-]{1,64}$/;

/** Runs before a request is processed; rejects the request by throwing. */
export type RequestCheck = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** The HTTP server of the application. */
export class HttpAdapter extends VersionedAdapter {
  private check: RequestCheck | undefined;

  constructor(log: Logger, environment: Environment) {
    const isTrusted = trustedProxies(environment.TRUST_PROXY);
    const limiter = new ConnectionLimiter(
      { total: environment.HTTP_CONNECTIONS, perAddress: environment.HTTP_CONNECTIONS_PER_ADDRESS },
      isTrusted,
    );
    super({
      loggerInstance: log,
      bodyLimit: LIMITS.bodyBytes,
      trustProxy: isTrusted,
      forceCloseConnections: 'idle',
      routerOptions: { maxParamLength: 200 },
      genReqId: ({ headers }: IncomingMessage) =>
        typeof headers['x-request-id'] === 'string' && REQUEST_ID.test(headers['x-request-id'])
          ? headers['x-request-id']
          : randomUUID(),
      serverFactory: (listener: RequestListener) =>
        createNodeServer(listener, { limiter, isBehindProxy: environment.TRUST_PROXY !== undefined, log }),
      clientErrorHandler: answerClientError,
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
        void this.answerUnroutable(error, request, reply),
    });
    acceptJsonBodies(this.getInstance());
  }

  /** Sets the check for requests whose path can't be routed; hooks don't run for them. */
  checkUnroutable(check: RequestCheck): void {
    this.check = check;
  }

  private async answerUnroutable(error: Error, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    try {
      await this.check?.(request, reply);
      answerError(request, reply, error);
    } catch (rejection) {
      answerError(request, reply, rejection);
    }
  }
}
