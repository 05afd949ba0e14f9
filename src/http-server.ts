import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import fastifyHelmet from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Histogram } from 'prom-client';
import { LIMITS } from './common/limits';
import { trustedProxies } from './common/trusted-proxies';
import { VersionedAdapter } from './common/versioned';
import type { Environment } from './config/config.schema';
import { endRequest } from './permissions/call';

const REQUEST_ID = /^[\w.-]{1,64}$/;

/** The HTTP server, before it knows of any route. */
export const httpServer = (log: Logger, { TRUST_PROXY }: Environment): VersionedAdapter =>
  new VersionedAdapter({
    loggerInstance: log,
    bodyLimit: LIMITS.bodyBytes,
    trustProxy: trustedProxies(TRUST_PROXY),
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 200 },
    genReqId: ({ headers }: IncomingMessage) => (typeof headers['x-request-id'] === 'string' && REQUEST_ID.test(headers['x-request-id']) ? headers['x-request-id'] : randomUUID()),
  });

/** What is done about every request, whatever its route: headers that protect browsers, how long it took, and that what it changes is over. */
export async function attend(app: NestFastifyApplication, requests: Histogram<'method' | 'route' | 'status'>): Promise<void> {
  // Whether the API is reached over TLS is its proxy's to know; asking for it here would break Swagger UI without.
  await app.register(fastifyHelmet, { strictTransportSecurity: false, contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onSend', (request, _reply, _payload, done) => {
    endRequest(request);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    requests.observe({ method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode }, reply.elapsedTime / 1_000);
    done();
  });
}
