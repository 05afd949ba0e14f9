import type { ExecutionContext } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';

// Metadata keys of `@Throttle`, which the package does not export.
const LIMIT_KEY = 'THROTTLER:LIMIT';
const TTL_KEY = 'THROTTLER:TTL';

const ROUTE_LIMITS = {
  register: ['register'],
  search: ['search'],
  invite_preview: ['invite_preview'],
  invite_accept: ['invite_accept'],
  password: ['password'],
} as const satisfies Record<string, readonly string[]>;

/**
 * Applies route-specific throttlers, with the limits of the configuration, besides the general ones. `@Throttle` with the
 * name of a throttler does the same with a limit of the route's own.
 */
export const RateLimit = (kind: keyof typeof ROUTE_LIMITS): MethodDecorator =>
  Throttle(Object.fromEntries(ROUTE_LIMITS[kind].map((name) => [name, {}])));

/** Returns whether a route or its controller selects a throttler by name. */
export const isSelectedByRoute = (name: string, context: ExecutionContext): boolean =>
  targetsOf(context).some((target) => Reflect.hasMetadata(LIMIT_KEY + name, target));

/** Returns whether a route or its controller has a limit or a window of its own for a throttler. */
export const overridesLimit = (name: string, context: ExecutionContext): boolean =>
  targetsOf(context).some((target) =>
    [LIMIT_KEY, TTL_KEY].some((key) => Reflect.getMetadata(key + name, target) !== undefined),
  );

const targetsOf = (context: ExecutionContext): readonly object[] => [context.getHandler(), context.getClass()];
