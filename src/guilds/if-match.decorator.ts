import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { WriteConflict } from '../common/common.errors';
import { ApiProblems } from '../common/problems.decorator';
import { GuildVersionMismatch } from './guilds.errors';

/** The route supports `If-Match`: it responds 412 if the guild does not have the given version. */
export const SupportsIfMatch = () =>
  applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'The ETag of the guild version that the change is based on. Responds 412 if the guild has changed.',
    }),
    ApiProblems(GuildVersionMismatch, WriteConflict),
  );
