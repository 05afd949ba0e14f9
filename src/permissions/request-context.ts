import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Session } from '../common/session';
import { type ContextCarrier, contextOf, contextOfInteraction, type RequestContext } from '../common/request-context';
import { TokenInvalid } from '../common/common.errors';
import type { MutationHandle } from '../cluster/in-flight-mutations';
import type { GuildAuthority, TrackAuthority } from './authority';

declare module '../common/request-context' {
  interface RequestContext {
    /** Permissions of the caller in the guild or track that the request names. Set by PermissionsGuard. */
    authority?: GuildAuthority | TrackAuthority;
    /** The mutation recorded for the other nodes. Set by PermissionsGuard. */
    mutation?: MutationHandle;
  }
}

/** Ends the recorded mutation of a request after its response. */
export const endRequest = (request: FastifyRequest & ContextCarrier): void => request.requestContext?.mutation?.end();

/** Ends the recorded mutation of an interaction after its acknowledgement. */
export const endInteraction = (payload: object): void => contextOfInteraction(payload)?.mutation?.end();

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
