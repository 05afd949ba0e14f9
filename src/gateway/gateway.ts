import { type BeforeApplicationShutdown, Logger } from '@nestjs/common';
import { type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { Namespace } from 'socket.io';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { ConfigService } from '../config/config.service';
import { EventLog } from '../events/event-log';
import { intentNames } from '../events/intents';
import { Metrics } from '../metrics/metrics';
import { PresenceRegistry } from '../presence/presence.registry';
import { ReadStatesService } from '../read-states/read-states.service';
import { type AccountUser, toSelfDto, UsersService } from '../users/users.service';
import { SessionStarter } from './session/session-starter.service';
import { SocketRegistry } from './dispatch/socket-registry.service';
import { ClientAddress } from './transport/client-address';
import { type ClientSocket, terminate, disconnect, send, sendJson, hasIntent } from './transport/client-socket';
import { Dispatcher } from './dispatch/dispatcher';
import { releaseRequest, closeConnection } from './transport/engine-io';
import { InteractionLimiter } from './handlers/interaction-limiter';
import { GatewaySecurity } from './transport/gateway-security';
import type { GatewayEvents } from './protocol/gateway-events';
import { CLOSE, HandshakeRefused } from './protocol/close-codes';
import type { MemberGuild } from './dispatch/guild-snapshots.service';
import { type Auth, Handshake } from './session/handshake';
import { MemberListSubscriptions } from './member-list/member-list-subscriptions.service';
import { retryAfterMs } from './protocol/retry-after';
import { SessionExpiry } from './session/session-expiry';
import { snapshotJsonOf } from './dispatch/shared-views';
import { SlowConsumerMonitor } from './transport/slow-consumers';

/** The gateway: lets clients in and out, and brings them every event that concerns them. */
@WebSocketGateway({ namespace: '/gateway' })
export class Gateway implements OnGatewayInit<Namespace>, BeforeApplicationShutdown {
  private readonly log = new Logger(Gateway.name);

  constructor(
    private readonly handshake: Handshake,
    private readonly interactionLimiter: InteractionLimiter,
    private readonly slowConsumers: SlowConsumerMonitor,
    private readonly dispatcher: Dispatcher,
    private readonly sockets: SocketRegistry,
    private readonly sessionStarter: SessionStarter,
    private readonly memberListSubscriptions: MemberListSubscriptions,
    private readonly expiry: SessionExpiry,
    private readonly security: GatewaySecurity,
    private readonly addresses: ClientAddress,
    private readonly users: UsersService,
    private readonly presence: PresenceRegistry,
    private readonly readStates: ReadStatesService,
    private readonly events: EventLog,
    private readonly metrics: Metrics,
    private readonly config: ConfigService,
  ) {}

  afterInit(namespace: Namespace): void {
    this.sockets.attach(namespace);
    this.events.subscribe((event) => this.dispatcher.dispatch(event));
    namespace.use((socket, next) => {
      const client = socket as ClientSocket;
      // Whoever asks twice, or for another place, is thrown off already.
      if (client.conn.readyState !== 'open') return;
      const address = this.addresses.of(client.request);
      this.handshake.identify(client.conn, address, client.handshake.auth as Auth).then(
        async (identity) => {
          client.data = { ...identity, address, inFlight: 0 };
          await this.sessionStarter.turn();
          next();
        },
        (error: unknown) => {
          const refusal = this.refusal(error);
          this.security.handshakeRejected(address, refusal.closeReason.code, refusal.userId);
          next(refusal);
          // Once it was told why. A connection is for one attempt: more of them over the same one would cost its client nothing.
          setImmediate(() => closeConnection(client.conn));
        },
      );
    });
    namespace.on('connection', (socket) => void this.connect(socket as ClientSocket));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.events.drain();
    const sockets = [...this.sockets.openSockets];
    for (const socket of sockets) disconnect(socket, CLOSE.shuttingDown, retryAfterMs(sockets.length, Math.random()));
  }

  private async connect(socket: ClientSocket): Promise<void> {
    releaseRequest(socket);
    this.metrics.sockets.inc();
    this.presence.connect(socket.data.session.user_id);
    this.interactionLimiter.guard(socket);
    this.slowConsumers.watch(socket);
    socket.on('disconnect', () => this.disconnect(socket));
    this.expiry.watch(socket);
    if (!socket.connected) return;
    try {
      const user = await this.users.get(socket.data.session.user_id);
      this.presence.setInitial(user._id, user.presence);
      await (socket.data.resumeFrom === undefined
        ? this.identify(socket, user)
        : this.resume(socket, socket.data.resumeFrom));
    } catch (error) {
      const { closeReason, retryAfterMs } = this.refusal(error);
      terminate(socket, closeReason, retryAfterMs);
    }
  }

  private disconnect(socket: ClientSocket): void {
    const { closeCode: code } = socket.data;
    this.metrics.sockets.dec();
    this.presence.disconnect(socket.data.session.user_id);
    if (code !== undefined) {
      this.metrics.closings.inc({ code });
      this.security.closed(socket, code);
    }
    this.expiry.release(socket);
    this.sockets.remove(socket);
    this.memberListSubscriptions.release(socket);
    socket.conn.close();
  }

  private async identify(socket: ClientSocket, user: AccountUser): Promise<void> {
    const { session, intents } = socket.data;
    const greet = (seats: readonly MemberGuild[], toCome: readonly Snowflake[], seq?: string): void => {
      const fields: Omit<GatewayEvents['READY'], 'guilds'> = {
        session_id: session.id,
        user: toSelfDto(user),
        presence: user.presence,
        pending_guild_ids: [...toCome],
        intents: intentNames(intents),
        limits: this.limits(),
      };
      sendJson(
        socket,
        'READY',
        `${JSON.stringify(fields).slice(0, -1)},"guilds":[${seats.map(snapshotJsonOf).join()}]}`,
        seq,
      );
    };
    await this.sessionStarter.identify(socket, greet, (...sent) => this.sendResumed(socket, ...sent));
    // Asked for once events come, so that no message is in neither of them.
    if (hasIntent(socket, 'read_states')) await this.sendReadStates(socket);
  }

  private async sendReadStates(socket: ClientSocket): Promise<void> {
    const readStates = await this.readStates.list(socket.data.session.user_id, this.sockets.visibleTo(socket));
    // Tracks can be hidden while the positions are loaded.
    send(
      socket,
      'READ_STATES',
      readStates.filter(
        ({ guild_id: guildId, track_id: trackId }) =>
          this.sockets.guildSockets(guildId)?.canReadHistory(socket, trackId) === true,
      ),
    );
  }

  private resume(socket: ClientSocket, place: string): Promise<void> {
    return this.sessionStarter.resume(socket, place, (...sent) => this.sendResumed(socket, ...sent));
  }

  private sendResumed(socket: ClientSocket, seats: readonly MemberGuild[], seq: string, replayed: number): void {
    const { session, intents } = socket.data;
    send(
      socket,
      'RESUMED',
      {
        session_id: session.id,
        replayed,
        guild_ids: seats.map(({ member }) => member.guild_id),
        intents: intentNames(intents),
      },
      seq,
    );
  }

  private limits(): GatewayEvents['READY']['limits'] {
    const { limit, windowMs } = this.config.get('GATEWAY_BUCKET');
    return {
      bucket: { limit, window_seconds: windowMs / 1_000 },
      in_flight: this.config.get('GATEWAY_IN_FLIGHT'),
      packet_bytes: LIMITS.packetBytes,
      resume_seconds: this.config.get('RESUME_SECONDS'),
    };
  }

  private refusal(error: unknown): HandshakeRefused {
    if (error instanceof HandshakeRefused) return error;
    this.log.error(String(error), error instanceof Error ? error.stack : undefined);
    return new HandshakeRefused(CLOSE.internalError);
  }
}
