import { Injectable, Logger } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import { type Audience, type DomainEvent, EventLog } from '../events/event-log';
import { type EventData, type EventName, isInternal, isNamed } from '../events/event-map';
import type { Family } from '../events/families';
import { before } from '../events/seq';
import { MemberDirectory } from '../members/member-directory';
import { trackDtoOf, tracksSeen } from '../tracks/track-views';
import { asItNowIs } from './as-it-now-is';
import { Attendance } from './attendance';
import { type ClientSocket, close, sayGoodbye, wants } from './connection';
import { CLOSE } from './gateway.errors';
import { packetsOfGuilds } from './guild-packets';
import type { GuildSockets, VisibilityChange } from './guild-sockets';
import { GuildViews, type Seat } from './guild-views';
import { knownPart, namesEarlierMessages } from './known-messages';
import type { GuildView } from './member-view';
import { Preparations } from './preparations';
import type { VisibilityGroup } from './visibility-group';

const OF_GUILDS: readonly Family[] = ['guilds', 'members', 'roles', 'tracks'];

// All clients at once would be a storm.
const START_AFRESH_WITHIN_MS = 5_000;

/**
 * Brings every event to the sockets on this node that it concerns, one event after the other.
 *
 * Whoever may see a track is asked once for each group of sockets with the same permissions, and remembered until the guild changes; each
 * event is then encoded once and sent to those groups. When a change makes tracks appear or disappear for somebody, they are told first: at
 * the place right before the event's, so that who is cut off in between and comes back gets the event itself as well.
 */
@Injectable()
export class Dispatcher {
  private readonly log = new Logger(Dispatcher.name);
  private dispatched: string;
  private tail: Promise<void> = Promise.resolve();

  constructor(
    private readonly attendance: Attendance,
    private readonly preparations: Preparations,
    private readonly views: GuildViews,
    private readonly members: MemberDirectory,
    events: EventLog,
  ) {
    this.dispatched = events.position;
  }

  /** The place of the last event that was dispatched. */
  get position(): string {
    return this.dispatched;
  }

  /** Dispatches an event when all earlier ones are. */
  dispatch(event: DomainEvent): Promise<void> {
    return this.between(async () => {
      try {
        await this.deliver(event);
      } catch (error) {
        this.log.error(`An event could not be dispatched: ${String(error)}`, error instanceof Error ? error.stack : undefined);
      }
      this.dispatched = event.seq;
    });
  }

