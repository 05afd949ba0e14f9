import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

// Fields that could grant access to an account or a socket. Bodies are never logged; this list covers values that a log
// line contains by accident.
const SECRETS = [
  'token',
  'password',
  'current_password',
  'authorization',
  '*.token',
  '*.password',
  '*.current_password',
  '*.authorization',
  'req.headers.authorization',
  'req.headers.cookie',
];

/** The fields of a request that the log uses. */
interface LoggedRequest {
  readonly method: string;
  readonly ip?: string;
  readonly params?: unknown;
  readonly routeOptions?: { readonly url?: string | undefined };
}

/**
 * Returns what the log contains of a request: the pattern of its route and the ids in its path. The URL itself is not logged, because invite codes
 * and query strings are part of it.
 */
export function serializeRequest({ method, ip, params, routeOptions }: LoggedRequest): object {
  const ids = Object.entries((params ?? {}) as Record<string, unknown>).filter(
    ([name, value]) => name.endsWith('_id') && /^\d{1,20}$/.test(String(value)),
  );
  return {
    method,
    route: routeOptions?.url ?? 'none',
    ...(ids.length > 0 && { ids: Object.fromEntries(ids) }),
    remoteAddress: ip,
  };
}

/** Creates the log of the process: one JSON object per line, with secrets removed. */
export const createLog = (level: string): Logger =>
  pino({
    level,
    serializers: { req: serializeRequest },
    redact: { paths: SECRETS, censor: '[removed]' },
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
  });

// These contexts log every module, route and interaction at startup, about 150 lines that the documentation contains as
// well.
const BOOT_CONTEXTS: ReadonlySet<string> = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'WebSocketsController',
]);

/** Adapter from Nest's logger to the log of the process. */
export class PinoLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  /** Logs a text, or the fields of a structured message. */
  log(message: unknown, context?: string): void {
    if (typeof message === 'object' && message !== null) {
      this.logger.info({ context, ...message });
      return;
    }
    this.logger[context !== undefined && BOOT_CONTEXTS.has(context) ? 'debug' : 'info']({ context }, String(message));
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
