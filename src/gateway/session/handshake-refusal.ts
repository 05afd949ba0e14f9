import { Logger } from '@nestjs/common';
import { TokenInvalid } from '../../common/common.errors';
import { CLOSE, HandshakeRefused } from '../protocol/close-codes';

const log = new Logger('Handshake');

/** Returns the rejection that an error means for the client. Logs the errors that are not rejections. */
export function toHandshakeRefused(error: unknown): HandshakeRefused {
  if (error instanceof HandshakeRefused) return error;
  if (error instanceof TokenInvalid) return new HandshakeRefused(CLOSE.sessionRevoked);
  log.error(String(error), error instanceof Error ? error.stack : undefined);
  return new HandshakeRefused(CLOSE.internalError);
}
