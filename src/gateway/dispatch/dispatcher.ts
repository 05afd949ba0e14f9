import { Injectable, Logger } from '@nestjs/common';
import type { Snowflake } from '../../common/snowflake';
import { type Audience, type DomainEvent, EventLog } from '../../events/event-log';
import { type EventData, type EventName, isInternal, isNamed } from '../../events/event-map';
import type { Intent } from '../../events/intents';
import { seqBefore } from '../../events/seq';
import { MembersRepository } from '../../members/members.repository';
import { toTrackDto, visibleLayout } from '../../tracks/track-visibility';
import { withCurrentPayload } from '../session/refresh-payload';
import { SocketRegistry } from './socket-registry.service';
import { type ClientSocket, terminate, disconnect, hasIntent } from '../transport/client-socket';
import { CLOSE } from '../protocol/close-codes';
import { guildCreatePackets } from '../session/guild-create-packets';
import type { GuildSockets, VisibilityChange } from './guild-sockets';
import { GuildSnapshots, type MemberGuild } from './guild-snapshots.service';
import { knownPart, namesEarlierMessages } from './known-messages';
import type { GuildSnapshotView } from './member-view';
import { PendingSockets } from '../session/pending-sockets';
import type { VisibilityGroup } from './visibility-group';

const GUILD_INTENTS: readonly Intent[] = ['guilds', 'members', 'roles', 'tracks'];

