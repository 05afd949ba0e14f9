import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LIMITS } from '../../common/limits';
import type { Snowflake } from '../../common/snowflake';
import { type DomainEvent, EventLog } from '../../events/event-log';
import { isNamed } from '../../events/event-map';
import type { GuildAuthority } from '../../permissions/authority';
import { AuthorityResolver } from '../../permissions/authority-resolver';
import { PresenceRegistry } from '../../presence/presence.registry';
import type { SocketObserver } from '../transport/socket-observer';
import { SocketRegistry } from '../dispatch/socket-registry.service';
import type { ClientSocket } from '../transport/client-socket';
import type { MemberWindow } from '../protocol/gateway-payloads.dto';
import { MemberListRepository } from './member-list.repository';
import { type ListRange, GuildMemberList, type MemberListDeps } from './guild-member-list';
import { SubscriptionLimitReached, SubscriptionReplaced } from './member-list-subscriptions.errors';

/**
 * Subscriptions of sockets to the member lists and presences of guilds.
 *
 * A changed presence updates only the guilds whose loaded range contains the user; they are found by user id.
 */
@Injectable()
export class MemberListSubscriptions implements SocketObserver, OnModuleInit {
  private readonly log = new Logger(MemberListSubscriptions.name);
  private readonly guilds = new Map<Snowflake, GuildMemberList>();
  private readonly guildsOf = new Map<ClientSocket, Set<GuildMemberList>>();
  private readonly guildsShowing = new Map<Snowflake, Set<GuildMemberList>>();
  private readonly deps: MemberListDeps;

  constructor(
    memberList: MemberListRepository,
    sockets: SocketRegistry,
    private readonly resolver: AuthorityResolver,
    private readonly presence: PresenceRegistry,
    private readonly events: EventLog,
  ) {
    this.deps = {
      memberList,
      send: (room, name, data) => sockets.sendTo([room], name, data),
      watch: (guild, appeared, disappeared) => this.watch(guild, appeared, disappeared),
      onError: (error) =>
        this.log.error(
          `Could not read a member list: ${String(error)}`,
          error instanceof Error ? error.stack : undefined,
        ),
    };
  }

  onModuleInit(): void {
    this.events.subscribe((event) => this.onEvent(event));
    this.presence.onChange((userId) => {
      for (const guild of this.guildsShowing.get(userId) ?? []) guild.presenceChanged(userId);
    });
  }

  /**
   * Subscribes a member's socket to a guild, until the socket closes, unsubscribes, or the membership ends. Replaces an
   * earlier subscription to the guild.
   *
   * @throws SubscriptionLimitReached if the socket is subscribed to ten guilds
   * @throws SubscriptionReplaced if the subscription was replaced or ended, or the socket closed, meanwhile
   * @throws GuildNotFound if the user is no longer a member
   */
  async subscribe(socket: ClientSocket, authority: GuildAuthority, range: ListRange): Promise<MemberWindow> {
    const guild = this.enter(socket, authority.guildId, range);
    try {
      // Checked again, because a membership that ended before the subscription was stored could not end the
      // subscription.
      await this.resolver.refresh(authority);
      const window = await guild.show(socket);
      if (!window) throw new SubscriptionReplaced();
      return window;
    } catch (error) {
      if (!(error instanceof SubscriptionReplaced)) this.leave(socket, guild);
      throw error;
    }
  }

  /** Ends the subscription of a socket to a guild. */
  unsubscribe(socket: ClientSocket, guildId: Snowflake): void {
    const guild = this.guilds.get(guildId);
    if (guild) this.leave(socket, guild);
  }

  /** Ends all subscriptions of a closed socket. */
  onDisconnect(socket: ClientSocket): void {
    for (const guild of [...(this.guildsOf.get(socket) ?? [])]) this.leave(socket, guild);
  }

  private enter(socket: ClientSocket, guildId: Snowflake, range: ListRange): GuildMemberList {
    if (!socket.connected) throw new SubscriptionReplaced();
    const guild = this.guilds.get(guildId) ?? new GuildMemberList(guildId, this.deps);
    const subscribed = this.guildsOf.get(socket) ?? new Set<GuildMemberList>();
    if (!subscribed.has(guild) && subscribed.size >= LIMITS.subscriptions) throw new SubscriptionLimitReached();
    this.guilds.set(guildId, guild);
    this.guildsOf.set(socket, subscribed.add(guild));
    guild.enter(socket, range);
    return guild;
  }

  private leave(socket: ClientSocket, guild: GuildMemberList): void {
    guild.leave(socket);
    this.guildsOf.get(socket)?.delete(guild);
    if (this.guildsOf.get(socket)?.size === 0) this.guildsOf.delete(socket);
    if (!guild.isEmpty || this.guilds.get(guild.id) !== guild) return;
    this.guilds.delete(guild.id);
    guild.close();
  }

  private onEvent(event: DomainEvent): void {
    if (isNamed(event, 'MEMBER_JOIN') || isNamed(event, 'MEMBER_UPDATE'))
      this.guilds.get(event.data.guild_id)?.markStale();
    else if (isNamed(event, 'MEMBER_LEAVE')) this.removeMember(event.data.guild_id, event.data.user_id);
    else if (isNamed(event, 'GUILD_DELETE')) this.removeGuild(event.data.id);
    else if (isNamed(event, 'MEMBER_RENAME'))
      for (const id of event.data.guild_ids) this.guilds.get(id)?.memberRenamed(event.data.user_id);
  }

  private removeMember(guildId: Snowflake, userId: Snowflake): void {
    const guild = this.guilds.get(guildId);
    if (!guild) return;
    for (const socket of guild.socketsOf(userId)) this.leave(socket, guild);
    guild.markStale();
  }

  private removeGuild(guildId: Snowflake): void {
    const guild = this.guilds.get(guildId);
    if (guild) for (const socket of [...guild.sockets]) this.leave(socket, guild);
  }

  private watch(guild: GuildMemberList, appeared: Iterable<Snowflake>, disappeared: Iterable<Snowflake>): void {
    for (const userId of appeared)
      this.guildsShowing.set(userId, (this.guildsShowing.get(userId) ?? new Set<GuildMemberList>()).add(guild));
    for (const userId of disappeared) {
      this.guildsShowing.get(userId)?.delete(guild);
      if (this.guildsShowing.get(userId)?.size === 0) this.guildsShowing.delete(userId);
    }
  }
}
