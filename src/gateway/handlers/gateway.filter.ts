import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { InternalError } from '../../common/common.errors';
import { problemDocument } from '../../common/problem';
import { problemOf } from '../../common/problem.filter';

type Acknowledge = (answer: { ok: false; error: Record<string, unknown> }) => void;

/** Acknowledges a failed interaction with the code and the detail that the REST API responds with. */
@Catch()
export class GatewayFilter implements ExceptionFilter {
  private readonly log = new Logger('Gateway');

  catch(error: unknown, host: ArgumentsHost): void {
    const problem = problemOf(error);
    if (problem instanceof InternalError)
      this.log.error(String(error), error instanceof Error ? error.stack : undefined);
    const { code, detail, type: _type, title: _title, status: _status, ...extra } = problemDocument(problem);
    const acknowledge = host
      .getArgs<unknown[]>()
      .find((argument): argument is Acknowledge => typeof argument === 'function');
    acknowledge?.({ ok: false, error: { code, message: detail, ...extra } });
  }
}
