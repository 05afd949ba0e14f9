import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ValidationFailed } from './common.errors';

const ETAG = /^"?(\d{1,15})"?$/;

/** The version that a request is based on; undefined when it doesn't say. @see https://www.rfc-editor.org/rfc/rfc9110#name-if-match */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext): number | undefined => {
  const header = context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
  if (header === undefined || header === '*') return undefined;
  const version = ETAG.exec(header)?.[1];
  if (version === undefined) throw new ValidationFailed([{ field: 'If-Match', detail: 'must be the ETag of a guild, for example "12"' }]);
  return Number(version);
});
