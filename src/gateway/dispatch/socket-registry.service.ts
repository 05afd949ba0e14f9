import { Injectable } from '@nestjs/common';
import type { Namespace } from 'socket.io';
import type { Snowflake } from '../../common/snowflake';
import { SnowflakeService } from '../../common/snowflake.service';
import type { MemberDocument } from '../../members/member.schema';
import { type ClientSocket, intentOf, type ServerEvents, hasIntent } from '../transport/client-socket';
import type { VisibleTracks } from '../../read-states/read-states.service';
import { GuildSockets } from './guild-sockets';
import type { MemberGuild } from './guild-snapshots.service';
import type { GuildSnapshotView } from './member-view';
import type { SocketObserver } from '../transport/socket-observer';
import { SessionExpiry } from '../session/session-expiry';
import type { VisibilityGroup } from './visibility-group';

/** The room of all registered sockets. */
const ALL_SOCKETS = 'everybody';

/** The sockets on this node whose handshake is complete, by user and by guild. Sends events to them. */
@Injectable()
export class SocketRegistry implements SocketObserver {
  private readonly guilds = new Map<Snowflake, GuildSockets>();
  private readonly users = new Map<Snowflake, Set<ClientSocket>>();
  private namespace: Namespace | undefined;

  constructor(
    private readonly expiry: SessionExpiry,
    private readonly snowflakes: SnowflakeService,
  ) {}

  /** Sets the namespace whose sockets are used. */
  attach(namespace: Namespace): void {
    this.namespace = namespace;
  }

  /** All open sockets, including those whose handshake is not complete. */
  get openSockets(): Iterable<ClientSocket> {
    return (this.namespace?.sockets.values() ?? []) as Iterable<ClientSocket>;
  }

  /** Returns the sockets of these users. */
  socketsOf(...userIds: readonly Snowflake[]): ClientSocket[] {
    return userIds.flatMap((id) => [...(this.users.get(id) ?? [])]);
  }

  /** Returns the sockets in a guild; undefined if there are none. */
  guildSockets(guildId: Snowflake): GuildSockets | undefined {
    return this.guilds.get(guildId);
  }

  /** Returns the tracks that the user of a socket may view now, by guild. */
  visibleTo(socket: ClientSocket): VisibleTracks[] {
    return guildIdsOf(socket).flatMap((id) => this.guilds.get(id)?.visibleTo(socket) ?? []);
  }

  /** Registers a socket with the guilds of its user. */
  add(socket: ClientSocket, seats: readonly MemberGuild[]): void {
    const { user_id: userId } = socket.data.session;
    const sockets = this.users.get(userId) ?? new Set<ClientSocket>();
    this.users.set(userId, sockets.add(socket));
    void socket.join(ALL_SOCKETS);
    for (const { member, view } of seats) this.enterGuild([socket], member, view);
  }

  /** Removes a closed socket. */
  onDisconnect(socket: ClientSocket): void {
    const { user_id: userId } = socket.data.session;
    this.users.get(userId)?.delete(socket);
    if (this.users.get(userId)?.size === 0) this.users.delete(userId);
    for (const guildId of guildIdsOf(socket)) this.leaveGuild([socket], guildId);
  }

  /** Adds sockets of one user to a guild. */
  enterGuild(sockets: readonly ClientSocket[], member: MemberDocument, view: GuildSnapshotView): void {
    const room = this.guilds.get(member.guild_id) ?? new GuildSockets(view, () => this.snowflakes.newest);
    this.guilds.set(member.guild_id, room);
    for (const socket of sockets) {
      if (!room.has(socket)) socket.data.guildIds = [...guildIdsOf(socket), member.guild_id];
      room.enter(socket, member);
    }
  }

  /** Removes sockets from a guild. */
  leaveGuild(sockets: readonly ClientSocket[], guildId: Snowflake): void {
    const room = this.guilds.get(guildId);
    for (const socket of sockets) {
      socket.data.guildIds = guildIdsOf(socket).filter((id) => id !== guildId);
      room?.leave(socket);
    }
    if (room?.isEmpty) this.guilds.delete(guildId);
  }

  /** Sends an event to the sockets among these whose intents include it. */
  send<Name extends keyof ServerEvents>(
    sockets: readonly ClientSocket[],
    name: Name,
    data: ServerEvents[Name],
    seq: string,
  ): void {
    const family = intentOf(name);
    this.sendTo(
      sockets.filter((socket) => hasIntent(socket, family)).map(({ id }) => id),
      name,
      data,
      seq,
    );
  }

  /** Sends an event to the sockets in these groups whose intents include it. It is encoded once. */
  sendToGroups<Name extends keyof ServerEvents>(
    groups: readonly VisibilityGroup[],
    name: Name,
    data: ServerEvents[Name],
    seq: string,
  ): void {
    const family = intentOf(name);
    this.sendTo(
      groups.flatMap((group) => group.roomsFor(family)),
      name,
      data,
      seq,
    );
  }

  /** Sends an event to all registered sockets. */
  sendToAll<Name extends keyof ServerEvents>(name: Name, data: ServerEvents[Name], seq: string): void {
    this.sendTo([ALL_SOCKETS], name, data, seq);
  }

  /** Sends an event to Socket.IO rooms. It is encoded once. An event that is not in the log has no seq. */
  sendTo<Name extends keyof ServerEvents>(
    rooms: readonly string[],
    name: Name,
    data: ServerEvents[Name],
    seq?: string,
  ): void {
    this.expiry.closeDue();
    if (rooms.length > 0) this.namespace?.to([...rooms]).emit(name, data, ...(seq === undefined ? [] : [seq]));
  }
}

const guildIdsOf = ({ data }: ClientSocket): readonly Snowflake[] => data.guildIds ?? [];
