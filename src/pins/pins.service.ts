import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log';
import { AccountCache } from '../auth/account-cache';
import type { Snowflake } from '../common/snowflake';
import type { MessageDto } from '../messages/message.dto';
import { MessageNotFound } from '../messages/messages.errors';
import { MessagesService } from '../messages/messages.service';
import type { TrackAuthority } from '../permissions/authority';
import { PinsRepository } from './pins.repository';

/** Lists, adds and removes the pinned messages of tracks. */
@Injectable()
export class PinsService {
  constructor(
    private readonly pins: PinsRepository,
    private readonly messages: MessagesService,
    private readonly accounts: AccountCache,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Returns the pinned messages of a track, most recently pinned first. Unpins deleted messages that a crash left
   * pinned.
   */
  async list(authority: TrackAuthority): Promise<MessageDto[]> {
    const pinned = await this.pins.list(authority.trackId);
    const byId = new Map((await this.messages.listAmong(authority, pinned)).map((message) => [message.id, message]));
    const gone = pinned.filter((id) => !byId.has(id));
    if (gone.length > 0) await this.pins.remove(authority.guildId, authority.trackId, gone);
    return pinned.flatMap((id) => byId.get(id) ?? []);
  }

  /**
   * Pins a message. Pinning a pinned message has no effect.
   *
   * The message is read after it was pinned. If the message is deleted at the same moment, then either this read finds
   * no message, or the deletion finds the pin.
   *
   * @throws MessageNotFound, PinLimitReached
   * @throws TokenInvalid if the account of the user was closed meanwhile; the message is unpinned again
   */
  async pin(authority: TrackAuthority, messageId: Snowflake, reason: string | undefined): Promise<void> {
    const { guildId, trackId } = authority;
    const isNew = await this.pins.add(guildId, trackId, messageId);
    try {
      await this.messages.get(trackId, messageId);
    } catch (error) {
      if (error instanceof MessageNotFound) await this.pins.remove(guildId, trackId, [messageId]);
      throw error;
    }
    if (!isNew) return;
    await this.accounts.keepIfOpen(authority.userId, () => this.pins.remove(guildId, trackId, [messageId]));
    await Promise.all([
      this.audit.record(authority, { action: 'PIN_ADD', targetId: messageId, trackIds: [trackId] }, reason),
      this.pins.publish(guildId, trackId),
    ]);
  }

  /** Unpins a message. Unpinning a message that is not pinned has no effect. */
  async unpin(authority: TrackAuthority, messageId: Snowflake, reason: string | undefined): Promise<void> {
    const { guildId, trackId } = authority;
    if (!(await this.pins.take(trackId, [messageId]))) return;
    await Promise.all([
      this.audit.record(authority, { action: 'PIN_REMOVE', targetId: messageId, trackIds: [trackId] }, reason),
      this.pins.publish(guildId, trackId),
    ]);
  }
}
