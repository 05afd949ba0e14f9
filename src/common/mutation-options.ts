import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ValidationFailed } from './common.errors';
import { LIMITS } from './limits';
import { parseValue } from './dto/parse-value';
import { textKind } from './dto/value-kind';
import { parseLine } from './text/plain-text';

/** What a request says about itself, in headers. */
export interface MutationOptions {
  /** The version of the guild that it is based on. */
  readonly expectedVersion?: number | undefined;
  /** Why it is made, for the audit log. */
  readonly reason?: string | undefined;
}

/** The header that tells why something is done. */
export const REASON_HEADER = 'X-Audit-Reason';

const REASON = textKind((text) => parseLine(text, 1, LIMITS.auditReason));

const ETAG = /^"?(\d{1,15})"?$/;

// Header fields are bytes without an encoding: whatever isn't ASCII has to be written in it.
const ASCII = /^[\x20-\x7e]*$/;

/** What a request says about itself that changes a guild. @throws ValidationFailed naming the header */
export const MutationOptionsParam = createParamDecorator((_: unknown, context: ExecutionContext): MutationOptions => ({
  expectedVersion: versionIn(context),
  reason: reasonIn(context),
}));

/** Why a request is made; undefined when it doesn't say. @throws ValidationFailed naming the header */
export const AuditReason = createParamDecorator((_: unknown, context: ExecutionContext) => reasonIn(context));

const headersOf = (context: ExecutionContext): FastifyRequest['headers'] =>
  context.switchToHttp().getRequest<FastifyRequest>().headers;

/** @see https://www.rfc-editor.org/rfc/rfc9110#name-if-match */
function versionIn(context: ExecutionContext): number | undefined {
  const header = headersOf(context)['if-match'];
  if (header === undefined || header === '*') return undefined;
  const version = ETAG.exec(header)?.[1];
  if (version === undefined)
    throw new ValidationFailed([{ field: 'If-Match', detail: 'must be the ETag of a guild, for example "12"' }]);
  return Number(version);
}

/** @see https://www.rfc-editor.org/rfc/rfc3986#section-2.1 */
function reasonIn(context: ExecutionContext): string | undefined {
  const header = headersOf(context)[REASON_HEADER.toLowerCase()];
  if (header === undefined) return undefined;
  return parseValue(REASON, decoded(String(header)), REASON_HEADER);
}

function decoded(header: string): string {
  try {
    if (ASCII.test(header)) return decodeURIComponent(header);
  } catch {
    // Refused below, as what isn't ASCII is.
  }
  throw new ValidationFailed([{ field: REASON_HEADER, detail: 'must be url-encoded UTF-8' }]);
}
