import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Socket } from 'socket.io';
import type { Session } from '../auth/session';
import { TokenInvalid } from '../auth/auth.errors';
import type { Ticket } from '../nodes/underway';
import type { GuildAuthority, TrackAuthority } from './authority';

/** One request or gateway interaction, seen alike: who calls, and what its place is named by. */
export interface Call {
  /** Who is logged in; undefined on public routes without a token. */
  session?: Session;
  /** What they may do in the place that they named; set by PermissionsGuard. */
  authority?: GuildAuthority | TrackAuthority;
  /** That something may be changed, noted for the other nodes; set by PermissionsGuard. */
  change?: Ticket;
  /** Path parameters of a request, payload of an interaction: as it came, not validated yet. */
  readonly place: Readonly<Record<string, unknown>>;
}

/** What a request or a socket carries of ours. */
interface Carrier {
  call?: Call;
}

/** The call behind an execution context, the same object for every guard and decorator of it. */
export function callOf(context: ExecutionContext): Call {
  if (context.getType() === 'http') {
    const request = context.switchToHttp().getRequest<FastifyRequest & Carrier>();
    return (request.call ??= { place: (request.params ?? {}) as Record<string, unknown> });
  }
  // Interactions of one socket run side by side, so each payload carries its own call, out of reach of the client.
  const payload = context.switchToWs().getData<object>();
  const known = interactions.get(payload);
  if (known) return known;
  const { session } = context.switchToWs().getClient<Socket>().data as { session?: Session };
  const call: Call = { session, place: payload as Record<string, unknown> };
  interactions.set(payload, call);
  return call;
}

const interactions = new WeakMap<object, Call>();

/** A request was answered, or refused: it changes nothing any more. */
export const endRequest = (request: FastifyRequest & Carrier): void => request.call?.change?.end();

/** An interaction is over, however it ended: it changes nothing any more. */
export const endInteraction = (payload: object): void => interactions.get(payload)?.change?.end();

/** The session of whoever is logged in. @throws TokenInvalid when nobody is */
export function sessionOf(call: Call): Session {
  if (!call.session) throw new TokenInvalid();
  return call.session;
}

/** What the caller may do here: a GuildAuthority where the path names a guild, a TrackAuthority where it names a track. */
export const Authority = createParamDecorator((_: unknown, context: ExecutionContext) => callOf(context).authority);

/** The session of the caller. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext) => sessionOf(callOf(context)));

/** The id of the caller. */
export const UserId = createParamDecorator((_: unknown, context: ExecutionContext) => sessionOf(callOf(context)).user_id);
