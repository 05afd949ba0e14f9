import { ApiHeader } from '@nestjs/swagger';
import { LIMITS } from '../common/limits';
import { REASON_HEADER } from '../common/mutation-options';

/** Documents that the audit log records the reason of the request. The handler takes the reason with `@AuditReason()` or `@MutationOptionsParam()`. */
export const Audited = (): MethodDecorator =>
  ApiHeader({
    name: REASON_HEADER,
    required: false,
    description: `Reason for the audit log: url-encoded, at most ${LIMITS.auditReason} characters.`,
    example: 'Sold%20snake%20oil.',
  });
