import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Socket } from 'socket.io';
import type { Session } from '../auth/session';
import { TokenInvalid } from '../auth/auth.errors';
import type { MutationHandle } from '../cluster/in-flight-mutations';
import type { GuildAuthority, TrackAuthority } from './authority';

/** The context of one HTTP request or gateway interaction: the caller and the ids of the guild or track. */
export interface RequestContext {
  /** The caller's session; undefined on public routes without a token. */
  session?: Session;
  /** The caller's permissions in the guild or track; set by PermissionsGuard. */
  authority?: GuildAuthority | TrackAuthority;
  /** The recorded mutation; set by PermissionsGuard. */
  mutation?: MutationHandle;
  /** Path parameters of a request or payload of an interaction, not validated yet. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** A request or socket with its context. */
interface ContextCarrier {
  requestContext?: RequestContext;
}

/** Returns the context of an execution context: the same object for every guard and decorator of one call. */
export function contextOf(context: ExecutionContext): RequestContext {
  if (context.getType() === 'http') {
    const request = context.switchToHttp().getRequest<FastifyRequest & ContextCarrier>();
    return (request.requestContext ??= { params: (request.params ?? {}) as Record<string, unknown> });
  }
  // Interactions of one socket run in parallel, so the context is kept per payload, inaccessible to the client.
  const payload = context.switchToWs().getData<object>();
  const existing = interactions.get(payload);
  if (existing) return existing;
  const { session } = context.switchToWs().getClient<Socket>().data as { session?: Session };
  const call: RequestContext = { session, params: payload as Record<string, unknown> };
  interactions.set(payload, call);
  return call;
}

const interactions = new WeakMap<object, RequestContext>();

/** Ends the mutation of a request after the response. */
export const endRequest = (request: FastifyRequest & ContextCarrier): void => request.requestContext?.mutation?.end();

/** Ends the mutation of an interaction, whether it succeeded or not. */
export const endInteraction = (payload: object): void => interactions.get(payload)?.mutation?.end();

/** Returns the caller's session. @throws TokenInvalid if there is none */
export function sessionOf(call: RequestContext): Session {
  if (!call.session) throw new TokenInvalid();
  return call.session;
}

/** The caller's authority: a GuildAuthority if the path names a guild, a TrackAuthority if it names a track. */
export const Authority = createParamDecorator((_: unknown, context: ExecutionContext) => contextOf(context).authority);

/** The caller's session. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext) =>
  sessionOf(contextOf(context)),
);

/** The caller's user id. */
export const UserId = createParamDecorator(
  (_: unknown, context: ExecutionContext) => sessionOf(contextOf(context)).user_id,
);
