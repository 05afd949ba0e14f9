import { applyDecorators, UseInterceptors } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { ValidationFailed } from '../common/common.errors';
import { fieldsOf } from '../common/dto/dto';
import { ApiProblems } from '../common/problems.decorator';
import { DryRunInterceptor } from './dry-run.interceptor';
import { DryRunQuery } from './impact.dto';

/** Lets `dry_run=true` respond with the effect of the mutation, an `ImpactDto`, instead of making it. The service must commit with `GuildWriter` first. */
export const SupportsDryRun = (): MethodDecorator =>
  applyDecorators(
    UseInterceptors(DryRunInterceptor),
    ApiProblems(ValidationFailed),
    ...fieldsOf(DryRunQuery).map(({ name, keywords: { description, ...schema } }) =>
      ApiQuery({ name, required: false, description: String(description), schema }),
    ),
  );
