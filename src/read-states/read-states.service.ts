import { Injectable } from '@nestjs/common';
import { AccountCache } from '../auth/account-cache';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { EventsService } from '../events/events.service';
import { publishUntilStable } from '../events/publish-until-stable';
import type { MemberDocument } from '../members/member.schema';
import { MembersRepository } from '../members/members.repository';
import { UnreadCounts } from '../messages/unread-counts.service';
import { has, Permission, union } from '../permissions/compute-permissions';
import { GuildAuthority, type TrackAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { isVisibleTo } from '../tracks/track-visibility';
import { DeletedMessages, type ReadMarker } from './deleted-messages.service';
import { ReadMarkersService } from './read-markers.service';
import type { ReadStateDto, UpdateReadStateDto } from './read-state.dto';
import { hasDeletedAfter, type ReadPlace, readUpTo, type TrackHead, unreadBetween } from './unread';

/** The tracks of a guild that a member may view. */
export interface VisibleTracks {
  readonly member: MemberDocument;
  readonly trackIds: Iterable<Snowflake>;
}

/** Lists and updates read states. */
@Injectable()
export class ReadStatesService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly membersRepository: MembersRepository,
    private readonly accounts: AccountCache,
    private readonly resolver: AuthorityResolver,
    private readonly readMarkers: ReadMarkersService,
    private readonly deleted: DeletedMessages,
    private readonly messages: UnreadCounts,
    private readonly events: EventsService,
  ) {}

  /** Lists the read states of a user in all tracks whose history they may read and that had a message. */
  async listOf(userId: Snowflake): Promise<ReadStateDto[]> {
    const memberships = await this.membersRepository.listOf(userId);
    return this.list(userId, await Promise.all(memberships.map((member) => this.visibleTo(member))));
  }

  /** Lists the read states in these tracks: one query, plus one or two in parallel if messages are unread or deleted. */
  async list(userId: Snowflake, guilds: readonly VisibleTracks[]): Promise<ReadStateDto[]> {
    if (guilds.length === 0) return [];
    const { newest, own, joined } = await this.readMarkers.list(
      userId,
      guilds.map(({ member }) => member.guild_id),
    );
    const inGuild = async ({ member, trackIds }: VisibleTracks): Promise<Reading[]> => {
      const heads = [...trackIds].flatMap((trackId) => newest.get(trackId) ?? []);
      if (heads.length === 0) return [];
      const mayReadBack = await this.historyReaderOf(member);
      return [...trackIds].flatMap((trackId) => {
        const head = newest.get(trackId);
        if (!head || !mayReadBack(trackId)) return [];
        return [
          {
            trackId,
            member,
            head,
            read: readUpTo(own.get(trackId), { message_id: member._id, count: joined.get(trackId) ?? 0 }),
          },
        ];
      });
    };
    const readings = (await Promise.all(guilds.map(inGuild))).flat();
    const unread = readings.filter(({ read, head }) => unreadBetween(read, head) > 0).sort(newestFirst);
    const [mentions, deleted] = await Promise.all([
      this.messages.countMentions(
        userId,
        unread.map((reading) => ({ ...markerOf(reading), mentionIds: mentionIdsOf(reading.member) })),
      ),
      this.deleted.countByTrack(userId, unread.filter(({ read, head }) => hasDeletedAfter(read, head)).map(markerOf)),
    ]);
    return readings.map(({ trackId, member, head, read }) => ({
      ...stateOf({ guild_id: member.guild_id, track_id: trackId }, read, head, deleted.get(trackId)),
      mention_count: mentions.get(trackId) ?? 0,
    }));
  }

  /**
   * Stores how far a user has read and publishes the new read state to their other sockets. Moves the read marker only forward, unless
   * `backwards` is true.
   *
   * Without VIEW_MESSAGE_HISTORY nothing is read or stored, so that the result does not depend on the messages of the track.
   *
   * @throws TokenInvalid if the account of the user was closed meanwhile; the read marker is removed again
   */
  async update(authority: TrackAuthority, { message_id, backwards }: UpdateReadStateDto): Promise<ReadStateDto> {
    const { guildId, trackId, userId, guild, permissions } = authority;
    const readId = within(message_id, backwards ? 0n : guild.member._id, this.snowflakes.next());
    const ids = { guild_id: guildId, track_id: trackId };
    if (!has(permissions, Permission.ViewMessageHistory))
      return stateOf(ids, { message_id: readId, count: 0 }, undefined);
    const newest = await this.readMarkers.findNewest(trackId);
    const place = { message_id: readId, count: await this.countUpTo(authority, readId, newest) };
    const before = await this.readMarkers.move(authority, userId, place, backwards);
    await this.accounts.keepIfOpen(userId, () => this.readMarkers.leave(guildId, userId));
    const read = backwards ? place : further(place, before);
    const state = await this.stateAt(authority, read, newest);
    if (before?.message_id !== read.message_id || before.count !== read.count)
      await this.publish(authority, read, state);
    return state;
  }

  // Concurrent updates can be published in the wrong order: if the stored marker differs afterwards, it is published
  // again.
  private async publish(authority: TrackAuthority, written: ReadPlace, state: ReadStateDto): Promise<void> {
    const { trackId, userId } = authority;
    let published = written;
    await publishUntilStable<ReadPlace>(written, {
      read: async () => (await this.readMarkers.findOwn(trackId, userId)) ?? published,
      publish: async (place) => {
        published = place;
        const current =
          place === written ? state : await this.stateAt(authority, place, await this.readMarkers.findNewest(trackId));
        await this.events.publish('READ_STATE_UPDATE', { userIds: [userId] }, current);
      },
    });
  }

  private async stateAt(
    authority: TrackAuthority,
    read: ReadPlace,
    newest: TrackHead | undefined,
  ): Promise<ReadStateDto> {
    const { guildId, trackId, guild } = authority;
    const deleted = await this.deletedAfter(authority, read, newest);
    return this.withMentions(stateOf({ guild_id: guildId, track_id: trackId }, read, newest, deleted), guild.member);
  }

  /** Counts the messages up to a read marker, including deleted messages and the reader's own later ones. */
  private async countUpTo(
    authority: TrackAuthority,
    readId: Snowflake,
    newest: TrackHead | undefined,
  ): Promise<number> {
    if (newest === undefined) return 0;
    const { trackId, userId } = authority;
    const read = { message_id: readId, count: 0 };
    const [unread, deleted] = await Promise.all([
      readId >= newest.message_id
        ? 0
        : this.messages.countBetween({ trackId, after: readId }, newest.message_id, userId),
      this.deletedAfter(authority, read, newest),
    ]);
    return Math.max(newest.count - unread - deleted, 0);
  }

  private async deletedAfter(
    { trackId, userId }: TrackAuthority,
    read: ReadPlace,
    newest: TrackHead | undefined,
  ): Promise<number> {
    if (!newest || read.message_id >= newest.message_id || !hasDeletedAfter(read, newest)) return 0;
    return this.deleted.countBetween({ trackId, after: read.message_id }, newest.message_id, userId);
  }

  private async withMentions(state: ReadStateDto, member: MemberDocument): Promise<ReadStateDto> {
    const { track_id: trackId, last_read_id: after } = state;
    if (state.unread_count === 0) return state;
    const mentions = await this.messages.countMentions(member.user_id, [
      { trackId, after, mentionIds: mentionIdsOf(member) },
    ]);
    return { ...state, mention_count: mentions.get(trackId) ?? 0 };
  }

  /** Returns a function that returns whether a member may read the history of a track. */
  private async historyReaderOf(member: MemberDocument): Promise<(trackId: Snowflake) => boolean> {
    const [state, tracks] = await Promise.all([
      this.resolver.getGuildState(member.guild_id),
      this.resolver.getTracksOfGuild(member.guild_id),
    ]);
    const authority = new GuildAuthority(state, member, undefined, Date.now());
    return (trackId) => {
      const track = tracks.get(trackId);
      return track !== undefined && has(authority.permissionsIn(track, tracks), HISTORY);
    };
  }

  private async visibleTo(member: MemberDocument): Promise<VisibleTracks> {
    const [state, tracks] = await Promise.all([
      this.resolver.getGuildState(member.guild_id),
      this.resolver.getTracksOfGuild(member.guild_id),
    ]);
    const authority = new GuildAuthority(state, member, undefined, Date.now());
    return { member, trackIds: [...tracks.keys()].filter(isVisibleTo(authority, tracks)) };
  }
}

