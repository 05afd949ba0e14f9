import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { parseSnowflake, type Snowflake } from '../common/snowflake';

/**
 * What a handler changes, and thus what has to be told again when nobody knows how far it got: `nothing` that is stored, `messages` of the
 * track that is named, or what belongs to the caller `self` and to users who are named. A handler that doesn't say may change anything in the
 * place that it names.
 */
export const MutationScope = Reflector.createDecorator<MutationScopeName | 'nothing'>();

export type MutationScopeName = 'messages' | 'self' | 'place';

/** A request or interaction that may change something, as far as it can be told before it does. */
export interface PendingMutation {
  readonly userId: Snowflake;
  /** When it began: milliseconds since 1970, by the clock that its ids are made with. */
  readonly atMs: number;
  readonly scope: MutationScopeName;
  /** The ids that its path or payload names, by the name of the field; those of a list by that of one of them. */
  readonly ids: Readonly<Record<string, readonly Snowflake[]>>;
  /** The code of the invite that its path names. */
  readonly code?: string;
  /** The worker id of its node, which is in the ids that it makes; undefined when it can make none. */
  readonly workerId?: number | undefined;
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const MAX_FIELDS = 20;
const MAX_IDS = 100;

/** What a call may change; undefined when it only reads. Whoever declares nothing is taken to change something. */
export function describeMutation(
  reflector: Reflector,
  context: ExecutionContext,
  userId: Snowflake,
): PendingMutation | undefined {
  const isHttp = context.getType() === 'http';
  if (isHttp && READING.has(context.switchToHttp().getRequest<FastifyRequest>().method)) return undefined;
  const touches = reflector.getAllAndOverride(MutationScope, [context.getHandler(), context.getClass()]) ?? 'place';
  if (touches === 'nothing') return undefined;
  const atMs = Date.now();
  if (!isHttp) return { userId, atMs, scope: touches, ids: idsIn(context.switchToWs().getData()) };
  const { params, body } = context.switchToHttp().getRequest<FastifyRequest>();
  const { code } = params as { code?: string };
  return { userId, atMs, scope: touches, ids: idsIn(body, params), ...(code !== undefined && { code }) };
}

/** The ids in fields that are called `…_id` or `…_ids`, later sources first; nothing is validated yet, so whatever else is there is passed over. */
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
