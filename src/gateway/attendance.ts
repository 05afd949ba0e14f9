import { Injectable } from '@nestjs/common';
import type { Namespace } from 'socket.io';
import type { Snowflake } from '../common/snowflake';
import { Snowflakes } from '../common/snowflakes.service';
import type { MemberDocument } from '../members/member.schema';
import { type ClientSocket, familyOf, type Sent, wants } from './connection';
import type { VisibleTracks } from '../read-states/read-states.service';
import { GuildSockets } from './guild-sockets';
import type { Seat } from './guild-views';
import type { GuildView } from './member-view';
import { SessionExpiry } from './session-expiry';
import type { VisibilityGroup } from './visibility-group';

/** The room of every socket that was taken in. */
const EVERYBODY = 'everybody';

/** The sockets on this node that were taken in, by user and by guild, and the way to reach them. */
@Injectable()
export class Attendance {
  private readonly rooms = new Map<Snowflake, GuildSockets>();
  private readonly users = new Map<Snowflake, Set<ClientSocket>>();
  private namespace: Namespace | undefined;

  constructor(
    private readonly expiry: SessionExpiry,
    private readonly snowflakes: Snowflakes,
  ) {}

  /** Sends over these sockets from now on. */
  attach(namespace: Namespace): void {
    this.namespace = namespace;
  }

  /** Every open socket, those too that are not taken in yet. */
  get open(): Iterable<ClientSocket> {
    return (this.namespace?.sockets.values() ?? []) as Iterable<ClientSocket>;
  }

  /** The sockets of these users. */
  of(...userIds: readonly Snowflake[]): ClientSocket[] {
    return userIds.flatMap((id) => [...(this.users.get(id) ?? [])]);
  }

  /** The sockets in a guild, when there are any. */
  room(guildId: Snowflake): GuildSockets | undefined {
    return this.rooms.get(guildId);
  }

  /** The tracks that the user of a socket may view right now, guild by guild. */
  visibleTo(socket: ClientSocket): VisibleTracks[] {
    return guildIdsOf(socket).flatMap((id) => this.rooms.get(id)?.visibleTo(socket) ?? []);
  }

  /** Takes a socket in, with the guilds of its user. */
  add(socket: ClientSocket, seats: readonly Seat[]): void {
    const { user_id: userId } = socket.data.session;
    const sockets = this.users.get(userId) ?? new Set<ClientSocket>();
    this.users.set(userId, sockets.add(socket));
    void socket.join(EVERYBODY);
    for (const { member, view } of seats) this.enter([socket], member, view);
  }

  /** Forgets a socket that is gone. */
  remove(socket: ClientSocket): void {
    const { user_id: userId } = socket.data.session;
    this.users.get(userId)?.delete(socket);
    if (this.users.get(userId)?.size === 0) this.users.delete(userId);
    for (const guildId of guildIdsOf(socket)) this.leave([socket], guildId);
  }

  /** Lets sockets of one user into a guild. */
  enter(sockets: readonly ClientSocket[], member: MemberDocument, view: GuildView): void {
    const room = this.rooms.get(member.guild_id) ?? new GuildSockets(view, () => this.snowflakes.newest);
    this.rooms.set(member.guild_id, room);
    for (const socket of sockets) {
      if (!room.has(socket)) socket.data.guildIds = [...guildIdsOf(socket), member.guild_id];
      room.enter(socket, member);
    }
  }

  /** Lets sockets go out of a guild. */
  leave(sockets: readonly ClientSocket[], guildId: Snowflake): void {
    const room = this.rooms.get(guildId);
    for (const socket of sockets) {
      socket.data.guildIds = guildIdsOf(socket).filter((id) => id !== guildId);
      room?.leave(socket);
    }
    if (room?.isEmpty) this.rooms.delete(guildId);
  }

  /** Sends an event to those of these sockets that want it. */
  send<Name extends keyof Sent>(sockets: readonly ClientSocket[], name: Name, data: Sent[Name], seq: string): void {
    const family = familyOf(name);
    this.sendTo(sockets.filter((socket) => wants(socket, family)).map(({ id }) => id), name, data, seq);
  }

  /** Sends an event to those in these groups that want it; encoded once. */
  sendToGroups<Name extends keyof Sent>(groups: readonly VisibilityGroup[], name: Name, data: Sent[Name], seq: string): void {
    const family = familyOf(name);
    this.sendTo(groups.flatMap((group) => group.roomsFor(family)), name, data, seq);
  }

  /** Sends an event to every socket that was taken in. */
  sendToEverybody<Name extends keyof Sent>(name: Name, data: Sent[Name], seq: string): void {
    this.sendTo([EVERYBODY], name, data, seq);
  }

  /** Sends an event to rooms of Socket.IO; encoded once. One that has no place in the log has no seq. */
  sendTo<Name extends keyof Sent>(rooms: readonly string[], name: Name, data: Sent[Name], seq?: string): void {
    this.expiry.closeDue();
    if (rooms.length > 0) this.namespace?.to([...rooms]).emit(name, data, ...(seq === undefined ? [] : [seq]));
  }
}

const guildIdsOf = ({ data }: ClientSocket): readonly Snowflake[] => data.guildIds ?? [];
