import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import { Snowflakes } from '../common/snowflakes.service';
import { EventsService } from '../events/events.service';
import type { MemberDocument } from '../members/member.schema';
import { MemberDirectory } from '../members/member-directory';
import { MessageCounts, type Outlook } from '../messages/message-counts.service';
import { GuildAuthority, type TrackAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { isSeenBy } from '../tracks/track-views';
import { TrackNotText } from '../tracks/tracks.errors';
import { PositionsService } from './positions.service';
import type { ReadStateDto, UpdateReadStateDto } from './read-state.dto';
import { type Place, readUpTo, unreadBetween } from './unread';

/** The tracks of a guild that a member may view. */
export interface VisibleTracks {
  readonly member: MemberDocument;
  readonly trackIds: Iterable<Snowflake>;
}

/** How far users have read. */
@Injectable()
export class ReadStatesService {
  constructor(
    private readonly snowflakes: Snowflakes,
    private readonly members: MemberDirectory,
    private readonly resolver: AuthorityResolver,
    private readonly positions: PositionsService,
    private readonly messages: MessageCounts,
    private readonly events: EventsService,
  ) {}

  /** How far a user has read in every track that they may view and in which something was said. */
  async listOf(userId: Snowflake): Promise<ReadStateDto[]> {
    const memberships = await this.members.listOf(userId);
    return this.list(userId, await Promise.all(memberships.map((member) => this.visibleTo(member))));
  }

  /** The same in these tracks: one command, and one more when something is unread. */
  async list(userId: Snowflake, guilds: readonly VisibleTracks[]): Promise<ReadStateDto[]> {
    if (guilds.length === 0) return [];
    const { newest, own, joined } = await this.positions.list(userId, guilds.map(({ member }) => member.guild_id));
    const outlooks: (Outlook & { readonly newestId: Snowflake })[] = [];
    const states = guilds.flatMap(({ member, trackIds }) =>
      [...trackIds].flatMap((trackId) => {
        const head = newest.get(trackId);
        if (!head) return [];
        const read = readUpTo(own.get(trackId), { message_id: member._id, count: joined.get(trackId) ?? 0 });
        const state = stateOf({ guild_id: member.guild_id, track_id: trackId }, read, head);
        if (state.unread_count > 0) outlooks.push({ trackId, after: read.message_id, mentionIds: mentionIdsOf(member), newestId: head.message_id });
        return [state];
      }),
    );
    outlooks.sort((one, other) => (one.newestId < other.newestId ? 1 : -1));
    const mentions = await this.messages.countMentions(userId, outlooks);
    return states.map((state) => ({ ...state, mention_count: mentions.get(state.track_id) ?? 0 }));
  }

  /**
   * Remembers how far a user has read, and tells their other devices. Whoever has read further stays there, unless they want to go back.
   *
   * @throws TrackNotText
   */
  async update(authority: TrackAuthority, { message_id, backwards }: UpdateReadStateDto): Promise<ReadStateDto> {
    const { guildId, trackId, userId, track, guild } = authority;
    if (track.type !== 'text') throw new TrackNotText();
    const newest = await this.positions.findNewest(trackId);
    const readId = within(message_id, backwards ? 0n : guild.member._id, this.snowflakes.next());
    const unread = newest === undefined || readId >= newest.message_id ? 0 : await this.messages.countAfter(trackId, readId, userId);
    const place = { message_id: readId, count: Math.max((newest?.count ?? 0) - unread, 0) };
    const before = await this.positions.move(authority, userId, place, backwards);
    const read = backwards ? place : further(place, before);
    const state = await this.withMentions(stateOf({ guild_id: guildId, track_id: trackId }, read, newest), guild.member);
    if (before?.message_id !== read.message_id || before.count !== read.count) await this.events.publish('READ_STATE_UPDATE', { userIds: [userId] }, state);
    return state;
  }

  private async withMentions(state: ReadStateDto, member: MemberDocument): Promise<ReadStateDto> {
    const { track_id: trackId, last_read_id: after } = state;
    if (state.unread_count === 0) return state;
    const mentions = await this.messages.countMentions(member.user_id, [{ trackId, after, mentionIds: mentionIdsOf(member) }]);
    return { ...state, mention_count: mentions.get(trackId) ?? 0 };
  }

  private async visibleTo(member: MemberDocument): Promise<VisibleTracks> {
    const [state, tracks] = await Promise.all([this.resolver.stateOfGuild(member.guild_id), this.resolver.tracksOfGuild(member.guild_id)]);
    const authority = new GuildAuthority(state, member, undefined, Date.now());
    return { member, trackIds: [...tracks.keys()].filter(isSeenBy(authority, tracks)) };
  }
}

function stateOf(place: { guild_id: Snowflake; track_id: Snowflake }, read: Place, newest: Place | undefined): ReadStateDto {
  return { ...place, last_read_id: read.message_id, last_message_id: newest?.message_id ?? null, unread_count: newest ? unreadBetween(read, newest) : 0, mention_count: 0 };
}

/** The ids that mention a member. */
const mentionIdsOf = ({ guild_id, user_id, role_ids }: MemberDocument): Snowflake[] => [user_id, guild_id, ...role_ids];

/** As far as both have come. */
const further = (one: Place, other: Partial<Place> = {}): Place => ({
  message_id: larger(one.message_id, other.message_id ?? 0n),
  count: Math.max(one.count, other.count ?? 0),
});

const larger = (one: Snowflake, other: Snowflake): Snowflake => (one > other ? one : other);

const within = (id: Snowflake, lowest: Snowflake, highest: Snowflake): Snowflake => {
  const raised = larger(id, lowest);
  return raised > highest ? highest : raised;
};
