import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../common/limits';
import type { Snowflake } from '../../common/snowflake';
import { ConfigService } from '../../config/config.service';
import { intentNames } from '../../events/intents';
import { ReadStatesService } from '../../read-states/read-states.service';
import { type AccountUser, toSelfDto } from '../../users/users.service';
import type { MemberGuild } from '../dispatch/guild-snapshots.service';
import { snapshotJsonOf } from '../dispatch/shared-views';
import { SocketRegistry } from '../dispatch/socket-registry.service';
import type { GatewayEvents } from '../protocol/gateway-events';
import { type ClientSocket, hasIntent, send, sendJson } from '../transport/client-socket';

/** Guilds that READY contains, the ids of those that follow with GUILD_CREATE, and the seq; undefined if guilds follow. */
export interface ReadyGuilds {
  readonly guilds: readonly MemberGuild[];
  readonly pendingGuildIds: readonly Snowflake[];
  readonly seq: string | undefined;
}

/** Sends READY, READ_STATES and RESUMED. */
@Injectable()
export class SessionGreeting {
  constructor(
    private readonly sockets: SocketRegistry,
    private readonly readStates: ReadStatesService,
    private readonly config: ConfigService,
  ) {}

  /** Sends READY. The JSON of a guild is shared by all sockets with the same view of the guild. */
  sendReady(socket: ClientSocket, user: AccountUser, { guilds, pendingGuildIds, seq }: ReadyGuilds): void {
    const { session, intents } = socket.data;
    const fields: Omit<GatewayEvents['READY'], 'guilds'> = {
      session_id: session.id,
      user: toSelfDto(user),
      presence: user.presence,
      pending_guild_ids: [...pendingGuildIds],
      intents: intentNames(intents),
      limits: this.limits(),
    };
    const json = `${JSON.stringify(fields).slice(0, -1)},"guilds":[${guilds.map(snapshotJsonOf).join()}]}`;
    sendJson(socket, 'READY', json, seq);
  }

  /** Sends RESUMED with the ids of all guilds of the user and the number of replayed events. */
  sendResumed(socket: ClientSocket, guilds: readonly MemberGuild[], seq: string, replayed: number): void {
    const { session, intents } = socket.data;
    const data = {
      session_id: session.id,
      replayed,
      guild_ids: guilds.map(({ member }) => member.guild_id),
      intents: intentNames(intents),
    };
    send(socket, 'RESUMED', data, seq);
  }

  /** Sends READ_STATES if the client has the intent. Called once the socket receives events, so that no message is missing from both. */
  async sendReadStates(socket: ClientSocket): Promise<void> {
    if (!hasIntent(socket, 'read_states')) return;
    const readStates = await this.readStates.list(socket.data.session.user_id, this.sockets.visibleTo(socket));
    // A track can be hidden while the read states are loaded.
    const visible = readStates.filter(
      ({ guild_id: guildId, track_id: trackId }) =>
        this.sockets.guildSockets(guildId)?.canReadHistory(socket, trackId) === true,
    );
    send(socket, 'READ_STATES', visible);
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
}
