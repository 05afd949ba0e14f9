import { Injectable, Logger } from '@nestjs/common';
import type { Snowflake } from '../../common/snowflake';
import { type Audience, type DomainEvent, EventLog } from '../../events/event-log';
import { type EventData, isInternal, isNamed } from '../../events/event-map';
import type { Intent } from '../../events/intents';
import { seqBefore } from '../../events/seq';
import type { MemberDocument } from '../../members/member.schema';
import { MembersRepository } from '../../members/members.repository';
import { toTrackDto, visibleLayout } from '../../tracks/track-visibility';
import { SocketRegistry } from './socket-registry.service';
import { type ClientSocket, terminate, disconnect, hasIntent } from '../transport/client-socket';
import { CLOSE } from '../protocol/close-codes';
import { GroupDelivery } from './group-delivery';
import { guildCreatePackets } from '../session/guild-create-packets';
import type { VisibilityChange } from './guild-sockets';
import { GuildSnapshots, type MemberGuild } from './guild-snapshots.service';
import type { GuildSnapshotView } from './member-view';
import { PendingSockets } from '../session/pending-sockets';

const GUILD_INTENTS: readonly Intent[] = ['guilds', 'members', 'roles', 'tracks'];

// Clients reconnect at different moments, because all of them at once would overload the node.
const REIDENTIFY_SPREAD_MS = 5_000;

/**
 * Delivers each event to the sockets on this node that it concerns, one event after another.
 *
 * Visibility is computed once per group of sockets with the same permissions and guild state; each event is encoded once per group. If a change makes
 * tracks appear or disappear for a group, these changes are sent before the event, with the seq right before that of the event. So a client that
 * disconnects in between receives the event when it resumes.
 */
@Injectable()
export class Dispatcher {
  private readonly log = new Logger(Dispatcher.name);
  private dispatched: string;
  private tail: Promise<void> = Promise.resolve();

  constructor(
    private readonly sockets: SocketRegistry,
    private readonly pendingSockets: PendingSockets,
    private readonly delivery: GroupDelivery,
    private readonly snapshots: GuildSnapshots,
    private readonly membersRepository: MembersRepository,
    events: EventLog,
  ) {
    this.dispatched = events.lastSeq;
    events.subscribe((event) => this.dispatch(event));
  }

  /** The seq of the last dispatched event. */
  get lastSeq(): string {
    return this.dispatched;
  }

  // Events are dispatched one after another.
  private dispatch(event: DomainEvent): Promise<void> {
    return this.runBetweenEvents(async () => {
      try {
        await this.deliver(event);
      } catch (error) {
        this.log.error(
          `${event.name} could not be dispatched, its sockets are closed: ${String(error)}`,
          error instanceof Error ? error.stack : undefined,
        );
        this.forceReidentify(socketsConcernedBy(event, this.sockets));
      }
      this.dispatched = event.seq;
    });
  }

