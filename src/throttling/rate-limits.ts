import { createHash } from 'node:crypto';
import { SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { addressBlock } from '../common/address-block';
import type { Environment, RateRule } from '../config/config.schema';
import { callOf } from '../permissions/call';

/** A rate limit of REST: which setting has its numbers, and whom or what it counts. */
export interface RateLimit {
  readonly name: string;
  readonly setting: keyof { [Name in keyof Environment as Environment[Name] extends RateRule ? Name : never]: true };
  /** Whose requests are counted together; undefined when it doesn't concern this request. */
  readonly subject: (request: FastifyRequest, context: ExecutionContext) => string | undefined;
}

const addressOf = ({ ip }: FastifyRequest): string => addressBlock(ip);

const userOrAddress = (request: FastifyRequest, context: ExecutionContext): string => callOf(context).session?.user_id.toString() ?? addressOf(request);

// Only its hash, so that no address of a person stands in a store of counters.
const account = ({ body }: FastifyRequest): string | undefined => {
  const { email } = (body ?? {}) as { email?: unknown };
  return typeof email === 'string' ? createHash('sha256').update(email.trim().toLowerCase()).digest('hex') : undefined;
};

const trackOf = (request: FastifyRequest, context: ExecutionContext): string | undefined => {
  const { track_id: trackId } = request.params as { track_id?: string };
  return trackId === undefined ? undefined : `${userOrAddress(request, context)}:${trackId}`;
};

/** The limits that count everywhere. */
export const GENERAL_LIMITS: readonly RateLimit[] = [
  { name: 'user', setting: 'RATE_USER', subject: userOrAddress },
  { name: 'track', setting: 'RATE_TRACK', subject: trackOf },
];

const SPECIAL = {
  register: [{ name: 'register', setting: 'RATE_REGISTER', subject: addressOf }],
  login: [
    { name: 'login', setting: 'RATE_LOGIN', subject: addressOf },
    { name: 'account', setting: 'RATE_ACCOUNT', subject: account },
  ],
  search: [{ name: 'search', setting: 'RATE_SEARCH', subject: userOrAddress }],
  invite_look: [{ name: 'invite_look', setting: 'RATE_INVITE_LOOK', subject: userOrAddress }],
  invite_accept: [{ name: 'invite_accept', setting: 'RATE_INVITE_ACCEPT', subject: userOrAddress }],
  password: [{ name: 'password', setting: 'RATE_ACCOUNT', subject: userOrAddress }],
} as const satisfies Record<string, readonly RateLimit[]>;

const RATE_LIMIT = 'derailed:rate-limit';

/** Puts a route under limits of its own besides the general ones. */
export const LimitRate = (kind: keyof typeof SPECIAL): MethodDecorator => SetMetadata(RATE_LIMIT, kind);

/** The limits that a handler is under. */
export function limitsOf(handler: object): readonly RateLimit[] {
  const kind = Reflect.getMetadata(RATE_LIMIT, handler) as keyof typeof SPECIAL | undefined;
  return kind === undefined ? GENERAL_LIMITS : [...GENERAL_LIMITS, ...SPECIAL[kind]];
}
