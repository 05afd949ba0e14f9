import { type CallHandler, type ExecutionContext, HttpStatus, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, from, mergeMap, type Observable, throwError } from 'rxjs';
import { ValidationPipe } from '../common/dto/validation.pipe';
import { contextOf } from '../common/request-context';
import { DryRunRequested } from '../guilds/dry-run-requested';
import { DryRunQuery } from './impact.dto';
import { ImpactService } from './impact.service';

/** With `dry_run=true`, responds with the effect of the mutation instead of making it. */
@Injectable()
export class DryRunInterceptor implements NestInterceptor {
  private readonly validation = new ValidationPipe();

  constructor(private readonly impact: ImpactService) {}

  /** @throws ValidationFailed if the query is invalid */
  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const { query } = context.switchToHttp().getRequest<FastifyRequest>();
    const { dry_run: isDryRun } = (await this.validation.transform(query, {
      type: 'query',
      metatype: DryRunQuery,
      data: undefined,
    })) as DryRunQuery;
    if (!isDryRun) return next.handle();
    contextOf(context).isDryRun = true;
    return next.handle().pipe(
      // Fails loudly rather than pretend that nothing was changed.
      mergeMap(() => throwError(() => new Error('A handler with @SupportsDryRun() did not commit with GuildWriter.'))),
      catchError((error: unknown) => {
        if (!(error instanceof DryRunRequested)) return throwError(() => error);
        void context.switchToHttp().getResponse<FastifyReply>().status(HttpStatus.OK);
        return from(this.impact.of(error.authority, error.plan));
      }),
    );
  }
}
