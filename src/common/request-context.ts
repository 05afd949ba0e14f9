import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Socket } from 'socket.io';
import type { Session } from './session';

/** State of one request or gateway interaction. Modules add their fields by declaration merging. */
export interface RequestContext {
  /** Session of the caller; undefined on public routes without a token. */
  session?: Session | undefined;
  /** Whether the request asks for the effect of a mutation only; set by DryRunInterceptor. */
  isDryRun?: boolean;
  /** Path parameters of a request or payload of an interaction, as received: not validated yet. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** The field of a request that holds its context. */
export interface ContextCarrier {
  requestContext?: RequestContext;
}

const interactions = new WeakMap<object, RequestContext>();

/** Returns the context of a request or interaction; the same object for all guards and decorators. */
export function contextOf(context: ExecutionContext): RequestContext {
  if (context.getType() === 'http') {
    const request = context.switchToHttp().getRequest<FastifyRequest & ContextCarrier>();
    return (request.requestContext ??= { params: (request.params ?? {}) as Record<string, unknown> });
  }
  // Interactions of one socket run concurrently. The context is keyed by the payload object, which a client cannot replace.
  const payload = context.switchToWs().getData<object>();
  const existing = interactions.get(payload);
  if (existing) return existing;
  const { session } = context.switchToWs().getClient<Socket>().data as { session?: Session };
  const created: RequestContext = { session, params: payload as Record<string, unknown> };
  interactions.set(payload, created);
  return created;
}

/** Returns the context of an interaction by its payload; undefined if no guard has created one. */
export const contextOfInteraction = (payload: object): RequestContext | undefined => interactions.get(payload);
