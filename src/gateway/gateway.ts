import { type BeforeApplicationShutdown, Logger } from '@nestjs/common';
import { type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { Namespace } from 'socket.io';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { Config } from '../config/config';
import { EventLog } from '../events/event-log';
import { familiesOf } from '../events/families';
import { Metrics } from '../metrics/metrics';
import { Presences } from '../presence/presences';
import { ReadStatesService } from '../read-states/read-states.service';
import { type AccountUser, selfDtoOf, UsersService } from '../users/users.service';
import { Admission } from './admission';
import { Attendance } from './attendance';
import { ClientAddress } from './client-address';
import { type ClientSocket, close, sayGoodbye, send, sendJson, wants } from './connection';
import { Dispatcher } from './dispatcher';
import { forgetRequest, hangUp } from './engine';
import { FloodGuard } from './flood-guard';
import { GatewaySecurity } from './gateway-security';
import type { GatewayEvents } from './gateway-events';
import { CLOSE, HandshakeRefused } from './gateway.errors';
import type { Seat } from './guild-views';
import { type Auth, Handshake } from './handshake';
import { Lookers } from './lookers';
import { retryAfterMs } from './retry-after';
import { SessionExpiry } from './session-expiry';
import { snapshotJsonOf } from './shared-views';
import { SlowReaders } from './slow-readers';

/** The gateway: lets clients in and out, and brings them every event that concerns them. */
@WebSocketGateway({ namespace: '/gateway' })
export class Gateway implements OnGatewayInit<Namespace>, BeforeApplicationShutdown {
  private readonly log = new Logger(Gateway.name);

  constructor(
    private readonly handshake: Handshake,
    private readonly flood: FloodGuard,
    private readonly slowReaders: SlowReaders,
    private readonly dispatcher: Dispatcher,
    private readonly attendance: Attendance,
    private readonly admission: Admission,
    private readonly lookers: Lookers,
    private readonly expiry: SessionExpiry,
    private readonly security: GatewaySecurity,
    private readonly addresses: ClientAddress,
    private readonly users: UsersService,
    private readonly presences: Presences,
    private readonly readStates: ReadStatesService,
    private readonly events: EventLog,
    private readonly metrics: Metrics,
    private readonly config: Config,
  ) {}

  afterInit(namespace: Namespace): void {
    this.attendance.attach(namespace);
    this.events.subscribe((event) => this.dispatcher.dispatch(event));
    namespace.use((socket, next) => {
      const client = socket as ClientSocket;
      // Whoever asks twice, or for another place, is thrown off already.
      if (client.conn.readyState !== 'open') return;
      const address = this.addresses.of(client.request);
      this.handshake.identify(client.conn, address, client.handshake.auth as Auth).then(
        async (identity) => {
          client.data = { ...identity, address, inFlight: 0 };
          await this.admission.turn();
          next();
        },
        (error: unknown) => {
          const refusal = this.refusal(error);
          this.security.handshakeRejected(address, refusal.closeReason.code, refusal.userId);
          next(refusal);
          // Once it was told why. A connection is for one attempt: more of them over the same one would cost its client nothing.
          setImmediate(() => hangUp(client.conn));
        },
      );
    });
    namespace.on('connection', (socket) => void this.connect(socket as ClientSocket));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.events.drain();
    const sockets = [...this.attendance.open];
    for (const socket of sockets) sayGoodbye(socket, CLOSE.shuttingDown, retryAfterMs(sockets.length, Math.random()));
  }

  private async connect(socket: ClientSocket): Promise<void> {
    forgetRequest(socket);
    this.metrics.sockets.inc();
    this.presences.arrive(socket.data.session.user_id);
    this.flood.guard(socket);
    this.slowReaders.watch(socket);
    socket.on('disconnect', () => this.disconnect(socket));
    this.expiry.watch(socket);
    if (!socket.connected) return;
    try {
      const user = await this.users.get(socket.data.session.user_id);
      this.presences.learn(user._id, user.presence);
      await (socket.data.resumeFrom === undefined ? this.startAfresh(socket, user) : this.takeUp(socket, socket.data.resumeFrom));
    } catch (error) {
      const { closeReason, retryAfterMs } = this.refusal(error);
      close(socket, closeReason, retryAfterMs);
    }
  }

  private disconnect(socket: ClientSocket): void {
    const { closeCode: code } = socket.data;
    this.metrics.sockets.dec();
    this.presences.depart(socket.data.session.user_id);
    if (code !== undefined) {
      this.metrics.closings.inc({ code });
      this.security.closed(socket, code);
    }
    this.expiry.release(socket);
    this.attendance.remove(socket);
    this.lookers.release(socket);
    socket.conn.close();
  }

  private async startAfresh(socket: ClientSocket, user: AccountUser): Promise<void> {
    const { session, intents } = socket.data;
    const greet = (seats: readonly Seat[], toCome: readonly Snowflake[], seq?: string): void => {
      const fields: Omit<GatewayEvents['READY'], 'guilds'> = {
        session_id: session.id,
        user: selfDtoOf(user),
        presence: user.presence,
        guild_ids_to_come: [...toCome],
        intents: familiesOf(intents),
        limits: this.limits(),
      };
      sendJson(socket, 'READY', `${JSON.stringify(fields).slice(0, -1)},"guilds":[${seats.map(snapshotJsonOf).join()}]}`, seq);
    };
    await this.admission.connect(socket, greet, (...told) => this.welcome(socket, ...told));
    // Asked for once events come, so that no message is in neither of them.
    if (wants(socket, 'read_states')) await this.sendReadStates(socket);
  }

  private async sendReadStates(socket: ClientSocket): Promise<void> {
    const readStates = await this.readStates.list(socket.data.session.user_id, this.attendance.visibleTo(socket));
    // Tracks can be hidden while the positions are loaded.
    send(socket, 'READ_STATES', readStates.filter(({ guild_id: guildId, track_id: trackId }) => this.attendance.room(guildId)?.canReadHistory(socket, trackId) === true));
  }

  private takeUp(socket: ClientSocket, place: string): Promise<void> {
    return this.admission.resume(socket, place, (...told) => this.welcome(socket, ...told));
  }

  private welcome(socket: ClientSocket, seats: readonly Seat[], seq: string, replayed: number): void {
    const { session, intents } = socket.data;
    send(socket, 'RESUMED', { session_id: session.id, replayed, guild_ids: seats.map(({ member }) => member.guild_id), intents: familiesOf(intents) }, seq);
  }

  private limits(): GatewayEvents['READY']['limits'] {
    const { limit, windowMs } = this.config.get('GATEWAY_BUCKET');
    return { bucket: { limit, window_seconds: windowMs / 1_000 }, in_flight: this.config.get('GATEWAY_IN_FLIGHT'), packet_bytes: LIMITS.packetBytes, resume_seconds: this.config.get('RESUME_SECONDS') };
  }

  private refusal(error: unknown): HandshakeRefused {
    if (error instanceof HandshakeRefused) return error;
    this.log.error(String(error), error instanceof Error ? error.stack : undefined);
    return new HandshakeRefused(CLOSE.internalError);
  }
}
