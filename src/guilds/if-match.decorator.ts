import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { WriteConflict } from '../common/common.errors';
import { ApiProblems } from '../common/problems.decorator';
import { GuildVersionMismatch } from './guilds.errors';

/** Refused, when the request says with `If-Match` which version of the guild it is based on and the guild has a later one. */
export const SupportsIfMatch = () =>
  applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'The ETag of what this is based on: the guild’s version.',
    }),
    ApiProblems(GuildVersionMismatch, WriteConflict),
  );
