import { Injectable } from '@nestjs/common';
import { BansService } from '../bans/bans.service';
import { createdAt, lowestAt, type Snowflake, workerIdOf } from '../common/snowflake';
import { EventsService } from '../events/events.service';
import { GuildsService } from '../guilds/guilds.service';
import { InvitesService } from '../invites/invites.service';
import { MembersRepository } from '../members/members.repository';
import { MembersService } from '../members/members.service';
import { MessagesService } from '../messages/messages.service';
import type { PendingMutation } from '../cluster/mutation';
import { PermissionDataLoader } from '../permissions/permission-data.loader';
import { PinsRepository } from '../pins/pins.repository';
import { UsersService } from '../users/users.service';

// So much may a clock be set back between the note of a change and the id that the change makes.
const MARGIN_MS = 5_000;

/** Something to be told again. */
interface RepublishTask {
  /** The same for what is the same. */
  readonly key: string;
  /** @param from the lowest id that something can have which is new and was not told */
  readonly run: (from: Snowflake) => Promise<void>;
}

/** Reads again what changes were about, and tells it as it now is. Every event means the same when it comes once more. */
@Injectable()
export class EventRepublisher {
  constructor(
    private readonly events: EventsService,
    private readonly permissionData: PermissionDataLoader,
    private readonly guilds: GuildsService,
    private readonly members: MembersService,
    private readonly membersRepository: MembersRepository,
    private readonly bans: BansService,
    private readonly messages: MessagesService,
    private readonly pins: PinsRepository,
    private readonly invites: InvitesService,
    private readonly users: UsersService,
  ) {}

  /** Tells again all that these changes may have changed, each thing once. @param heard the messages that were told to be new */
  async republish(changes: readonly PendingMutation[], heard: ReadonlySet<Snowflake>): Promise<void> {
    const all = new Map<string, { run: RepublishTask['run']; from: Snowflake }>();
    for (const change of changes) {
      const from = lowestAt(new Date(change.atMs - MARGIN_MS));
      for (const { key, run } of await this.tasksFor(change, heard)) {
        const existing = all.get(key);
        all.set(key, { run, from: existing && existing.from < from ? existing.from : from });
      }
    }
    for (const { run, from } of all.values()) await run(from);
  }

  private async tasksFor(
    { userId, scope, ids, code, workerId }: PendingMutation,
    heard: ReadonlySet<Snowflake>,
  ): Promise<RepublishTask[]> {
    const named = ids['user_id'] ?? [];
    const userIds = [userId, ...named];
    const trackId = ids['track_id']?.[0];
    const guildId = ids['guild_id']?.[0] ?? (trackId && (await this.permissionData.findGuildOf(trackId)));
    if (guildId === undefined || scope === 'self')
      return userIds.map((id) => ({ key: `user:${id}:${code}`, run: (from) => this.user(id, from, code) }));
    const messages = trackId === undefined ? [] : this.messagesOf(guildId, trackId, ids['message_id'] ?? []);
    if (scope === 'messages' && trackId !== undefined) {
      // What its author says on another node meanwhile is told by that one.
      const isUntold = (id: Snowflake): boolean => workerIdOf(id) === workerId && !heard.has(id);
      return [
        ...messages,
        {
          key: `said:${trackId}:${userId}:${workerId}`,
          run: (from) => this.republishMessages(trackId, userId, from, isUntold),
        },
      ];
    }
    return [
      ...messages,
      ...userIds.map((id) => ({
        key: `member:${guildId}:${id}`,
        run: (from: Snowflake) => this.members.republish(guildId, id, from),
      })),
      ...named.map((id) => ({ key: `ban:${guildId}:${id}`, run: () => this.bans.republish(guildId, id) })),
      {
        key: `invites:${guildId}:${userId}`,
        run: (from) => this.invites.republishCreated(guildId, userId, createdAt(from)),
      },
      { key: `guild:${guildId}`, run: () => this.guilds.republish(guildId) },
    ];
  }

  private messagesOf(guildId: Snowflake, trackId: Snowflake, ids: readonly Snowflake[]): RepublishTask[] {
    const messages = ids.map((id) => ({
      key: `message:${id}`,
      run: () => this.messages.republish(guildId, trackId, id),
    }));
    return ids.length === 0
      ? []
      : [...messages, { key: `pins:${trackId}`, run: () => this.pins.publish(guildId, trackId) }];
  }

  private async republishMessages(
    trackId: Snowflake,
    authorId: Snowflake,
    from: Snowflake,
    isUntold: (id: Snowflake) => boolean,
  ): Promise<void> {
    for (const message of await this.messages.listBy(trackId, authorId, from)) {
      if (isUntold(message._id)) await this.messages.publishCreated(message);
    }
  }

  // What is theirs alone they get by starting afresh; that they joined or left is told to the others.
  private async user(userId: Snowflake, from: Snowflake, code?: string): Promise<void> {
    for (const guildId of await this.users.guildIdsOf(userId)) {
      const member = await this.membersRepository.find(guildId, userId);
      if (!member || member._id >= from) await this.members.republish(guildId, userId, from);
      if (code !== undefined) await this.invites.republish(guildId, code);
    }
    await this.events.publish('EVENTS_LOST', { userIds: [userId] }, { user_ids: [userId] });
  }
}
