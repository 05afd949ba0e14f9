import { type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { parseSnowflake, type Snowflake } from '../common/snowflake';

/**
 * Objects that a handler changes, and that another node publishes again if this node crashes between the write and the event. The fields of the path
 * or payload that identify them are in `MUTATION_FIELDS`.
 */
export type MutationTarget =
  /** The guild with its roles, tracks and overwrites. */
  | 'guild'
  /** The memberships of the named users in the guild. */
  | 'members'
  /** The membership of the caller in the guild. */
  | 'own_membership'
  /** The bans of the named users in the guild. */
  | 'bans'
  /** The named messages of the track with their reactions, and the pins of the track. */
  | 'messages'
  /** Messages that the caller creates in the track. */
  | 'created_messages'
  /** The named invite. */
  | 'invite'
  /** Invites that the caller creates in the guild. */
  | 'created_invites'
  /** The account of the caller, with what begins or ends with it: memberships, read states, presence. */
  | 'account';

/** For each target, the alternatives of fields that identify it. */
export const MUTATION_FIELDS: Readonly<Record<MutationTarget, readonly (readonly string[])[]>> = {
  guild: [['guild_id'], ['track_id']],
  members: [['guild_id', 'user_id']],
  own_membership: [['guild_id']],
  bans: [['guild_id', 'user_id']],
  messages: [['track_id']],
  created_messages: [['track_id']],
  invite: [['code']],
  created_invites: [['guild_id'], ['track_id']],
  account: [[]],
};

const SCOPE = Symbol('mutation scope');

/**
 * Declares what a handler changes; `nothing` if it stores nothing whose event could be missed. Every handler of an interaction or of a route other than
 * GET has one; without it the application does not start.
 *
 * @see docs/decisions/recovery.md
 */
export const MutationScope = (...targets: readonly [MutationTarget, ...MutationTarget[]] | readonly ['nothing']) =>
  SetMetadata(SCOPE, targets[0] === 'nothing' ? [] : targets);

/** Returns the declared targets of a handler, undefined if it declares none. */
export const mutationTargetsOf = (
  reflector: Reflector,
  handler: Function,
  type: Function,
): readonly MutationTarget[] | undefined =>
  reflector.getAllAndOverride<readonly MutationTarget[] | undefined>(SCOPE, [handler, type]);

/** A request or interaction that may be about to change stored objects. */
export interface PendingMutation {
  readonly userId: Snowflake;
  /** When it began: milliseconds since 1970, by the clock that creates ids. */
  readonly atMs: number;
  /** Undefined if a node of an older version recorded it. */
  readonly targets?: readonly MutationTarget[];
  /** The ids in its path or payload by the singular name of their field. */
  readonly ids: Readonly<Record<string, readonly Snowflake[]>>;
  /** The code of the invite in its path. */
  readonly code?: string;
  /** The worker id of its node, which is part of the ids that the node creates; undefined if the node can't create ids. */
  readonly workerId?: number | undefined;
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const MAX_FIELDS = 20;
const MAX_IDS = 100;

/** Returns what a request or interaction may change, undefined if nothing. */
export function describeMutation(
  reflector: Reflector,
  context: ExecutionContext,
  userId: Snowflake,
): PendingMutation | undefined {
  const isHttp = context.getType() === 'http';
  if (isHttp && READING.has(context.switchToHttp().getRequest<FastifyRequest>().method)) return undefined;
  const targets = mutationTargetsOf(reflector, context.getHandler(), context.getClass());
  if (targets?.length === 0) return undefined;
  const atMs = Date.now();
  const base = { userId, atMs, ...(targets && { targets }) };
  if (!isHttp) return { ...base, ids: idsIn(context.switchToWs().getData()) };
  const { params, body } = context.switchToHttp().getRequest<FastifyRequest>();
  const { code } = params as { code?: string };
  return { ...base, ids: idsIn(body, params), ...(code !== undefined && { code }) };
}

/** Returns the ids in fields named `…_id` or `…_ids`; later sources win. Nothing is validated yet, so other values are ignored. */
function idsIn(...sources: readonly unknown[]): Record<string, readonly Snowflake[]> {
  const fields = sources.flatMap((source) =>
    source !== null && typeof source === 'object' ? Object.entries(source) : [],
  );
  const named = fields.flatMap(([field, value]: [string, unknown]) => {
    const [, name] = /^(\w{1,32}_id)s?$/.exec(field) ?? [];
    const ids = (Array.isArray(value) ? value.slice(0, MAX_IDS) : [value])
      .map(parseSnowflake)
      .filter((id) => id !== undefined);
    return name === undefined || ids.length === 0 ? [] : [[name, ids] as const];
  });
  return Object.fromEntries(named.slice(-MAX_FIELDS));
}
