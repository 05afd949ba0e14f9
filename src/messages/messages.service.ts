import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AccountCache } from '../auth/account-cache';
import type { CompleteDto } from '../common/complete-dto';
import { createdAt, type Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import { duplicateKey } from '../database/duplicate-key';
import { insert } from '../database/insert';
import { EventsService } from '../events/events.service';
import { publishUntilStable, republishUntilStable } from '../events/publish-until-stable';
import { has, Permission } from '../permissions/compute-permissions';
import type { TrackAuthority } from '../permissions/authority';
import { PermissionsMissing } from '../permissions/permissions.errors';
import type { ReactionCountDto } from '../reactions/reaction.dto';
import { ReactionsRepository } from '../reactions/reactions.repository';
import { DeletedMessages } from '../read-states/deleted-messages.service';
import { ReadMarkersService } from '../read-states/read-markers.service';
import { Buckets } from '../throttling/buckets';
import type { CreateMessageDto, MentionsDto, MessageDto, UpdateMessageDto } from './message.dto';
import { type Mentions, mentionIds, mentionsIn, NO_MENTIONS } from './mentions';
import type { MessageDocument, PublicMessageField } from './message.schema';
import { MessageNotFound, NotTheAuthor, SlowModeActive } from './messages.errors';
import { searchTerms } from './search-terms';

/** Selects a page of messages: before, after or around a message, or the newest. */
export interface MessagePage {
  readonly before?: Snowflake;
  readonly after?: Snowflake;
  readonly around?: Snowflake;
  readonly limit: number;
}

/** Sends, reads and edits messages. */
@Injectable()
export class MessagesService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly events: EventsService,
    private readonly buckets: Buckets,
    private readonly reactions: ReactionsRepository,
    private readonly readMarkers: ReadMarkersService,
    private readonly deleted: DeletedMessages,
    private readonly accounts: AccountCache,
    @InjectModel(MODELS.message) private readonly messages: Model<MessageDocument>,
  ) {}

  /**
   * Sends a message with two concurrent writes, and without a query unless it is a reply. If the author has used the
   * `nonce` in this track before, returns the existing message and publishes nothing.
   *
   * @throws MessageNotFound if the message that it replies to is not in this track
   * @throws PermissionsMissing if it is a reply and the author lacks VIEW_MESSAGE_HISTORY
   * @throws TokenInvalid if the account of the author was closed meanwhile; the message is removed again
   */
  async create(
    authority: TrackAuthority,
    { content, reply_to_id: replyToId, nonce }: CreateMessageDto,
  ): Promise<MessageDto> {
    const { guildId, trackId, userId } = authority;
    if (replyToId !== undefined) await this.assertMayReplyTo(authority, replyToId);
    const sent = await this.enforceSlowMode(authority, nonce);
    if (sent) return this.oneSeenBy(userId, sent);
    const message: MessageDocument = {
      _id: this.snowflakes.next(),
      guild_id: guildId,
      track_id: trackId,
      author_id: userId,
      content,
      reply_to_id: replyToId ?? null,
      ...(nonce !== undefined && { nonce }),
      edited_at: null,
      ...mentionFields(authority, content),
      terms: searchTerms({ content, authorId: userId, guildId, mentions: mentionsBy(authority, content) }),
    };
    const existing = await this.write(message);
    if (existing) return this.oneSeenBy(userId, existing);
    await this.accounts.keepIfOpen(userId, () => this.discard(message));
    await this.events.publish('MESSAGE_CREATE', { guildId, trackId }, toMessageDto(message));
    return toMessageDto(message);
  }

  /** @throws MessageNotFound */
  async get(trackId: Snowflake, messageId: Snowflake): Promise<MessageDocument> {
    const message = await this.messages.findOne({ _id: messageId, track_id: trackId }).lean<MessageDocument | null>();
    if (!message) throw new MessageNotFound();
    return message;
  }

  /**
   * Returns a message with the caller's own reactions.
   * @throws MessageNotFound
   */
  async read({ trackId, userId }: TrackAuthority, messageId: Snowflake): Promise<MessageDto> {
    return this.oneSeenBy(userId, await this.get(trackId, messageId));
  }

  /** Returns a page of messages, newest first. */
  async list({ trackId, userId }: TrackAuthority, page: MessagePage): Promise<MessageDto[]> {
    return this.seenBy(userId, await this.page(trackId, page));
  }

  /** Returns the messages of a track that have these ids, in no particular order. Ignores other ids. */
  async listAmong({ trackId, userId }: TrackAuthority, ids: readonly Snowflake[]): Promise<MessageDto[]> {
    const messages = await this.messages.find({ track_id: trackId, _id: { $in: ids } }).lean<MessageDocument[]>();
    return this.seenBy(userId, messages);
  }

  /** Maps messages to DTOs with the user's own reactions. Needs one query if any of the messages has reactions. */
  async seenBy(userId: Snowflake, messages: readonly MessageDocument[]): Promise<MessageDto[]> {
    const own = await this.reactions.kindsBy(
      userId,
      messages.filter(isReactedTo).map(({ _id }) => _id),
    );
    return messages.map((message) => toMessageDto(message, own));
  }

  /**
   * Edits a message of the caller. Repeating the current content has no effect. Mentions follow the edit.
   *
   * @throws MessageNotFound if the message does not exist, or has another author and the caller lacks VIEW_MESSAGE_HISTORY
   * @throws NotTheAuthor if the message has another author
   * @throws TokenInvalid if the account of the author was closed meanwhile; the edit is undone
   */
  async update(authority: TrackAuthority, messageId: Snowflake, { content }: UpdateMessageDto): Promise<MessageDto> {
    const { guildId, trackId, userId } = authority;
    const own = { _id: messageId, track_id: trackId, author_id: userId };
    const { mentions, mention_ids } = mentionFields(authority, content);
    const terms = searchTerms({ content, authorId: userId, guildId, mentions: mentions ?? NO_MENTIONS });
    const $set = { content, terms, edited_at: new Date(), ...(mentions && { mentions, mention_ids }) };
    const change = { $set, ...(!mentions && { $unset: { mentions: '', mention_ids: '' } }) };
    const before = await this.messages
      .findOneAndUpdate({ ...own, content: { $ne: content } }, change, { returnDocument: 'before' })
      .lean<MessageDocument | null>();
    if (!before) return this.oneSeenBy(userId, await this.unchanged(authority, own));
    const { mentions: mentionsBefore = NO_MENTIONS, mention_ids: _, ...others } = before;
    const message: MessageDocument = { ...others, ...$set };
    await this.accounts.keepIfOpen(userId, () => this.restore(before, $set));
    await this.publishUpdate(message);
    await this.publishMentions(message, mentionsBefore);
    return this.oneSeenBy(userId, message);
  }

  /** Publishes that the caller is typing. */
  async startTyping({ guildId, trackId, userId }: TrackAuthority): Promise<void> {
    await this.events.publish(
      'TYPING_START',
      { guildId, trackId },
      { guild_id: guildId, track_id: trackId, user_id: userId, started_at: new Date() },
    );
  }

  /** Returns the messages of an author in a track whose id is at least `from`, oldest first. */
  listBy(trackId: Snowflake, authorId: Snowflake, from: Snowflake): Promise<MessageDocument[]> {
    return this.messages
      .find({ track_id: trackId, author_id: authorId, _id: { $gte: from } })
      .sort({ _id: 1 })
      .lean<MessageDocument[]>()
      .exec();
  }

  /** Publishes MESSAGE_CREATE of a stored message that has not been published. */
  async publishCreated(message: MessageDocument): Promise<void> {
    const { guild_id: guildId, track_id: trackId } = message;
    await this.events.publish('MESSAGE_CREATE', { guildId, trackId }, toMessageDto(message));
  }

  /**
   * Publishes the stored state of a message, or its deletion, after a crash may have prevented the event of its last
   * change.
   */
  async republish(guildId: Snowflake, trackId: Snowflake, messageId: Snowflake): Promise<void> {
    await republishUntilStable(
      () => this.messages.findOne({ _id: messageId, track_id: trackId }).lean<MessageDocument | null>(),
      (message) =>
        message
          ? this.events.publish('MESSAGE_UPDATE', { guildId, trackId }, toMessageDto(message))
          : this.events.publish(
              'MESSAGE_DELETE',
              { guildId, trackId },
              { guild_id: guildId, track_id: trackId, message_id: messageId, author_id: null, mentions: null },
            ),
    );
  }

  /** @throws PermissionsMissing, MessageNotFound */
  private async assertMayReplyTo({ trackId, permissions }: TrackAuthority, messageId: Snowflake): Promise<void> {
    if (!has(permissions, Permission.ViewMessageHistory)) throw new PermissionsMissing(Permission.ViewMessageHistory);
    await this.get(trackId, messageId);
  }

  /**
   * Returns the caller's message that an edit left unchanged.
   * @throws MessageNotFound, NotTheAuthor
   */
  private async unchanged(
    { trackId, userId, permissions }: TrackAuthority,
    own: Pick<MessageDocument, '_id' | 'track_id' | 'author_id'>,
  ): Promise<MessageDocument> {
    const filter = has(permissions, Permission.ViewMessageHistory) ? { _id: own._id, track_id: trackId } : own;
    const message = await this.messages.findOne(filter).lean<MessageDocument | null>();
    if (!message) throw new MessageNotFound();
    if (message.author_id !== userId) throw new NotTheAuthor();
    return message;
  }

  /**
   * Publishes a message in its stored state. Repeats the deletion of a deleted message without mentions, which clients
   * have subtracted already.
   */
  private async publishUpdate(message: MessageDocument): Promise<void> {
    const { _id, guild_id, track_id } = message;
    const audience = { guildId: guild_id, trackId: track_id };
    await publishUntilStable<MessageDto | null>(toMessageDto(message), {
      read: async () => {
        const stored = await this.messages.findOne({ _id, track_id }).lean<MessageDocument | null>();
        return stored && toMessageDto(stored);
      },
      publish: (dto) =>
        dto
          ? this.events.publish('MESSAGE_UPDATE', audience, dto)
          : this.events.publish('MESSAGE_DELETE', audience, {
              guild_id,
              track_id,
              message_id: _id,
              author_id: null,
              mentions: null,
            }),
    });
  }

  // The message was counted: as with any deleted message, read states subtract it. Clients can have found the message
  // in a list.
  private async discard({ _id, guild_id: guildId, track_id: trackId, author_id }: MessageDocument): Promise<void> {
    await this.deleted.record({ guildId, trackId }, [{ id: _id, author_id }]);
    await this.messages.deleteOne({ _id });
    await this.readMarkers.leave(guildId, author_id);
    await this.republish(guildId, trackId, _id);
  }

  // Another request can have published the content that is removed here.
  private async restore(
    before: MessageDocument,
    written: Pick<MessageDocument, 'content' | 'edited_at'>,
  ): Promise<void> {
    const { _id, guild_id, track_id, content, terms, edited_at, mentions, mention_ids } = before;
    const $unset = { ...(!terms && { terms: '' }), ...(!mentions && { mentions: '', mention_ids: '' }) };
    const $set = { content, edited_at, ...(terms && { terms }), ...(mentions && { mentions, mention_ids }) };
    const change = { $set, ...(Object.keys($unset).length > 0 && { $unset }) };
    await this.messages.updateOne({ _id, content: written.content, edited_at: written.edited_at }, change);
    await this.republish(guild_id, track_id, _id);
  }

  private async publishMentions(
    { _id, guild_id, track_id, author_id, mentions: now = NO_MENTIONS }: MessageDocument,
    before: Mentions,
  ): Promise<void> {
    const [mentions_before, mentions] = [before, now].map(toMentionsDto) as [MentionsDto, MentionsDto];
    if (isDeepStrictEqual(mentions_before, mentions)) return;
    await this.events.publish(
      'MESSAGE_MENTIONS_UPDATE',
      { guildId: guild_id, trackId: track_id },
      { guild_id, track_id, message_id: _id, author_id, mentions_before, mentions },
    );
  }

  private async page(trackId: Snowflake, { before, after, around, limit }: MessagePage): Promise<MessageDocument[]> {
    if (around !== undefined) return this.listAround(trackId, around, limit);
    if (after !== undefined)
      return (
        await this.find(
          { track_id: trackId, _id: { $gt: after, ...(before !== undefined && { $lt: before }) } },
          1,
          limit,
        )
      ).toReversed();
    return this.find({ track_id: trackId, ...(before !== undefined && { _id: { $lt: before } }) }, -1, limit);
  }

  // A repeated message has to be detected before it is counted, so with a nonce the writes run one after the other.
  // @returns the existing message with the same nonce
  private async write(message: MessageDocument): Promise<MessageDocument | undefined> {
    const { _id, guild_id: guildId, track_id: trackId, author_id: authorId, nonce } = message;
    const count = (): Promise<void> => this.readMarkers.count({ guildId, trackId }, _id, authorId);
    if (nonce === undefined) {
      await Promise.all([insert(this.messages, message), count()]);
      return undefined;
    }
    try {
      await insert(this.messages, message);
    } catch (error) {
      if (!duplicateKey(error)) throw error;
      const existing = await this.findByNonce(trackId, authorId, nonce);
      if (!existing) throw new MessageNotFound();
      return existing;
    }
    await count();
    return undefined;
  }

  private async listAround(trackId: Snowflake, messageId: Snowflake, limit: number): Promise<MessageDocument[]> {
    const half = Math.floor(limit / 2);
    const [older, newer] = await Promise.all([
      this.find({ track_id: trackId, _id: { $lte: messageId } }, -1, limit - half),
      half > 0 ? this.find({ track_id: trackId, _id: { $gt: messageId } }, 1, half) : [],
    ]);
    return [...newer.toReversed(), ...older];
  }

  private async find(
    filter: { track_id: Snowflake; _id?: Record<string, Snowflake> },
    direction: 1 | -1,
    limit: number,
  ): Promise<MessageDocument[]> {
    return this.messages.find(filter).sort({ _id: direction }).limit(atMost(limit)).lean<MessageDocument[]>();
  }

  private async oneSeenBy(userId: Snowflake, message: MessageDocument): Promise<MessageDto> {
    return toMessageDto(message, await this.reactions.kindsBy(userId, isReactedTo(message) ? [message._id] : []));
  }

  private async findByNonce(
    trackId: Snowflake,
    authorId: Snowflake,
    nonce: string,
  ): Promise<MessageDocument | undefined> {
    const message = await this.messages
      .findOne({ track_id: trackId, author_id: authorId, nonce })
      .lean<MessageDocument | null>();
    return message ?? undefined;
  }

  // Members with DELETE_MESSAGES or MODIFY_TRACK are exempt. A repeated message is returned without waiting.
  private async enforceSlowMode(
    { track, trackId, userId, permissions }: TrackAuthority,
    nonce: string | undefined,
  ): Promise<MessageDocument | undefined> {
    if (
      track.slowmode_seconds === 0 ||
      has(permissions, Permission.DeleteMessages) ||
      has(permissions, Permission.ModifyTrack)
    )
      return undefined;
    const { allowed, retryAfterMs } = await this.buckets.hit(`slow-mode:${trackId}:${userId}`, {
      limit: 1,
      windowMs: track.slowmode_seconds * 1_000,
    });
    if (allowed) return undefined;
    const sent = nonce === undefined ? undefined : await this.findByNonce(trackId, userId, nonce);
    if (!sent) throw new SlowModeActive(Math.ceil(retryAfterMs / 1_000));
    return sent;
  }
}

