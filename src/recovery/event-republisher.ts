import { Injectable } from '@nestjs/common';
import { BansService } from '../bans/bans.service';
import { createdAt, lowestAt, type Snowflake, workerIdOf } from '../common/snowflake';
import { EventsService } from '../events/events.service';
import { GuildsService } from '../guilds/guilds.service';
import { InvitesService } from '../invites/invites.service';
import { MembersRepository } from '../members/members.repository';
import { MembersService } from '../members/members.service';
import { MessagesService } from '../messages/messages.service';
import { MUTATION_FIELDS, type MutationTarget, type PendingMutation } from '../cluster/mutation';
import { PermissionDataLoader } from '../permissions/permission-data.loader';
import { PinsRepository } from '../pins/pins.repository';
import { UsersService } from '../users/users.service';

// The most that a clock may be set back between the record of a mutation and the id that the mutation creates.
const MARGIN_MS = 5_000;

const ALL_TARGETS = Object.keys(MUTATION_FIELDS) as MutationTarget[];

/** Publishes one object again. */
interface RepublishTask {
  /** Identifies the object. */
  readonly key: string;
  /** @param from the lowest id that an object created by the mutation can have */
  readonly run: (from: Snowflake) => Promise<void>;
}

/** A mutation with the ids that its path or payload named. */
interface NamedObjects {
  readonly callerId: Snowflake;
  readonly workerId: number | undefined;
  readonly guildId: Snowflake | undefined;
  readonly trackId: Snowflake | undefined;
  readonly userIds: readonly Snowflake[];
  readonly messageIds: readonly Snowflake[];
  readonly code: string | undefined;
  /** The ids of the messages whose MESSAGE_CREATE was received. */
  readonly received: ReadonlySet<Snowflake>;
}

/** Publishes the objects of interrupted mutations again, as they are stored now. Every event can be repeated. */
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

  /** What is published again for each declared target. Without the ids that a target needs, nothing is. */
  private readonly tasks: Readonly<Record<MutationTarget, (objects: NamedObjects) => RepublishTask[]>> = {
    guild: ({ guildId }) =>
      guildId === undefined ? [] : [{ key: `guild:${guildId}`, run: () => this.guilds.republish(guildId) }],
    members: ({ guildId, userIds }) => this.memberships(guildId, userIds),
    own_membership: ({ guildId, callerId }) => this.memberships(guildId, [callerId]),
    bans: ({ guildId, userIds }) =>
      guildId === undefined
        ? []
        : userIds.map((id) => ({ key: `ban:${guildId}:${id}`, run: () => this.bans.republish(guildId, id) })),
    messages: (objects) => this.namedMessages(objects),
    created_messages: (objects) => this.createdMessages(objects),
    invite: ({ callerId, code }) =>
      code === undefined
        ? []
        : [{ key: `invite:${callerId}:${code}`, run: () => this.republishInvite(callerId, code) }],
    created_invites: ({ guildId, callerId }) =>
      guildId === undefined
        ? []
        : [
            {
              key: `invites:${guildId}:${callerId}`,
              run: (from) => this.invites.republishCreated(guildId, callerId, createdAt(from)),
            },
          ],
    account: ({ callerId }) => [{ key: `account:${callerId}`, run: (from) => this.republishAccount(callerId, from) }],
  };

  /**
   * Publishes all objects of these mutations again, each once.
   *
   * @param received the ids of the messages whose MESSAGE_CREATE was received
   */
  async republish(mutations: readonly PendingMutation[], received: ReadonlySet<Snowflake>): Promise<void> {
    const all = new Map<string, { run: RepublishTask['run']; from: Snowflake }>();
    for (const mutation of mutations) {
      const from = lowestAt(new Date(mutation.atMs - MARGIN_MS));
      const objects = await this.namedObjects(mutation, received);
      for (const { key, run } of (mutation.targets ?? ALL_TARGETS).flatMap((target) => this.tasks[target](objects))) {
        const existing = all.get(key);
        all.set(key, { run, from: existing && existing.from < from ? existing.from : from });
      }
    }
    for (const { run, from } of all.values()) await run(from);
  }

  private async namedObjects(
    { userId: callerId, workerId, ids, code }: PendingMutation,
    received: ReadonlySet<Snowflake>,
  ): Promise<NamedObjects> {
    const trackId = ids['track_id']?.[0];
    const guildId = ids['guild_id']?.[0] ?? (trackId && (await this.permissionData.findGuildOf(trackId)));
    const [userIds, messageIds] = [ids['user_id'] ?? [], ids['message_id'] ?? []];
    return { callerId, workerId, guildId, trackId, userIds, messageIds, code, received };
  }

  private memberships(guildId: Snowflake | undefined, userIds: readonly Snowflake[]): RepublishTask[] {
    if (guildId === undefined) return [];
    return userIds.map((id) => ({
      key: `member:${guildId}:${id}`,
      run: (from) => this.members.republish(guildId, id, from),
    }));
  }

  private namedMessages({ guildId, trackId, messageIds }: NamedObjects): RepublishTask[] {
    if (guildId === undefined || trackId === undefined || messageIds.length === 0) return [];
    return [
      ...messageIds.map((id) => ({
        key: `message:${id}`,
        run: () => this.messages.republish(guildId, trackId, id),
      })),
      { key: `pins:${trackId}`, run: () => this.pins.publish(guildId, trackId) },
    ];
  }

  // Messages that the same author creates on another node are published by that node.
  private createdMessages({ trackId, callerId, workerId, received }: NamedObjects): RepublishTask[] {
    if (trackId === undefined) return [];
    const run = async (from: Snowflake): Promise<void> => {
      for (const message of await this.messages.listBy(trackId, callerId, from))
        if (workerIdOf(message._id) === workerId && !received.has(message._id))
          await this.messages.publishCreated(message);
    };
    return [{ key: `created_messages:${trackId}:${callerId}:${workerId}`, run }];
  }

  private async republishInvite(callerId: Snowflake, code: string): Promise<void> {
    for (const guildId of await this.users.guildIdsOf(callerId)) await this.invites.republish(guildId, code);
  }

  // The user's clients start again; the members of a guild receive that the user joined or left.
  private async republishAccount(userId: Snowflake, from: Snowflake): Promise<void> {
    for (const guildId of await this.users.guildIdsOf(userId)) {
      const member = await this.membersRepository.find(guildId, userId);
      if (!member || member._id >= from) await this.members.republish(guildId, userId, from);
    }
    await this.events.publish('EVENTS_LOST', { userIds: [userId] }, { user_ids: [userId] });
  }
}
