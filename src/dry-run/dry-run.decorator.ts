import { applyDecorators, UseInterceptors } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { fieldsOf } from '../common/dto/dto';
import { DryRunInterceptor } from './dry-run.interceptor';
import { DryRunQuery } from './impact.dto';

/**
 * Lets `dry_run=true` respond with the effect of the mutation, an `ImpactDto`, instead of making it. The first write of the service must be a commit
 * of `GuildWriter`.
 */
export const SupportsDryRun = (): MethodDecorator =>
  applyDecorators(
    UseInterceptors(DryRunInterceptor),
    ...fieldsOf(DryRunQuery).map(({ name, keywords: { description, ...schema } }) =>
      ApiQuery({ name, required: false, description: String(description), schema }),
    ),
  );
