import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/** The controller method behind an HTTP route. */
export interface HttpRoute {
  readonly controller: Function;
  readonly handler: Function;
}

interface WithRoute {
  readonly httpRoute?: HttpRoute;
}

/** Lets hooks of the HTTP server find the controller method of a request, before Nest's guards run. */
export const RegisterHttpRoute: MethodDecorator = (target, key, descriptor) => {
  const httpRoute: HttpRoute = { controller: target.constructor, handler: descriptor.value as Function };
  RouteConfig({ httpRoute })(target as object, key, descriptor as PropertyDescriptor);
};

/** Returns the controller method in the configuration of a Fastify route; undefined for a route without a controller. */
export const httpRouteIn = (config: unknown): HttpRoute | undefined => (config as WithRoute | undefined)?.httpRoute;

/** Returns the controller method that a request is routed to; undefined if no controller serves its path. */
export const httpRouteOf = (request: FastifyRequest): HttpRoute | undefined => httpRouteIn(request.routeOptions.config);
