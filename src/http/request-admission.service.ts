import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type ExecutionContext, Injectable } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TokenInvalid } from '../common/common.errors';
import { Authenticator } from '../auth/authenticator';
import type { Session } from '../common/session';
import type { SignedToken } from '../auth/token';
import type { MaybePromise } from '../common/maybe-promise';
import { type HttpRoute, httpRouteOf } from '../common/http-route';
import { contextOf } from '../common/request-context';
import { type Requirement, RequirementMetadata } from '../permissions/requirement.decorator';
import { RateLimitGuard } from '../throttling/rate-limit.guard';
import { RateLimited } from '../throttling/throttling.errors';

const BEARER = /^Bearer ([^\s]+)$/i;
/** Milliseconds by which a rate limit rejection is delayed: a client that ignores it costs ten requests per second and connection. */
const REJECTION_DELAY_MS = 100;

/** Stands for the handler of paths without a controller: unknown paths and Swagger UI. */
class WithoutController {
  static handle(): void {
    // Never called: rate limits read the metadata of a handler, and this one has none.
  }
}

const NO_ROUTE: HttpRoute = {
  controller: WithoutController,
  handler: WithoutController.handle.bind(WithoutController),
};

/**
 * Authenticates and rate limits requests before their body is read, on all paths. A rejected request costs neither parsing
 * nor validation.
 */
@Injectable()
export class RequestAdmission {
  private readonly lastToken = new WeakMap<
    Socket,
    { readonly authorization: string; readonly token: SignedToken | undefined }
  >();

  constructor(
    private readonly authenticator: Authenticator,
    private readonly rateLimits: RateLimitGuard,
    private readonly reflector: Reflector,
  ) {}

  /**
   * Sets the session of a request and counts the request.
   *
   * @throws TokenInvalid if the token is invalid, or missing on a route that requires one
   * @throws RateLimited if a limit of the user, the address or the route is exceeded
   */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const route = httpRouteOf(request);
    const context = executionContextOf(request, reply, route ?? NO_ROUTE);
    try {
      await this.authenticateAndCount(request, context, route);
    } catch (error) {
      if (error instanceof RateLimited) await delay(REJECTION_DELAY_MS);
      throw error;
    }
    if (route && !contextOf(context).session && this.requiresToken(route)) throw new TokenInvalid();
  }

  private async authenticateAndCount(
    request: FastifyRequest,
    context: ExecutionContext,
    route: HttpRoute | undefined,
  ): Promise<void> {
    const { authorization } = request.headers;
    if (authorization !== undefined && !this.checksAuthorization(route)) {
      try {
        contextOf(context).session = await this.authenticate(request, authorization);
      } catch (error) {
        if (error instanceof TokenInvalid) await this.rateLimits.checkBeforeBody(context);
        throw error;
      }
    }
    await this.rateLimits.checkBeforeBody(context);
  }

  private authenticate(request: FastifyRequest, authorization: string): MaybePromise<Session> {
    return this.authenticator.authenticate(this.verify(request.raw.socket, authorization));
  }

  private requiresToken({ controller, handler }: HttpRoute): boolean {
    const requirement = this.reflector.getAllAndOverride(RequirementMetadata, [handler, controller]) as
      Requirement | undefined;
    return requirement?.kind !== 'public';
  }

  private checksAuthorization(route: HttpRoute | undefined): boolean {
    const requirement =
      route && this.reflector.getAllAndOverride(RequirementMetadata, [route.handler, route.controller]);
    return requirement?.kind === 'public' && requirement.checksAuthorization === true;
  }

  // Requests on one connection usually carry the same token, and checking its signature costs as much as the rest of the check.
  private verify(connection: Socket, authorization: string): SignedToken | undefined {
    const last = this.lastToken.get(connection);
    if (last?.authorization === authorization) return last.token;
    const token = this.authenticator.verify(BEARER.exec(authorization)?.[1]);
    this.lastToken.set(connection, { authorization, token });
    return token;
  }
}

function executionContextOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { controller, handler }: HttpRoute,
): ExecutionContext {
  const context = new ExecutionContextHost(
    [request, reply],
    controller as ConstructorParameters<typeof ExecutionContextHost>[1],
    handler,
  );
  context.setType('http');
  return context;
}
