import { SetMetadata } from '@nestjs/common';
import type { HttpRoute } from './http-route';

const BODY_LIMIT = 'derailed:body-limit';

/** Lets a route accept a body of more than `LIMITS.bodyBytes`. */
export const BodyLimit = (bytes: number): MethodDecorator => SetMetadata(BODY_LIMIT, bytes);

/** Returns the body limit that a route declares, in bytes; undefined for the default. */
export const bodyLimitOf = (route: HttpRoute | undefined): number | undefined =>
  route && (Reflect.getMetadata(BODY_LIMIT, route.handler) as number | undefined);
