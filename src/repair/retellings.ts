import { Injectable } from '@nestjs/common';
import { BansService } from '../bans/bans.service';
import { createdAt, lowestAt, type Snowflake, workerIdOf } from '../common/snowflake';
import { EventsService } from '../events/events.service';
import { GuildsService } from '../guilds/guilds.service';
import { InvitesService } from '../invites/invites.service';
import { MemberDirectory } from '../members/member-directory';
import { MembersService } from '../members/members.service';
import { MessagesService } from '../messages/messages.service';
import type { Change } from '../nodes/change';
import { GuildRecollections } from '../permissions/guild-recollections';
import { PinList } from '../pins/pin-list';
import { UsersService } from '../users/users.service';

// So much may a clock be set back between the note of a change and the id that the change makes.
const MARGIN_MS = 5_000;

/** Something to be told again. */
interface Retelling {
  /** The same for what is the same. */
  readonly key: string;
  /** @param from the lowest id that something can have which is new and was not told */
  readonly tell: (from: Snowflake) => Promise<void>;
}

/** Reads again what changes were about, and tells it as it now is. Every event means the same when it comes once more. */
@Injectable()
export class Retellings {
  constructor(
    private readonly events: EventsService,
    private readonly recollections: GuildRecollections,
    private readonly guilds: GuildsService,
    private readonly members: MembersService,
    private readonly directory: MemberDirectory,
    private readonly bans: BansService,
    private readonly messages: MessagesService,
    private readonly pins: PinList,
    private readonly invites: InvitesService,
    private readonly users: UsersService,
  ) {}

  /** Tells again all that these changes may have changed, each thing once. @param heard the messages that were told to be new */
  async retell(changes: readonly Change[], heard: ReadonlySet<Snowflake>): Promise<void> {
    const all = new Map<string, { tell: Retelling['tell']; from: Snowflake }>();
    for (const change of changes) {
      const from = lowestAt(new Date(change.atMs - MARGIN_MS));
      for (const { key, tell } of await this.after(change, heard)) {
        const known = all.get(key);
        all.set(key, { tell, from: known && known.from < from ? known.from : from });
      }
    }
    for (const { tell, from } of all.values()) await tell(from);
  }

  private async after({ userId, touches, names, code, workerId }: Change, heard: ReadonlySet<Snowflake>): Promise<Retelling[]> {
    const named = names['user_id'] ?? [];
    const userIds = [userId, ...named];
    const trackId = names['track_id']?.[0];
    const guildId = names['guild_id']?.[0] ?? (trackId && (await this.recollections.findGuildOf(trackId)));
    if (guildId === undefined || touches === 'self') return userIds.map((id) => ({ key: `user:${id}:${code}`, tell: (from) => this.user(id, from, code) }));
    const messages = trackId === undefined ? [] : this.messagesIn(guildId, trackId, names['message_id'] ?? []);
    if (touches === 'messages' && trackId !== undefined) {
      // What its author says on another node meanwhile is told by that one.
      const isUntold = (id: Snowflake): boolean => workerIdOf(id) === workerId && !heard.has(id);
      return [...messages, { key: `said:${trackId}:${userId}:${workerId}`, tell: (from) => this.said(trackId, userId, from, isUntold) }];
    }
    return [
      ...messages,
      ...userIds.map((id) => ({ key: `member:${guildId}:${id}`, tell: (from: Snowflake) => this.members.retell(guildId, id, from) })),
      ...named.map((id) => ({ key: `ban:${guildId}:${id}`, tell: () => this.bans.retell(guildId, id) })),
      { key: `invites:${guildId}:${userId}`, tell: (from) => this.invites.retellNew(guildId, userId, createdAt(from)) },
      { key: `guild:${guildId}`, tell: () => this.guilds.retell(guildId) },
    ];
  }

  private messagesIn(guildId: Snowflake, trackId: Snowflake, ids: readonly Snowflake[]): Retelling[] {
    const messages = ids.map((id) => ({ key: `message:${id}`, tell: () => this.messages.retell(guildId, trackId, id) }));
    return ids.length === 0 ? [] : [...messages, { key: `pins:${trackId}`, tell: () => this.pins.tell(guildId, trackId) }];
  }

  private async said(trackId: Snowflake, authorId: Snowflake, from: Snowflake, isUntold: (id: Snowflake) => boolean): Promise<void> {
    for (const message of await this.messages.listBy(trackId, authorId, from)) {
      if (isUntold(message._id)) await this.messages.tellNew(message);
    }
  }

  // What is theirs alone they get by starting afresh; that they joined or left is told to the others.
  private async user(userId: Snowflake, from: Snowflake, code?: string): Promise<void> {
    for (const guildId of await this.users.guildIdsOf(userId)) {
      const member = await this.directory.find(guildId, userId);
      if (!member || member._id >= from) await this.members.retell(guildId, userId, from);
      if (code !== undefined) await this.invites.retell(guildId, code);
    }
    await this.events.publish('EVENTS_LOST', { userIds: [userId] }, { user_ids: [userId] });
  }
}
