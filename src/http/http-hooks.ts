import fastifyHelmet from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  MediaTypeUnsupported,
  MethodNotAllowed,
  PayloadTooLarge,
  RequestMalformed,
  RouteNotFound,
} from '../common/common.errors';
import { httpRouteIn } from '../common/http-route';
import type { Metrics } from '../metrics/metrics';
import { endRequest } from '../permissions/request-context';
import { RateLimitGuard } from '../throttling/rate-limit.guard';
import { bodyLimitOf } from '../common/body-limit.decorator';
import { allowOrigin } from './cors';
import type { HttpAdapter } from './http-adapter';
import { PathMethods } from './path-methods';
import { RequestAdmission } from './request-admission.service';

const HOST = 'host';
const EXPECTS_CONTINUE = /^100-continue$/i;

/** Registers what applies to every response: security headers, cache rules, request metrics, and the end of the mutation. */
export async function registerResponseHooks(app: NestFastifyApplication, requests: Metrics['requests']): Promise<void> {
  // Only the reverse proxy knows whether the API is served over TLS, therefore it sets HSTS.
  await app.register(fastifyHelmet, {
    strictTransportSecurity: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  });
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onSend', (request, reply, _payload, done) => {
    endRequest(request);
    preventCaching(request, reply);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    requests.observe(
      { method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode },
      reply.elapsedTime / 1_000,
    );
    done();
  });
}

/** Registers what precedes every request, whatever its path: authentication and rate limits, before the body is read. */
export function registerRequestHooks(
  app: NestFastifyApplication,
  adapter: HttpAdapter,
  origins: readonly string[],
): void {
  const server = app.getHttpAdapter().getInstance();
  const admission = app.get(RequestAdmission);
  const methods = new PathMethods();
  server.addHook('onRoute', (route) => {
    methods.add(route.url, route.method);
    const bodyLimit = bodyLimitOf(httpRouteIn(route.config));
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
  server.addHook('onRequest', async (request, reply) => {
    assertHost(request);
    await admission.admit(request, reply);
    // CORS preflights have been answered before; other OPTIONS requests match a route of the CORS plugin.
    if (request.is404 || request.method === 'OPTIONS') rejectUnknown(request, reply, methods);
    assertQuery(request);
    ignoreTypeOfEmptyBody(request);
    requestBody(request, reply);
  });
  const rateLimits = app.get(RateLimitGuard);
  server.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode < 400 && (typeof payload === 'string' || Buffer.isBuffer(payload)))
      await rateLimits.chargeResponse(request, payload.length);
    return payload;
  });
  adapter.checkUnroutable((request, reply) => {
    allowOrigin(request, reply, origins);
    return admission.admit(request, reply);
  });
}

/** Checks the `Host` field, which HTTP/1.1 requires once. @see https://www.rfc-editor.org/rfc/rfc9112#name-request-target */
function assertHost({ raw: { httpVersion, headers, rawHeaders } }: FastifyRequest): void {
  if (httpVersion === '1.1' && headers.host === undefined)
    throw new RequestMalformed('The Host header field is missing.');
  const isRepeated =
    rawHeaders.filter((text, index) => index % 2 === 0 && text.length === HOST.length && text.toLowerCase() === HOST)
      .length > 1;
  if (isRepeated) throw new RequestMalformed('The Host header field is repeated.');
}

/** Checks that the query is percent-encoded UTF-8: the parser would take anything else literally. */
function assertQuery({ url }: FastifyRequest): void {
  const query = url.slice(url.indexOf('?'));
  if (!query.startsWith('?') || !query.includes('%')) return;
  try {
    decodeURIComponent(query);
  } catch {
    throw new RequestMalformed('The query is not valid percent-encoded UTF-8.');
  }
}

/** Asks a client that waits for `100 Continue` to send the body, unless it announces one that is too long. */
function requestBody({ raw, routeOptions: { bodyLimit } }: FastifyRequest, reply: FastifyReply): void {
  if (raw.httpVersion !== '1.1' || !EXPECTS_CONTINUE.test(raw.headers.expect ?? '')) return;
  if (Number(raw.headers['content-length'] ?? 0) > bodyLimit) throw new PayloadTooLarge(bodyLimit);
  reply.raw.writeContinue();
}

function rejectUnknown(request: FastifyRequest, reply: FastifyReply, methods: PathMethods): never {
  const path = request.url.split('?', 1)[0] ?? '';
  const allowed = methods.allowedFor(path);
  if (allowed.length === 0) throw new RouteNotFound(`${request.method} ${path}`);
  void reply.header('Allow', allowed.join(', '));
  throw new MethodNotAllowed(request.method, allowed);
}

// Only documents, which are equal for all clients, set a rule of their own.
function preventCaching(request: FastifyRequest, reply: FastifyReply): void {
  if (request.headers.authorization !== undefined || !reply.hasHeader('Cache-Control'))
    void reply.header('Cache-Control', 'no-store');
}

// Clients that set a content type on all requests need not send a body where none is required.
function ignoreTypeOfEmptyBody({ raw: { headers } }: FastifyRequest): void {
  if (headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0')
    delete headers['content-type'];
  else if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw new MediaTypeUnsupported();
}