/** A track with messages, and how far a member has read in it. */
interface Reading {
  readonly trackId: Snowflake;
  readonly member: MemberDocument;
  readonly head: TrackHead;
  readonly read: ReadPlace;
}

const HISTORY = union(Permission.ViewTrack, Permission.ViewMessageHistory);

const markerOf = ({ trackId, read }: Reading): ReadMarker => ({ trackId, after: read.message_id });

const newestFirst = (a: Reading, b: Reading): number => (a.head.message_id < b.head.message_id ? 1 : -1);

function stateOf(
  ids: { guild_id: Snowflake; track_id: Snowflake },
  read: ReadPlace,
  newest: ReadPlace | undefined,
  deleted = 0,
): ReadStateDto {
  const unread_count = newest ? unreadBetween(read, newest, deleted) : 0;
  return {
    ...ids,
    last_read_id: read.message_id,
    last_message_id: newest?.message_id ?? null,
    unread_count,
    mention_count: 0,
  };
}

/** Returns the ids that mention a member: their own, the guild's (@everyone) and those of their roles. */
const mentionIdsOf = ({ guild_id, user_id, role_ids }: MemberDocument): Snowflake[] => [user_id, guild_id, ...role_ids];

/** Returns the larger message id and the larger count of two read markers. */
const further = (a: ReadPlace, b: Partial<ReadPlace> = {}): ReadPlace => ({
  message_id: larger(a.message_id, b.message_id ?? 0n),
  count: Math.max(a.count, b.count ?? 0),
});

const larger = (a: Snowflake, b: Snowflake): Snowflake => (a > b ? a : b);

const within = (id: Snowflake, lowest: Snowflake, highest: Snowflake): Snowflake => {
  const raised = larger(id, lowest);
  return raised > highest ? highest : raised;
};
