import { Injectable, Logger } from '@nestjs/common';
import type { Namespace } from 'socket.io';
import type { Snowflake } from '../common/snowflake';
import type { DomainEvent } from '../events/event-log';
import type { EventData, EventName } from '../events/event-map';
import { guildDtoOf } from '../guilds/guilds.service';
import { GuildNotFound } from '../guilds/guilds.errors';
import type { MemberDocument } from '../members/member.schema';
import { memberDtoOf, MembersService } from '../members/members.service';
import { GuildAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { roleDtos } from '../roles/roles.service';
import { layoutSeenBy } from '../tracks/track-order';
import { trackDtoOf, tracksSeen, visibleTracks } from '../tracks/track-views';
import type { Audience, GuildView } from './audiences';
import { type ClientSocket, close, familyOf, sayGoodbye, type Sent, wants } from './connection';
import type { GuildSnapshot } from './gateway-events';
import { CLOSE } from './gateway.errors';
import { GuildRoom, type Visibility } from './guild-room';

// That a track appeared or disappeared is told to each group as it comes about for them.
const TOLD_BY_VISIBILITY: ReadonlySet<EventName> = new Set<EventName>(['TRACK_CREATE', 'TRACK_DELETE']);

// All clients at once would be a storm.
const START_AFRESH_WITHIN_MS = 5_000;

/** A connection that is being prepared, and whether a membership of its user changed meanwhile. */
interface Preparation {
  isStale: boolean;
}

/**
 * Brings every event to the sockets on this node that it concerns, one event after the other.
 *
 * Whoever may see a track is asked once for each group of sockets with the same permissions, and remembered until the guild changes; each
 * event is then encoded once and sent to those groups. When a change makes tracks appear or disappear for somebody, they are told first.
 */
@Injectable()
export class Dispatcher {
  private readonly log = new Logger(Dispatcher.name);
  private readonly rooms = new Map<Snowflake, GuildRoom>();
  private readonly users = new Map<Snowflake, Set<ClientSocket>>();
  private readonly preparing = new Map<Snowflake, Set<Preparation>>();
  private namespace: Namespace | undefined;
  private tail: Promise<void> = Promise.resolve();

  constructor(
    private readonly resolver: AuthorityResolver,
    private readonly members: MembersService,
  ) {}

  /** Sends over these sockets from now on. */
  attach(namespace: Namespace): void {
    this.namespace = namespace;
  }

  /** Dispatches an event when all earlier ones are. */
  dispatch(event: DomainEvent): Promise<void> {
    return this.enqueue(() => this.deliver(event));
  }

  /**
   * Takes a socket in: from here on it gets what happens. `ready` is called with its guilds right before, so that what it tells and what
   * follows have neither a gap nor an overlap.
   */
  async admit(socket: ClientSocket, ready: (guilds: GuildSnapshot[]) => void): Promise<void> {
    const { user_id: userId } = socket.data.session;
    const preparation: Preparation = { isStale: false };
    this.prepare(userId, preparation);
    try {
      for (let isIn = false; !isIn; ) {
        preparation.isStale = false;
        const memberships = await this.members.listOf(userId);
        await Promise.all(memberships.map(({ guild_id }) => this.findView(guild_id)));
        await this.enqueue(async () => {
          if (preparation.isStale) return;
          isIn = true;
          if (socket.connected) await this.enter(socket, memberships, ready);
        });
      }
    } finally {
      this.preparing.get(userId)?.delete(preparation);
      if (this.preparing.get(userId)?.size === 0) this.preparing.delete(userId);
    }
  }

  /** Forgets a socket that is gone. */
  release(socket: ClientSocket): void {
    const { user_id: userId } = socket.data.session;
    this.users.get(userId)?.delete(socket);
    if (this.users.get(userId)?.size === 0) this.users.delete(userId);
    for (const [guildId, room] of this.rooms) this.leave(guildId, room, socket);
  }

  /** Resolves when everything that happened so far is dispatched. */
  drain(): Promise<void> {
    return this.tail;
  }

  private enqueue(task: () => Promise<void> | void): Promise<void> {
    const done = this.tail.then(task);
    this.tail = done.catch((error: unknown) => this.log.error(`An event could not be dispatched: ${String(error)}`, error instanceof Error ? error.stack : undefined));
    return this.tail;
  }

  private prepare(userId: Snowflake, preparation: Preparation): void {
    const all = this.preparing.get(userId) ?? new Set<Preparation>();
    this.preparing.set(userId, all.add(preparation));
  }

  private async enter(socket: ClientSocket, memberships: readonly MemberDocument[], ready: (guilds: GuildSnapshot[]) => void): Promise<void> {
    const { user_id: userId } = socket.data.session;
    const views = await Promise.all(memberships.map(async (member) => ({ member, view: await this.findView(member.guild_id) })));
    const existing = views.flatMap(({ member, view }) => (view ? [{ member, view }] : []));
    ready(existing.map(({ member, view }) => snapshot(member, view)));
    const sockets = this.users.get(userId) ?? new Set<ClientSocket>();
    this.users.set(userId, sockets.add(socket));
    for (const { member, view } of existing) this.look(member.guild_id, view).enter(socket, member);
  }

  private async deliver(event: DomainEvent): Promise<void> {
    const { audience, name, data, seq } = event;
    if (isNamed(event, 'SESSIONS_REVOKE')) return this.closeRevoked(event.data);
    if (isNamed(event, 'EVENTS_LOST')) return this.closeAll();
    if ('userIds' in audience) return this.sendTo(this.socketsOf(audience.userIds), name, data, seq);
    if (isNamed(event, 'GUILD_DELETE')) return this.deleteGuild(event.data.id, seq);
    const { guildId } = audience;
    await this.refresh(guildId, seq);
    if (isNamed(event, 'MEMBER_JOIN')) await this.join(event.data.user_id, guildId, seq);
    else if (isNamed(event, 'MEMBER_UPDATE')) await this.updateMember(event.data.user_id, guildId, seq);
    else if (isNamed(event, 'MEMBER_LEAVE')) this.leaveGuild(event.data.user_id, guildId, seq);
    this.toGuild(event);
  }

  private toGuild(event: DomainEvent): void {
    const { audience, name, data, seq } = event;
    if ('userIds' in audience) return;
    const groups = [...(this.rooms.get(audience.guildId)?.groups ?? [])];
    if (TOLD_BY_VISIBILITY.has(name)) return;
    if (isNamed(event, 'TRACKS_REORDER')) {
      for (const group of groups) this.sendToGroups([group], name, { ...event.data, layout: layoutSeenBy(event.data.layout, (id) => group.trackIds.has(id)) }, seq);
      return;
    }
    if (isNamed(event, 'TRACK_UPDATE')) return this.updateTrack(event, groups);
    const { trackId, permission } = audience;
    const reached = groups.filter((group) => (trackId === undefined || group.trackIds.has(trackId)) && (permission === undefined || group.holds(permission)));
    this.sendToGroups(reached, name, data, seq);
  }

  // Where a track is depends on what else somebody sees, so each group is told its own place.
  private updateTrack({ data, seq }: DomainEvent<'TRACK_UPDATE'>, groups: readonly Audience[]): void {
    for (const group of groups) {
      const place = group.places.get(data.id);
      if (place) this.sendToGroups([group], 'TRACK_UPDATE', { ...data, ...place }, seq);
    }
  }

  /** Sees a guild as it now is, and tells whoever sees other tracks than before. */
  private async refresh(guildId: Snowflake, seq: string): Promise<void> {
    const room = this.rooms.get(guildId);
    const view = room && (await this.findView(guildId));
    if (room && view) this.tellVisibility(view, room.look(view), guildId, seq);
  }

  private tellVisibility({ state, tracks }: GuildView, changes: readonly Visibility[], guildId: Snowflake, seq: string): void {
    for (const { rooms, trackIds, appeared, disappeared } of changes) {
      for (const id of disappeared) this.send(rooms, 'TRACK_DELETE', { guild_id: guildId, track_id: id }, seq);
      if (appeared.length === 0) continue;
      const seen = tracksSeen(state.guild.track_layout, (id) => trackIds.has(id));
      for (const id of appeared) {
        const track = tracks.get(id);
        if (track) this.send(rooms, 'TRACK_CREATE', trackDtoOf(track, seen), seq);
      }
      // What is in a category that was hidden until now was in none.
      if (appeared.some((id) => tracks.get(id)?.type === 'category')) this.send(rooms, 'TRACKS_REORDER', { guild_id: guildId, layout: [...seen.layout] }, seq);
    }
  }

  private async join(userId: Snowflake, guildId: Snowflake, seq: string): Promise<void> {
    this.markStale(userId);
    const sockets = this.socketsOf([userId]);
    const [member, view] = sockets.length === 0 ? [] : await Promise.all([this.members.find(guildId, userId), this.findView(guildId)]);
    if (!member || !view) return;
    this.sendTo(sockets, 'GUILD_CREATE', snapshot(member, view), seq);
    const room = this.look(guildId, view);
    for (const socket of sockets) room.enter(socket, member);
  }

  private async updateMember(userId: Snowflake, guildId: Snowflake, seq: string): Promise<void> {
    this.markStale(userId);
    const room = this.rooms.get(guildId);
    const sockets = this.socketsOf([userId]);
    if (!room || sockets.length === 0) return;
    const [member, view] = await Promise.all([this.members.find(guildId, userId), this.findView(guildId)]);
    if (member && view) this.tellVisibility(view, room.update(sockets, member), guildId, seq);
  }

  private leaveGuild(userId: Snowflake, guildId: Snowflake, seq: string): void {
    this.markStale(userId);
    const room = this.rooms.get(guildId);
    const sockets = this.socketsOf([userId]);
    this.sendTo(sockets, 'GUILD_DELETE', { id: guildId }, seq);
    if (room) for (const socket of sockets) this.leave(guildId, room, socket);
  }

  private deleteGuild(guildId: Snowflake, seq: string): void {
    for (const all of this.preparing.values()) for (const preparation of all) preparation.isStale = true;
    const room = this.rooms.get(guildId);
    if (!room) return;
    this.sendToGroups([...room.groups], 'GUILD_DELETE', { id: guildId }, seq);
    for (const socket of [...room.sockets]) this.leave(guildId, room, socket);
  }

  private closeRevoked({ user_id: userId, session_ids: sessionIds }: EventData<'SESSIONS_REVOKE'>): void {
    for (const socket of this.socketsOf([userId])) {
      if (sessionIds === null || sessionIds.includes(socket.data.session.id)) close(socket, CLOSE.forcedOff);
    }
  }

  private closeAll(): void {
    for (const socket of this.namespace?.sockets.values() ?? []) sayGoodbye(socket as ClientSocket, CLOSE.eventsLost, Math.random() * START_AFRESH_WITHIN_MS);
  }

  private leave(guildId: Snowflake, room: GuildRoom, socket: ClientSocket): void {
    room.leave(socket);
    if (room.isEmpty) this.rooms.delete(guildId);
  }

  private look(guildId: Snowflake, view: GuildView): GuildRoom {
    const room = this.rooms.get(guildId) ?? new GuildRoom(view);
    this.rooms.set(guildId, room);
    return room;
  }

  private async findView(guildId: Snowflake): Promise<GuildView | undefined> {
    try {
      const [state, tracks] = await Promise.all([this.resolver.stateOfGuild(guildId), this.resolver.tracksOfGuild(guildId)]);
      return { state, tracks };
    } catch (error) {
      if (error instanceof GuildNotFound) return undefined;
      throw error;
    }
  }

  private markStale(userId: Snowflake): void {
    for (const preparation of this.preparing.get(userId) ?? []) preparation.isStale = true;
  }

  private socketsOf(userIds: readonly Snowflake[]): ClientSocket[] {
    return userIds.flatMap((id) => [...(this.users.get(id) ?? [])]);
  }

  private sendTo<Name extends keyof Sent>(sockets: readonly ClientSocket[], name: Name, data: Sent[Name], seq: string): void {
    const family = familyOf(name);
    this.send(sockets.filter((socket) => wants(socket, family)).map(({ id }) => id), name, data, seq);
  }

  private sendToGroups<Name extends keyof Sent>(groups: readonly Audience[], name: Name, data: Sent[Name], seq: string): void {
    const family = familyOf(name);
    this.send(groups.flatMap((group) => group.roomsFor(family)), name, data, seq);
  }

  private send<Name extends keyof Sent>(rooms: readonly string[], name: Name, data: Sent[Name], seq: string): void {
    if (rooms.length > 0) this.namespace?.to([...rooms]).emit(name, data, seq);
  }
}

const isNamed = <Name extends EventName>(event: DomainEvent, name: Name): event is DomainEvent<Name> => event.name === name;

function snapshot(member: MemberDocument, { state, tracks }: GuildView): GuildSnapshot {
  const authority = new GuildAuthority(state, member, undefined, Date.now());
  return { ...guildDtoOf(state.guild), roles: roleDtos(state), tracks: visibleTracks(authority, tracks), me: memberDtoOf(member) };
}
