import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';

/** An answer, and the version of the guild that it is true of. */
export class Versioned<Body> {
  constructor(
    readonly version: number,
    readonly body: Body,
  ) {}
}

/** Tells the version of an answer as its ETag, for `If-Match` to name. @see https://www.rfc-editor.org/rfc/rfc9110#name-etag */
@Injectable()
export class ETagInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((answer: unknown) => {
        if (!(answer instanceof Versioned)) return answer;
        void context.switchToHttp().getResponse<FastifyReply>().header('ETag', `"${answer.version}"`);
        return answer.body as unknown;
      }),
    );
  }
}
