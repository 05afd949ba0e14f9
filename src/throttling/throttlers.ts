import type { ExecutionContext } from '@nestjs/common';
import type { ThrottlerOptions } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { ipSubnet } from '../common/ip-subnet';
import type { ConfigService } from '../config/config.service';
import type { Environment, RateRule } from '../config/config.schema';
import { contextOf } from '../common/request-context';
import { isSelectedByRoute, overridesLimit } from './rate-limit.decorator';
import { isBodyRead } from './rate-limit-state';

type RateSetting = keyof { [Name in keyof Environment as Environment[Name] extends RateRule ? Name : never]: true };

/** A named rate limit of the REST API. */
interface Throttler {
  readonly name: string;
  /** The setting with the limit and the window. */
  readonly setting: RateSetting;
  /** Applies to every request that has a subject; other throttlers apply to the routes that select them. */
  readonly isGeneral?: true;
  /**
   * Requests are rejected beyond the limit but not counted here: a service counts those that are valid. An invalid request counts only against the
   * general limits.
   */
  readonly isCountedByService?: true;
  /** Returns the id under which requests are counted together; undefined if the throttler does not apply to the request. */
  readonly subject: (request: FastifyRequest, context: ExecutionContext) => string | undefined;
}

const addressOf = ({ ip }: FastifyRequest): string => ipSubnet(ip);

const userOf = (_request: FastifyRequest, context: ExecutionContext): string | undefined =>
  contextOf(context).session?.user_id.toString();

const userOrAddress = (request: FastifyRequest, context: ExecutionContext): string =>
  userOf(request, context) ?? addressOf(request);

const addressWithoutSession = (request: FastifyRequest, context: ExecutionContext): string | undefined =>
  contextOf(context).session ? undefined : addressOf(request);

const trackOf = (request: FastifyRequest, context: ExecutionContext): string | undefined => {
  const { track_id: trackId } = (request.params ?? {}) as { track_id?: string };
  const user = userOf(request, context);
  return trackId === undefined || user === undefined ? undefined : `${user}:${trackId}`;
};

const REGISTER = 'register';

const THROTTLERS: readonly Throttler[] = [
  { name: 'user', setting: 'RATE_USER', subject: userOf, isGeneral: true },
  { name: 'address', setting: 'RATE_ADDRESS', subject: addressWithoutSession, isGeneral: true },
  { name: 'track', setting: 'RATE_TRACK', subject: trackOf, isGeneral: true },
  { name: REGISTER, setting: 'RATE_REGISTER', subject: addressOf, isCountedByService: true },
  { name: 'password', setting: 'RATE_ACCOUNT', subject: userOrAddress },
  { name: 'search', setting: 'RATE_SEARCH', subject: userOrAddress },
  { name: 'invite_preview', setting: 'RATE_INVITE_PREVIEW', subject: userOrAddress },
  { name: 'invite_accept', setting: 'RATE_INVITE_ACCEPT', subject: userOrAddress },
];

const COUNTED_BY_SERVICE: ReadonlySet<string> = new Set(
  THROTTLERS.filter(({ isCountedByService }) => isCountedByService).map(({ name }) => name),
);

/** Returns whether a service counts the requests of a throttler, once they are valid. */
export const isCountedByService = (name: string): boolean => COUNTED_BY_SERVICE.has(name);

/** The counter of registrations from one address block. */
export const registrationCounter = (block: string): { readonly policy: string; readonly key: string } => ({
  policy: REGISTER,
  key: keyOf(REGISTER, block),
});

const keyOf = (name: string, subject: string): string => `${name}:${subject}`;

/**
 * Returns the throttlers of `ThrottlerModule`. `@Throttle` on a route changes the limit of a throttler there and gives the
 * route a counter of its own; `@SkipThrottle` turns a throttler off.
 */
export const throttlers = (config: ConfigService): ThrottlerOptions[] =>
  THROTTLERS.map((throttler) => toOptions(throttler, config.get(throttler.setting)));

function toOptions({ name, isGeneral, subject }: Throttler, { limit, windowMs }: RateRule): ThrottlerOptions {
  const requestOf = (context: ExecutionContext): FastifyRequest => context.switchToHttp().getRequest<FastifyRequest>();
  return {
    name,
    limit,
    ttl: windowMs,
    blockDuration: 0,
    skipIf: (context) =>
      // Counted before the body was read.
      isBodyRead(requestOf(context)) ||
      !(isGeneral ?? isSelectedByRoute(name, context)) ||
      (limit === 0 && !overridesLimit(name, context)) ||
      subject(requestOf(context), context) === undefined,
    getTracker: (request, context) => subject(request as FastifyRequest, context) ?? '',
    generateKey: (context, tracker) =>
      overridesLimit(name, context)
        ? `${name}:${context.getClass().name}.${context.getHandler().name}:${tracker}`
        : keyOf(name, tracker),
  };
}
