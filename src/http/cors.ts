import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';

type CorsOptions = Parameters<NestFastifyApplication['enableCors']>[0];

// The methods of all routes; by default the plugin allows those that need no preflight only.
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const EXPOSED = ['Allow', 'ETag', 'RateLimit', 'RateLimit-Policy', 'Retry-After'];
/** Seconds for which browsers keep the response to a preflight: the highest value that Chromium accepts. */
const MAX_AGE_SECONDS = 7_200;

/** Allows web clients of these origins to read responses. Without origins, no CORS header is sent. @see https://fetch.spec.whatwg.org/#http-cors-protocol */
export function allowOrigins(app: NestFastifyApplication, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const options = { origin: [...origins], methods: METHODS, exposedHeaders: EXPOSED, maxAge: MAX_AGE_SECONDS };
  app.enableCors({
    delegator: (request: FastifyRequest, decide: (error: Error | null, options: CorsOptions) => void) =>
      decide(null, { ...options, preflight: isPreflight(request) }),
  });
}

/** Allows the origin of a request that cannot be routed, for which no plugin runs. */
export function allowOrigin(
  { headers: { origin } }: FastifyRequest,
  reply: FastifyReply,
  origins: readonly string[],
): void {
  if (origins.length > 0) void reply.header('Vary', 'Origin');
  if (origin !== undefined && origins.includes(origin)) void reply.header('Access-Control-Allow-Origin', origin);
}

// The plugin would answer other OPTIONS requests with plain text.
const isPreflight = ({ headers }: FastifyRequest): boolean =>
  headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
