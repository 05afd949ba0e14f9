import { Injectable, Logger } from '@nestjs/common';
import { findUnsafeKey } from '../../common/json-safety';
import { ConfigService } from '../../config/config.service';
import type { RateRule } from '../../config/config.schema';
import { Buckets, type Hit } from '../../throttling/buckets';
import { type ClientSocket, terminate, send } from '../transport/client-socket';
import { type InteractionName, INTERACTIONS } from '../protocol/gateway-events';
import { CLOSE, PacketRefused } from '../protocol/close-codes';
import { HandlerRegistry } from './handler-registry';
import type { SocketObserver } from '../transport/socket-observer';
import { SessionExpiry } from '../session/session-expiry';

/** An interaction as Socket.IO passes it: name, payload and acknowledgement callback. */
type Packet = unknown[];

const WARN_AT = 0.8;

/** Returns the key of the bucket that counts the interactions of a user, over all sockets and nodes. */
export const gatewayBucket = (userId: bigint): string => `gateway:${userId}`;

/**
 * Checks every packet before its handler: counts it in the bucket of the user, and closes the connection if the packet
 * is invalid or exceeds a limit.
 */
@Injectable()
export class InteractionLimiter implements SocketObserver {
  private readonly log = new Logger(InteractionLimiter.name);

  constructor(
    private readonly buckets: Buckets,
    private readonly config: ConfigService,
    private readonly interactions: HandlerRegistry,
    private readonly expiry: SessionExpiry,
  ) {}

  /** Checks every packet of a socket. */
  onConnect(socket: ClientSocket): void {
    socket.on('error', (error: unknown) => {
      const reason = error instanceof PacketRefused ? error.closeReason : CLOSE.invalidPayload;
      if (reason === CLOSE.rateLimited) this.closeAsFlooded(socket);
      else terminate(socket, reason);
    });
    socket.use((packet) => {
      const inFlightBefore = socket.data.inFlight;
      // The first packet over the limit closes the connection; later packets are ignored.
      if (this.exceedsInFlight(inFlightBefore - 1)) return;
      socket.data.inFlight += 1;
      this.check(socket, packet, inFlightBefore).then(
        (passes) => {
          if (passes) this.enqueue(socket, packet);
        },
        () => terminate(socket, CLOSE.internalError),
      );
    });
  }

  // More packets arrived at once than an empty bucket allows. They were not counted one by one, so the bucket is
  // filled.
  private closeAsFlooded(socket: ClientSocket): void {
    const rule = this.config.get('GATEWAY_BUCKET');
    terminate(socket, CLOSE.rateLimited, rule.windowMs);
    this.buckets
      .fill(gatewayBucket(socket.data.session.user_id), rule)
      .catch((error: unknown) => this.log.error(error));
  }

  private async check(socket: ClientSocket, packet: Packet, inFlightBefore: number): Promise<boolean> {
    if (!isConnected(socket)) return false;
    const [name, payload] = packet;
    const rule = this.config.get('GATEWAY_BUCKET');
    const weight = isInteraction(name) ? INTERACTIONS[name].weight : 1;
    const hit = await this.buckets.hit(gatewayBucket(socket.data.session.user_id), rule, weight);
    // Packets that were in flight when the connection ended.
    if (!isConnected(socket)) return false;
    if (!hit.allowed) terminate(socket, CLOSE.rateLimited, hit.retryAfterMs);
    else if (this.exceedsInFlight(inFlightBefore)) terminate(socket, CLOSE.tooManyInFlight);
    else if (!isInteraction(name)) terminate(socket, CLOSE.unsupportedData);
    else if (!isPlain(payload) || !isAcknowledgedAtMost(packet)) terminate(socket, CLOSE.invalidPayload);
    else {
      warn(socket, rule, hit, weight);
      return true;
    }
    return false;
  }

  private exceedsInFlight(inFlight: number): boolean {
    const limit = this.config.get('GATEWAY_IN_FLIGHT');
    return limit > 0 && inFlight >= limit;
  }

  // Interactions of a socket run one after another, in the order of their arrival, so that a flooding client is
  // disconnected before more than the first has run. An interaction ends when it is acknowledged; handlers and
  // GatewayFilter acknowledge all of them, requested or not.
  private enqueue(socket: ClientSocket, [name, payload, acknowledge]: Packet): void {
    const { data } = socket;
    const end = (answer: unknown): void => {
      data.inFlight -= 1;
      this.expiry.closeDue();
      (acknowledge as ((answer: unknown) => void) | undefined)?.(answer);
      const next = data.waiting?.shift();
      if (next) next();
      else delete data.waiting;
    };
    const begin = (): void => {
      this.expiry.closeDue();
      void this.interactions.invoke(socket, name as InteractionName, payload as object, end);
    };
    if (data.waiting) data.waiting.push(begin);
    else {
      data.waiting = [];
      begin();
    }
  }
}

function warn(socket: ClientSocket, { limit }: RateRule, { remaining, resetMs }: Hit, weight: number): void {
  const used = limit - remaining;
  const threshold = WARN_AT * limit;
  if (limit === 0 || used < threshold || used - weight >= threshold) return;
  send(socket, 'BUCKET_WARNING', { limit, remaining, reset_after: Math.ceil(resetMs / 1_000) });
}

const isInteraction = (name: unknown): name is InteractionName =>
  typeof name === 'string' && Object.hasOwn(INTERACTIONS, name);

const isAcknowledgedAtMost = ({ length, 2: acknowledge }: Packet): boolean =>
  length === 2 || (length === 3 && typeof acknowledge === 'function');

const isPlain = (payload: unknown): boolean =>
  payload !== null && typeof payload === 'object' && !Array.isArray(payload) && findUnsafeKey(payload) === undefined;

// A function, since the compiler takes the property of a socket for unchanged while its promise is awaited.
const isConnected = (socket: ClientSocket): boolean => socket.connected;