// All clients at once would be a storm.
const REIDENTIFY_SPREAD_MS = 5_000;

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
    private readonly sockets: SocketRegistry,
    private readonly pendingSockets: PendingSockets,
    private readonly snapshots: GuildSnapshots,
    private readonly membersRepository: MembersRepository,
    events: EventLog,
  ) {
    this.dispatched = events.lastSeq;
  }

  /** The place of the last event that was dispatched. */
  get lastSeq(): string {
    return this.dispatched;
  }

  /** Dispatches an event when all earlier ones are. */
  dispatch(event: DomainEvent): Promise<void> {
    return this.runBetweenEvents(async () => {
      try {
        await this.deliver(event);
      } catch (error) {
        this.log.error(
          `An event could not be dispatched: ${String(error)}`,
          error instanceof Error ? error.stack : undefined,
        );
      }
      this.dispatched = event.seq;
    });
  }

  /** Runs a task between two events: when all that happened so far is dispatched, and before anything else is. */
  runBetweenEvents<Result>(task: () => Promise<Result> | Result): Promise<Result> {
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
  enter(socket: ClientSocket, seats: readonly MemberGuild[]): void {
    for (const { member, view } of seats) this.applyView(member.guild_id, view, this.dispatched);
    this.sockets.add(socket, seats);
  }

  private async deliver(event: DomainEvent): Promise<void> {
    const { audience, name, data, seq } = event;
    if (isNamed(event, 'SESSIONS_REVOKE')) return this.closeRevoked(event.data);
    if (isNamed(event, 'EVENTS_LOST')) return this.forceReidentify(event.data);
    if (isNamed(event, 'GUILD_RESYNC')) return this.resync(event.data.guild_id, seq);
    if (isNamed(event, 'HEARTBEAT')) return this.sockets.sendToAll('CHECKPOINT', {}, seq);
    if (isInternal(name)) return;
    if (isNamed(event, 'READ_STATE_UPDATE')) return this.sendReadState(event, audience);
    if ('userIds' in audience) return this.sockets.send(this.sockets.socketsOf(...audience.userIds), name, data, seq);
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
    const room = this.sockets.guildSockets(data.guild_id);
    if (!room || !('userIds' in audience)) return;
    const sockets = this.sockets
      .socketsOf(...audience.userIds)
      .filter((socket) => room.canReadHistory(socket, data.track_id));
    this.sockets.send(sockets, name, data, seq);
  }

  private toGuild(happened: DomainEvent, guildId: Snowflake): void {
    const room = this.sockets.guildSockets(guildId);
    if (!room || room.unsentRoles.isOutdated(happened)) return;
    const mustOrderFollow = room.unsentRoles.settle(happened, room.view.state.guild.role_ids);
    this.toGroups(
      withCurrentPayload(mustOrderFollow ? { ...happened, seq: seqBefore(happened.seq) } : happened, room.view),
      room,
    );
    if (!mustOrderFollow) return;
    const order = { guild_id: guildId, role_ids: [...room.view.state.guild.role_ids] };
    this.sockets.sendToGroups([...room.groups], 'ROLES_REORDER', order, happened.seq);
  }

  private toGroups(event: DomainEvent, room: GuildSockets): void {
    // Most events are the same for all who get them.
    const sent = new Map<EventData<EventName>, VisibilityGroup[]>();
    const withoutHistory = new Set<VisibilityGroup>();
    const { trackId } = 'userIds' in event.audience ? {} : event.audience;
    const namesEarlier = trackId !== undefined && namesEarlierMessages(event);
    for (const group of room.groups) {
      const data = group.view.project(event);
      if (data && namesEarlier && !group.view.canReadHistory(trackId)) {
        withoutHistory.add(group);
        continue;
      }
      const alike = data && sent.get(data);
      if (alike) alike.push(group);
      else if (data) sent.set(data, [group]);
    }
    for (const [data, groups] of sent) this.sockets.sendToGroups(groups, event.name, data, event.seq);
    if (withoutHistory.size > 0 && trackId !== undefined) this.sendKnownParts(event, room, withoutHistory, trackId);
  }

  // Without VIEW_MESSAGE_HISTORY, what a user knows depends on when each socket connected. Sockets that know the same share one packet.
  private sendKnownParts(
    event: DomainEvent,
    room: GuildSockets,
    groups: ReadonlySet<VisibilityGroup>,
    trackId: Snowflake,
  ): void {
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
    for (const { data, sockets } of parts.values()) this.sockets.send(sockets, event.name, data, event.seq);
  }

  /** Sees a guild as it now is, and tells whoever sees other tracks than before. */
  private async refresh(guildId: Snowflake, seq: string): Promise<void> {
    const view = this.sockets.guildSockets(guildId) && (await this.snapshots.find(guildId));
    if (view) this.applyView(guildId, view, seqBefore(seq));
  }

  private applyView(guildId: Snowflake, view: GuildSnapshotView, place: string): void {
    this.sockets
      .guildSockets(guildId)
      ?.refresh(view, (change) => this.sendVisibilityChanges(view, change, guildId, place));
  }

  private sendVisibilityChanges(
    { state, tracks }: GuildSnapshotView,
    { rooms, trackIds, appeared, disappeared, isRearranged }: VisibilityChange,
    guildId: Snowflake,
    place: string,
  ): void {
    for (const id of disappeared)
      this.sockets.sendTo(rooms, 'TRACK_DELETE', { guild_id: guildId, track_id: id }, place);
    if (appeared.length === 0 && !isRearranged) return;
    const seen = visibleLayout(state.guild.track_layout, (id) => trackIds.has(id));
    for (const id of appeared) {
      const track = tracks.get(id);
      if (track) this.sockets.sendTo(rooms, 'TRACK_CREATE', toTrackDto(track, seen), place);
    }
    if (isRearranged)
      this.sockets.sendTo(rooms, 'TRACKS_REORDER', { guild_id: guildId, layout: [...seen.layout] }, place);
  }

  private async join(userId: Snowflake, guildId: Snowflake, seq: string): Promise<void> {
    this.pendingSockets.markStale(userId);
    if (this.sockets.socketsOf(userId).length === 0) return;
    const [member, view] = await Promise.all([
      this.membersRepository.find(guildId, userId),
      this.snapshots.find(guildId),
    ]);
    const sockets = this.sockets.socketsOf(userId);
    if (!member || !view) return;
    this.applyView(guildId, view, seqBefore(seq));
    this.sendGuildCreate(
      sockets.filter((socket) => hasIntent(socket, 'guilds')),
      { member, view },
      seq,
    );
    this.sockets.enterGuild(sockets, member, view);
  }

  private async updateMember(userId: Snowflake, guildId: Snowflake, seq: string): Promise<void> {
    this.pendingSockets.markStale(userId);
    if (!this.sockets.guildSockets(guildId) || this.sockets.socketsOf(userId).length === 0) return;
    const member = await this.membersRepository.find(guildId, userId);
    const room = this.sockets.guildSockets(guildId);
    if (room && member)
      room.update(this.sockets.socketsOf(userId), member, (change) =>
        this.sendVisibilityChanges(room.view, change, guildId, seqBefore(seq)),
      );
  }

  private leaveGuild(userId: Snowflake, guildId: Snowflake, seq: string): void {
    this.pendingSockets.markStale(userId);
    const sockets = this.sockets.socketsOf(userId);
    this.sockets.send(sockets, 'GUILD_DELETE', { id: guildId }, seq);
    this.sockets.leaveGuild(sockets, guildId);
  }

  private deleteGuild(guildId: Snowflake, seq: string): void {
    this.pendingSockets.markAllStale();
    const room = this.sockets.guildSockets(guildId);
    if (!room) return;
    this.sockets.sendToGroups([...room.groups], 'GUILD_DELETE', { id: guildId }, seq);
    this.sockets.leaveGuild([...room.sockets], guildId);
  }

  // Whoever follows anything in a guild gets all of it, whatever it was that was not told.
  private async resync(guildId: Snowflake, seq: string): Promise<void> {
    await this.refresh(guildId, seq);
    const room = this.sockets.guildSockets(guildId);
    const view = room && (await this.snapshots.find(guildId));
    if (!room || !view) return;
    room.unsentRoles.clear();
    for (const [socket, member] of room.members) {
      if (GUILD_INTENTS.some((family) => hasIntent(socket, family)))
        this.sendGuildCreate([socket], { member, view }, seq);
    }
  }

  // At the place right before, so that who is cut off within comes back for all of it.
  private sendGuildCreate(sockets: readonly ClientSocket[], seat: MemberGuild, seq: string): void {
    for (const { name, data } of guildCreatePackets([seat]))
      this.sockets.sendTo(
        sockets.map(({ id }) => id),
        name,
        data,
        seqBefore(seq),
      );
  }

  private closeRevoked({ user_id: userId, session_ids: sessionIds }: EventData<'SESSIONS_REVOKE'>): void {
    for (const socket of this.openOf(userId)) {
      if (sessionIds === null || sessionIds.includes(socket.data.session.id)) terminate(socket, CLOSE.sessionRevoked);
    }
  }

  private forceReidentify({ user_ids: userIds }: EventData<'EVENTS_LOST'>): void {
    const sockets = userIds?.flatMap((id) => this.openOf(id)) ?? this.sockets.openSockets;
    for (const socket of sockets) disconnect(socket, CLOSE.eventsLost, Math.random() * REIDENTIFY_SPREAD_MS);
  }

  // Those too that are not taken in yet.
  private openOf(userId: Snowflake): ClientSocket[] {
    return [...this.sockets.socketsOf(userId), ...[...this.pendingSockets.of(userId)].map(({ socket }) => socket)];
  }
}
