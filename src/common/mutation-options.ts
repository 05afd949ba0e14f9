import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ValidationFailed } from './common.errors';
import { LIMITS } from './limits';
import { parseValue } from './dto/parse-value';
import { textKind } from './dto/value-kind';
import { contextOf } from './request-context';
import { parseLine } from './text/plain-text';

/** Options of a mutation, sent as header fields and, for `isDryRun`, in the query. */
export interface MutationOptions {
  /** The version of the guild that the mutation is based on, from `If-Match`. */
  readonly expectedVersion?: number | undefined;
  /** The reason shown in the audit log. */
  readonly reason?: string | undefined;
  /** Whether only the effect of the mutation is requested. */
  readonly isDryRun?: boolean | undefined;
}

/** Header field with the reason for the audit log. */
export const REASON_HEADER = 'X-Audit-Reason';

const REASON = textKind((text) => parseLine(text, 1, LIMITS.auditReason));

const ETAG = /^"?(\d{1,15})"?$/;

// Header fields have no declared encoding, so text beyond ASCII must be percent-encoded.
const ASCII = /^[\x20-\x7e]*$/;

/** Returns the options of a guild mutation. @throws ValidationFailed naming the header field */
export const MutationOptionsParam = createParamDecorator((_: unknown, context: ExecutionContext): MutationOptions => ({
  expectedVersion: versionIn(context),
  reason: reasonIn(context),
  isDryRun: contextOf(context).isDryRun,
}));

/**
 * Returns the reason of a request; undefined if the header field is missing.
 * @throws ValidationFailed naming the header field
 */
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
    // Rejected below, like text beyond ASCII.
  }
  throw new ValidationFailed([{ field: REASON_HEADER, detail: 'must be url-encoded UTF-8' }]);
}
