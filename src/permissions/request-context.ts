import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Socket } from 'socket.io';
import type { Session } from '../auth/session';
import { TokenInvalid } from '../auth/auth.errors';
import type { MutationHandle } from '../cluster/in-flight-mutations';
import type { GuildAuthority, TrackAuthority } from './authority';

/** One request or gateway interaction, seen alike: who calls, and what its place is named by. */
export interface RequestContext {
  /** Who is logged in; undefined on public routes without a token. */
  session?: Session;
  /** What they may do in the place that they named; set by PermissionsGuard. */
  authority?: GuildAuthority | TrackAuthority;
  /** That something may be changed, noted for the other nodes; set by PermissionsGuard. */
  mutation?: MutationHandle;
  /** Path parameters of a request, payload of an interaction: as it came, not validated yet. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a request or a socket carries of ours. */
interface ContextCarrier {
  requestContext?: RequestContext;
}

/** The call behind an execution context, the same object for every guard and decorator of it. */
export function contextOf(context: ExecutionContext): RequestContext {
  if (context.getType() === 'http') {
    const request = context.switchToHttp().getRequest<FastifyRequest & ContextCarrier>();
    return (request.requestContext ??= { params: (request.params ?? {}) as Record<string, unknown> });
  }
  // Interactions of one socket run side by side, so each payload carries its own call, out of reach of the client.
  const payload = context.switchToWs().getData<object>();
  const existing = interactions.get(payload);
  if (existing) return existing;
  const { session } = context.switchToWs().getClient<Socket>().data as { session?: Session };
  const call: RequestContext = { session, params: payload as Record<string, unknown> };
  interactions.set(payload, call);
  return call;
}

const interactions = new WeakMap<object, RequestContext>();

/** A request was answered, or refused: it changes nothing any more. */
export const endRequest = (request: FastifyRequest & ContextCarrier): void => request.requestContext?.mutation?.end();

/** An interaction is over, however it ended: it changes nothing any more. */
export const endInteraction = (payload: object): void => interactions.get(payload)?.mutation?.end();

/** The session of whoever is logged in. @throws TokenInvalid when nobody is */
export function sessionOf(call: RequestContext): Session {
  if (!call.session) throw new TokenInvalid();
  return call.session;
}

/** What the caller may do here: a GuildAuthority where the path names a guild, a TrackAuthority where it names a track. */
export const Authority = createParamDecorator((_: unknown, context: ExecutionContext) => contextOf(context).authority);

/** The session of the caller. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext) =>
  sessionOf(contextOf(context)),
);

/** The id of the caller. */
export const UserId = createParamDecorator(
  (_: unknown, context: ExecutionContext) => sessionOf(contextOf(context)).user_id,
);