/** Returns the users and roles mentioned in a message, restricted to those that the author may mention. */
function mentionsBy({ guild, guildId, permissions }: TrackAuthority, content: string): Mentions {
  const mayMentionEveryone = has(permissions, Permission.MentionEveryone);
  const mayMentionRole = (id: Snowflake): boolean =>
    id !== guildId &&
    guild.state.roles.some(({ _id, mentionable }) => _id === id && (mentionable || mayMentionEveryone));
  return mentionsIn(content, { mayMentionEveryone, mayMentionRole });
}

function mentionFields(authority: TrackAuthority, content: string): Pick<MessageDocument, 'mentions' | 'mention_ids'> {
  const mentions = mentionsBy(authority, content);
  const mention_ids = mentionIds(mentions, authority.guildId);
  return mention_ids.length === 0 ? {} : { mentions, mention_ids };
}

const isReactedTo = ({ reaction_emojis: emojis = [] }: MessageDocument): boolean => emojis.length > 0;

/** Maps stored mentions to their DTO. */
export const toMentionsDto = ({ user_ids, role_ids, everyone }: Mentions): MentionsDto => ({
  user_ids: [...user_ids],
  role_ids: [...role_ids],
  everyone,
});

/** Maps a stored message to its DTO. With `ownKinds`, the kinds with which a user reacted, `me` is set. */
export const toMessageDto = (
  message: MessageDocument,
  ownKinds?: ReadonlySet<Snowflake>,
): CompleteDto<MessageDto, PublicMessageField> => {
  const {
    _id,
    guild_id,
    track_id,
    author_id,
    content,
    reply_to_id,
    nonce,
    mentions = NO_MENTIONS,
    edited_at,
  } = message;
  return {
    id: _id,
    guild_id,
    track_id,
    author_id,
    content,
    reply_to_id,
    nonce: nonce ?? null,
    mentions: toMentionsDto(mentions),
    edited_at,
    reactions: reactionsOf(message, ownKinds),
    created_at: createdAt(_id),
  };
};

function reactionsOf(
  { reactions = {}, reaction_emojis: emojis = [] }: MessageDocument,
  ownKinds: ReadonlySet<Snowflake> | undefined,
): ReactionCountDto[] {
  return emojis.flatMap((emoji) => {
    const { id, count = 0 } = reactions[emoji] ?? {};
    return id === undefined || count < 1 ? [] : [{ emoji, count, ...(ownKinds && { me: ownKinds.has(id) }) }];
  });
}
