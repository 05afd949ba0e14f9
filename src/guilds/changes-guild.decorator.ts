import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { Audited } from '../audit/audited';
import { WriteConflict } from '../common/common.errors';
import { ApiProblems } from '../common/problems.decorator';
import { GuildVersionMismatch } from './guilds.errors';

/**
 * Documents a mutation that commits with `GuildWriter`: `If-Match` rejects it if the guild has changed, and the audit log records it with the
 * reason of the request. The handler takes both with `@MutationOptionsParam()`.
 */
export const ChangesGuild = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'The ETag of the guild version that the change is based on. Responds 412 if the guild has changed.',
    }),
    ApiProblems(GuildVersionMismatch, WriteConflict),
    Audited(),
  );
