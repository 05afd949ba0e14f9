import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ValidationFailed } from '../common/common.errors';
import { LIMITS } from '../common/limits';
import { ApiProblems } from '../common/problems.decorator';
import { REASON_HEADER } from '../common/mutation-options';

/** Records an entry in the audit log, with the reason of the request. */
export const Audited = () =>
  applyDecorators(
    ApiHeader({
      name: REASON_HEADER,
      required: false,
      description: `Why, for the audit log: url-encoded, up to ${LIMITS.auditReason} characters.`,
      example: 'Sold%20snake%20oil.',
    }),
    ApiProblems(ValidationFailed),
  );