  /** Runs a task between two events: when all that happened so far is dispatched, and before anything else is. */
  between<Result>(task: () => Promise<Result> | Result): Promise<Result> {
    const done = this.tail.then(task);
    this.tail = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /**
   * Adds a socket to the guilds that it was sent. The other sockets of these guilds are brought to the same version first, so that all sockets of a guild
   * are evaluated under one version. Call it between two events.
   */
  enter(socket: ClientSocket, seats: readonly Seat[]): void {
    for (const { member, view } of seats) this.applyView(member.guild_id, view, this.dispatched);
    this.attendance.add(socket, seats);
  }

  private async deliver(event: DomainEvent): Promise<void> {
    const { audience, name, data, seq } = event;
    if (isNamed(event, 'SESSIONS_REVOKE')) return this.closeRevoked(event.data);
    if (isNamed(event, 'EVENTS_LOST')) return this.startAfresh(event.data);
    if (isNamed(event, 'GUILD_RESYNC')) return this.resync(event.data.guild_id, seq);
    if (isNamed(event, 'HEARTBEAT')) return this.attendance.sendToEverybody('POSITION', {}, seq);
    if (isInternal(name)) return;
    if (isNamed(event, 'READ_STATE_UPDATE')) return this.sendReadState(event, audience);
    if ('userIds' in audience) return this.attendance.send(this.attendance.of(...audience.userIds), name, data, seq);
    if (isNamed(event, 'GUILD_DELETE')) return this.deleteGuild(event.data.id, seq);
    const { guildId } = audience;
    await this.refresh(guildId, seq);
    if (isNamed(event, 'MEMBER_JOIN')) await this.join(event.data.user_id, guildId, seq);
    else if (isNamed(event, 'MEMBER_UPDATE')) await this.updateMember(event.data.user_id, guildId, seq);
    else if (isNamed(event, 'MEMBER_LEAVE')) this.leaveGuild(event.data.user_id, guildId, seq);
    this.toGuild(event, guildId);
  }

  // The track may be hidden by now.
  private sendReadState({ name, data, seq }: DomainEvent<'READ_STATE_UPDATE'>, audience: Audience): void {
    const room = this.attendance.room(data.guild_id);
    if (!room || !('userIds' in audience)) return;
    const sockets = this.attendance.of(...audience.userIds).filter((socket) => room.canReadHistory(socket, data.track_id));
    this.attendance.send(sockets, name, data, seq);
  }

  private toGuild(happened: DomainEvent, guildId: Snowflake): void {
    const room = this.attendance.room(guildId);
    if (!room || room.unsentRoles.isOutdated(happened)) return;
    const mustOrderFollow = room.unsentRoles.settle(happened, room.view.state.guild.role_ids);
    this.toGroups(asItNowIs(mustOrderFollow ? { ...happened, seq: before(happened.seq) } : happened, room.view), room);
    if (!mustOrderFollow) return;
    const order = { guild_id: guildId, role_ids: [...room.view.state.guild.role_ids] };
    this.attendance.sendToGroups([...room.groups], 'ROLES_REORDER', order, happened.seq);
  }

  private toGroups(event: DomainEvent, room: GuildSockets): void {
    // Most events are the same for all who get them.
    const told = new Map<EventData<EventName>, VisibilityGroup[]>();
    const withoutHistory = new Set<VisibilityGroup>();
    const { trackId } = 'userIds' in event.audience ? {} : event.audience;
    const namesEarlier = trackId !== undefined && namesEarlierMessages(event);
    for (const group of room.groups) {
      const data = group.view.project(event);
      if (data && namesEarlier && !group.view.canReadHistory(trackId)) {
        withoutHistory.add(group);
        continue;
      }
      const alike = data && told.get(data);
      if (alike) alike.push(group);
      else if (data) told.set(data, [group]);
    }
    for (const [data, groups] of told) this.attendance.sendToGroups(groups, event.name, data, event.seq);
    if (withoutHistory.size > 0 && trackId !== undefined) this.sendKnownParts(event, room, withoutHistory, trackId);
  }

  // Without VIEW_MESSAGE_HISTORY, what a user knows depends on when each socket connected. Sockets that know the same share one packet.
  private sendKnownParts(event: DomainEvent, room: GuildSockets, groups: ReadonlySet<VisibilityGroup>, trackId: Snowflake): void {
    const parts = new Map<string, { readonly data: EventData<EventName>; readonly sockets: ClientSocket[] }>();
    for (const [socket, userId] of room.socketsIn(groups)) {
      let answers = '';
      const data = knownPart(event, (id, authorId) => {
        const isKnown = authorId === userId || room.hasSeen(socket, trackId, id);
        answers += isKnown ? '1' : '0';
        return isKnown;
      });
      const part = parts.get(answers);
      if (part) part.sockets.push(socket);
      else if (data) parts.set(answers, { data, sockets: [socket] });
    }
    for (const { data, sockets } of parts.values()) this.attendance.send(sockets, event.name, data, event.seq);
  }

  /** Sees a guild as it now is, and tells whoever sees other tracks than before. */
  private async refresh(guildId: Snowflake, seq: string): Promise<void> {
    const view = this.attendance.room(guildId) && (await this.views.find(guildId));
    if (view) this.applyView(guildId, view, before(seq));
  }

  private applyView(guildId: Snowflake, view: GuildView, place: string): void {
    this.attendance.room(guildId)?.refresh(view, (change) => this.tellVisibility(view, change, guildId, place));
  }

  private tellVisibility({ state, tracks }: GuildView, { rooms, trackIds, appeared, disappeared, isRearranged }: VisibilityChange, guildId: Snowflake, place: string): void {
    for (const id of disappeared) this.attendance.sendTo(rooms, 'TRACK_DELETE', { guild_id: guildId, track_id: id }, place);
    if (appeared.length === 0 && !isRearranged) return;
    const seen = tracksSeen(state.guild.track_layout, (id) => trackIds.has(id));
    for (const id of appeared) {
      const track = tracks.get(id);
      if (track) this.attendance.sendTo(rooms, 'TRACK_CREATE', trackDtoOf(track, seen), place);
    }
    if (isRearranged) this.attendance.sendTo(rooms, 'TRACKS_REORDER', { guild_id: guildId, layout: [...seen.layout] }, place);
  }

  private async join(userId: Snowflake, guildId: Snowflake, seq: string): Promise<void> {
    this.preparations.markStale(userId);
    if (this.attendance.of(userId).length === 0) return;
    const [member, view] = await Promise.all([this.members.find(guildId, userId), this.views.find(guildId)]);
    const sockets = this.attendance.of(userId);
    if (!member || !view) return;
    this.applyView(guildId, view, before(seq));
    this.tellGuild(sockets.filter((socket) => wants(socket, 'guilds')), { member, view }, seq);
    this.attendance.enter(sockets, member, view);
  }

  private async updateMember(userId: Snowflake, guildId: Snowflake, seq: string): Promise<void> {
    this.preparations.markStale(userId);
    if (!this.attendance.room(guildId) || this.attendance.of(userId).length === 0) return;
    const member = await this.members.find(guildId, userId);
    const room = this.attendance.room(guildId);
    if (room && member) room.update(this.attendance.of(userId), member, (change) => this.tellVisibility(room.view, change, guildId, before(seq)));
  }

  private leaveGuild(userId: Snowflake, guildId: Snowflake, seq: string): void {
    this.preparations.markStale(userId);
    const sockets = this.attendance.of(userId);
    this.attendance.send(sockets, 'GUILD_DELETE', { id: guildId }, seq);
    this.attendance.leave(sockets, guildId);
  }

  private deleteGuild(guildId: Snowflake, seq: string): void {
    this.preparations.markAllStale();
    const room = this.attendance.room(guildId);
    if (!room) return;
    this.attendance.sendToGroups([...room.groups], 'GUILD_DELETE', { id: guildId }, seq);
    this.attendance.leave([...room.sockets], guildId);
  }

  // Whoever follows anything in a guild gets all of it, whatever it was that was not told.
  private async resync(guildId: Snowflake, seq: string): Promise<void> {
    await this.refresh(guildId, seq);
    const room = this.attendance.room(guildId);
    const view = room && (await this.views.find(guildId));
    if (!room || !view) return;
    room.unsentRoles.clear();
    for (const [socket, member] of room.members) {
      if (OF_GUILDS.some((family) => wants(socket, family))) this.tellGuild([socket], { member, view }, seq);
    }
  }

  // At the place right before, so that who is cut off within comes back for all of it.
  private tellGuild(sockets: readonly ClientSocket[], seat: Seat, seq: string): void {
    for (const { name, data } of packetsOfGuilds([seat])) this.attendance.sendTo(sockets.map(({ id }) => id), name, data, before(seq));
  }

  private closeRevoked({ user_id: userId, session_ids: sessionIds }: EventData<'SESSIONS_REVOKE'>): void {
    for (const socket of this.openOf(userId)) {
      if (sessionIds === null || sessionIds.includes(socket.data.session.id)) close(socket, CLOSE.forcedOff);
    }
  }

  private startAfresh({ user_ids: userIds }: EventData<'EVENTS_LOST'>): void {
    const sockets = userIds?.flatMap((id) => this.openOf(id)) ?? this.attendance.open;
    for (const socket of sockets) sayGoodbye(socket, CLOSE.eventsLost, Math.random() * START_AFRESH_WITHIN_MS);
  }

  // Those too that are not taken in yet.
  private openOf(userId: Snowflake): ClientSocket[] {
    return [...this.attendance.of(userId), ...[...this.preparations.of(userId)].map(({ socket }) => socket)];
  }
}
