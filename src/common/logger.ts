import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

// Whatever could open an account or a socket. Bodies are never logged; this is for what a log line carries by accident.
const SECRETS = ['token', 'password', 'current_password', 'authorization', '*.token', '*.password', '*.current_password', '*.authorization', 'req.headers.authorization', 'req.headers.cookie'];

/** The process's log: one JSON object a line, with secrets removed. */
export const createLog = (level: string): Logger =>
  pino({ level, redact: { paths: SECRETS, censor: '[removed]' }, base: undefined, timestamp: pino.stdTimeFunctions.isoTime });

// They tell of each module, route and interaction what the documentation tells, a hundred and fifty lines at every start.
const OF_THE_START: ReadonlySet<string> = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'WebSocketsController']);

/** Lets Nest write to the process's log. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  /** Logs a text, or the fields of a structured message. */
  log(message: unknown, context?: string): void {
    if (typeof message === 'object' && message !== null) return this.logger.info({ context, ...message });
    this.logger[context !== undefined && OF_THE_START.has(context) ? 'debug' : 'info']({ context }, String(message));
  }

  error(message: unknown, stack?: string, context?: string): void {
    this.logger.error({ context, stack }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }

  debug(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  verbose(message: unknown, context?: string): void {
    this.logger.trace({ context }, String(message));
  }
}
