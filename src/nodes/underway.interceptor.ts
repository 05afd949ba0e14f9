import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { concatMap, finalize, from, type Observable } from 'rxjs';
import { callOf } from '../permissions/call';

/** Lets no handler change anything before it is noted that it may, and tells when it is over. */
@Injectable()
export class UnderwayInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { change } = callOf(context);
    if (!change) return next.handle();
    return from(change.noted).pipe(
      concatMap(() => next.handle()),
      finalize(() => change.end()),
    );
  }
}
