import fastifyHelmet from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MediaTypeUnsupported, MethodNotAllowed, RequestMalformed, RouteNotFound } from '../common/common.errors';
import { httpRouteIn } from '../common/http-route';
import type { Metrics } from '../metrics/metrics';
import { endRequest } from '../permissions/call';
import { RateLimitGuard } from '../throttling/rate-limit.guard';
import { bodyLimitOf } from '../common/body-limit.decorator';
import type { HttpAdapter } from './http-adapter';
import { PathMethods } from './path-methods';
import { RequestAdmission } from './request-admission.service';

/** Registers what applies to every response: security headers, cache rules, request metrics, and the end of the mutation. */
export async function registerResponseHooks(app: NestFastifyApplication, requests: Metrics['requests']): Promise<void> {
  // Only the reverse proxy knows whether the API is served over TLS, therefore it sets HSTS.
  await app.register(fastifyHelmet, { strictTransportSecurity: false, contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onSend', (request, reply, _payload, done) => {
    endRequest(request);
    preventCaching(request, reply);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    requests.observe({ method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode }, reply.elapsedTime / 1_000);
    done();
  });
}

/** Registers what precedes every request, whatever its path: authentication and rate limits, before the body is read. */
export function registerRequestHooks(app: NestFastifyApplication, adapter: HttpAdapter): void {
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
    if (request.is404) rejectUnknown(request, reply, methods);
    ignoreTypeOfEmptyBody(request);
  });
  const rateLimits = app.get(RateLimitGuard);
  server.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode < 400 && typeof payload === 'string') await rateLimits.chargeResponse(request, payload.length);
    return payload;
  });
  adapter.checkUnroutable((request, reply) => admission.admit(request, reply));
}

/** Checks the `Host` field, which HTTP/1.1 requires. @see https://www.rfc-editor.org/rfc/rfc9112#name-request-target */
function assertHost({ raw }: FastifyRequest): void {
  if (raw.httpVersion === '1.1' && raw.headers.host === undefined) throw new RequestMalformed('The Host header field is missing.');
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
  if (request.headers.authorization !== undefined || !reply.hasHeader('Cache-Control')) void reply.header('Cache-Control', 'no-store');
}

// Clients that set a content type on all requests need not send a body where none is required.
function ignoreTypeOfEmptyBody({ raw: { headers } }: FastifyRequest): void {
  if (headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0') delete headers['content-type'];
  else if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw new MediaTypeUnsupported();
}
