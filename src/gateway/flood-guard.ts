import { Injectable } from '@nestjs/common';
import { jsonFault } from '../common/strict-json';
import { Config } from '../config/config';
import { Buckets } from '../throttling/buckets';
import { type ClientSocket, close } from './connection';
import { INTERACTIONS } from './gateway-events';
import { CLOSE } from './gateway.errors';

type Packet = readonly unknown[];

/** Looks at every packet before any handler: each hits the user's bucket, and what can't be understood costs the connection. */
@Injectable()
export class FloodGuard {
  constructor(
    private readonly buckets: Buckets,
    private readonly config: Config,
  ) {}

  /** Puts itself before the handlers of a socket. */
  guard(socket: ClientSocket): void {
    socket.use((packet, next) => {
      this.check(socket, packet).then(
        (passes) => {
          if (passes) next();
        },
        () => close(socket, CLOSE.internalError),
      );
    });
  }

  private async check(socket: ClientSocket, [name, payload, acknowledge, ...more]: Packet): Promise<boolean> {
    if (!socket.connected) return false;
    const { allowed, retryAfterMs } = await this.buckets.hit(`gateway:${socket.data.session.user_id}`, this.config.get('GATEWAY_BUCKET'));
    // Packets that were in flight when the connection ended.
    if (!socket.connected) return false;
    if (!allowed) close(socket, CLOSE.bucketFull, retryAfterMs);
    else if (typeof name !== 'string' || !Object.hasOwn(INTERACTIONS, name) || holdsBinary(payload)) close(socket, CLOSE.unsupportedData);
    else if (!isPlain(payload) || !isCallbackOrNothing(acknowledge) || more.length > 0) close(socket, CLOSE.invalidPayload);
    else return true;
    return false;
  }
}

const isCallbackOrNothing = (value: unknown): boolean => value === undefined || typeof value === 'function';

const isPlain = (payload: unknown): boolean => payload !== null && typeof payload === 'object' && !Array.isArray(payload) && jsonFault(payload) === undefined;

function holdsBinary(value: unknown, depth = 0): boolean {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return value !== null && typeof value === 'object' && depth < 4 && Object.values(value).some((field) => holdsBinary(field, depth + 1));
}