  /** Runs a task between two events: after all events so far, and before the next one. */
  runBetweenEvents<Result>(task: () => Promise<Result> | Result): Promise<Result> {
    const done = this.tail.then(task);
    this.tail = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /**
   * Adds a socket to the guilds whose state it was sent. The other sockets of these guilds are brought to the same version first, so that all sockets of a guild
   * are evaluated under one version. Call it between two events.
   */
  enter(socket: ClientSocket, seats: readonly MemberGuild[]): void {
    for (const { member, view } of seats) this.applyView(member.guild_id, view, this.dispatched);
    this.sockets.add(socket, seats);
  }

  private async deliver(event: DomainEvent): Promise<void> {
    const { audience, name, data, seq } = event;
    if (isNamed(event, 'SESSIONS_REVOKE')) {
      this.closeRevoked(event.data);
      return;
    }
    if (isNamed(event, 'EVENTS_LOST')) {
      this.closeAfterLoss(event.data);
      return;
    }
    if (isNamed(event, 'HEARTBEAT')) {
      this.sockets.sendToAll('CHECKPOINT', {}, seq);
      return;
    }
    if (isInternal(name) && !isNamed(event, 'GUILD_RESYNC')) return;
    if (isNamed(event, 'READ_STATE_UPDATE')) {
      this.sendReadState(event, audience);
      return;
    }
    if ('userIds' in audience) {
      this.sockets.send(this.sockets.socketsOf(...audience.userIds), name, data, seq);
      return;
    }
    if (isNamed(event, 'GUILD_DELETE')) {
      this.deleteGuild(event.data.id, seq);
      return;
    }
    return this.deliverToGuild(event, audience.guildId);
  }

  /** Loads everything that the event needs before anything is sent, so that a failed load has no partial effect. The driver repeats a failed read once. */
  private async deliverToGuild(event: DomainEvent, guildId: Snowflake): Promise<void> {
    const { seq } = event;
    if (isNamed(event, 'MEMBER_JOIN') || isNamed(event, 'MEMBER_UPDATE') || isNamed(event, 'MEMBER_LEAVE'))
      this.pendingSockets.markStale(event.data.user_id);
    const { view, member } = await this.load(event, guildId);
    if (view) this.applyView(guildId, view, seqBefore(seq));
    const current = this.sockets.guildSockets(guildId)?.view ?? view;
    if (isNamed(event, 'GUILD_RESYNC')) {
      if (view) this.resync(guildId, seq);
      return;
    }
    if (isNamed(event, 'MEMBER_JOIN') && member && current) this.join({ member, view: current }, seq);
    else if (isNamed(event, 'MEMBER_UPDATE') && member) this.updateMember(member, seq);
    else if (isNamed(event, 'MEMBER_LEAVE')) this.leaveGuild(event.data.user_id, guildId, seq);
    this.delivery.send(event, guildId);
  }

  /** Loads the guild if sockets of its members are connected, and the membership that the event changes if its user is connected. */
  private async load(event: DomainEvent, guildId: Snowflake): Promise<Partial<MemberGuild>> {
    const hasRoom = this.sockets.guildSockets(guildId) !== undefined;
    const isJoin = isNamed(event, 'MEMBER_JOIN');
    const userId = isJoin || isNamed(event, 'MEMBER_UPDATE') ? event.data.user_id : undefined;
    const isConnected = userId !== undefined && this.sockets.socketsOf(userId).length > 0;
    const [view, member] = await Promise.all([
      hasRoom || (isJoin && isConnected) ? this.snapshots.find(guildId) : undefined,
      isConnected && (hasRoom || isJoin) ? this.membersRepository.find(guildId, userId) : undefined,
    ]);
    return { ...(view && { view }), ...(member && { member }) };
  }

  // The track may have become hidden.
  private sendReadState({ name, data, seq }: DomainEvent<'READ_STATE_UPDATE'>, audience: Audience): void {
    const room = this.sockets.guildSockets(data.guild_id);
    if (!room || !('userIds' in audience)) return;
    const sockets = this.sockets
      .socketsOf(...audience.userIds)
      .filter((socket) => room.canReadHistory(socket, data.track_id));
    this.sockets.send(sockets, name, data, seq);
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

  private join(seat: MemberGuild, seq: string): void {
    const sockets = this.sockets.socketsOf(seat.member.user_id);
    if (sockets.length === 0) return;
    this.sendGuildCreate(
      sockets.filter((socket) => hasIntent(socket, 'guilds')),
      seat,
      seq,
    );
    this.sockets.enterGuild(sockets, seat.member, seat.view);
  }

  private updateMember(member: MemberDocument, seq: string): void {
    const { guild_id: guildId, user_id: userId } = member;
    const room = this.sockets.guildSockets(guildId);
    room?.update(this.sockets.socketsOf(userId), member, (change) =>
      this.sendVisibilityChanges(room.view, change, guildId, seqBefore(seq)),
    );
  }

  private leaveGuild(userId: Snowflake, guildId: Snowflake, seq: string): void {
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

  /** Sends the whole guild to its sockets: it is unknown which of its changes were not published. */
  private resync(guildId: Snowflake, seq: string): void {
    const room = this.sockets.guildSockets(guildId);
    if (!room) return;
    room.unsentRoles.clear();
    for (const [socket, member] of room.members) {
      if (GUILD_INTENTS.some((family) => hasIntent(socket, family)))
        this.sendGuildCreate([socket], { member, view: room.view }, seq);
    }
  }

  // With the seq right before, so that a client that disconnects in between receives all of it when it resumes.
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

  private closeAfterLoss({ user_ids: userIds }: EventData<'EVENTS_LOST'>): void {
    this.forceReidentify(userIds?.flatMap((id) => this.openOf(id)) ?? [...this.sockets.openSockets]);
  }

  /** Closes sockets whose clients have missed events. Their delays differ, so that they do not return at the same moment. */
  private forceReidentify(sockets: readonly ClientSocket[]): void {
    for (const socket of sockets) disconnect(socket, CLOSE.eventsLost, Math.random() * REIDENTIFY_SPREAD_MS);
  }

  // Sockets whose handshake is not complete are closed, too.
  private openOf(userId: Snowflake): ClientSocket[] {
    return [...this.sockets.socketsOf(userId), ...[...this.pendingSockets.of(userId)].map(({ socket }) => socket)];
  }
}

/**
 * Returns the sockets to which an event may apply: those of its users, those in its guild, and those of a user who joins the guild. Sockets whose
 * handshake is not complete load what they need themselves.
 */
function socketsConcernedBy(event: DomainEvent, sockets: SocketRegistry): ClientSocket[] {
  const { audience } = event;
  if ('userIds' in audience) return sockets.socketsOf(...new Set(audience.userIds));
  const joined = isNamed(event, 'MEMBER_JOIN') ? sockets.socketsOf(event.data.user_id) : [];
  return [...new Set([...(sockets.guildSockets(audience.guildId)?.sockets ?? []), ...joined])];
}
