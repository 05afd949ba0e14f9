import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AccountCache } from '../auth/account-cache';
import { omitIfUnchanged } from '../audit/audit-log';
import { diffFields } from '../audit/diff';
import type { CompleteDto } from '../common/complete-dto';
import type { MutationOptions } from '../common/mutation-options';
import { createdAt, type Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { CacheVersions, guildVersionKey } from '../cache/cache-versions';
import { EventsService } from '../events/events.service';
import { MembersRepository } from '../members/members.repository';
import type { GuildAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { OwnerOnly, GuildNotFound, MemberNotFound } from '../permissions/permissions.errors';
import { type PlanFn, GuildWriter, type GuildMutation } from './guild-writer.service';
import type { GuildDto, GuildPreviewDto, UpdateGuildDto } from './guild.dto';
import { GuildDeletionService } from './guild-deletion.service';
import type { GuildDocument, PublicGuildField, StoredGuild } from './guild.schema';

/** Reads and changes guilds. */
@Injectable()
export class GuildsService {
  constructor(
    private readonly guildWriter: GuildWriter,
    private readonly resolver: AuthorityResolver,
    private readonly accounts: AccountCache,
    private readonly membersRepository: MembersRepository,
    private readonly deletion: GuildDeletionService,
    private readonly cacheVersions: CacheVersions,
    private readonly events: EventsService,
    @InjectModel(MODELS.guild) private readonly guilds: Model<StoredGuild>,
  ) {}

  /** Returns the existing guilds among these, in any order. */
  list(ids: readonly Snowflake[]): Promise<StoredGuild[]> {
    return this.guilds
      .find({ _id: { $in: ids } })
      .lean<StoredGuild[]>()
      .exec();
  }

  /**
   * Returns the public preview of a guild.
   * @throws GuildNotFound if the guild is not discoverable and the user is not a member
   */
  async preview(guildId: Snowflake, userId: Snowflake): Promise<GuildPreviewDto> {
    // Always both, so that the number of queries does not reveal that a guild exists.
    const [guild, member] = await Promise.all([
      this.guilds.findById(guildId).lean<StoredGuild | null>(),
      this.membersRepository.find(guildId, userId),
    ]);
    if (!guild || (!guild.discoverable && !member)) throw new GuildNotFound();
    const { _id, name, description, discoverable } = guild;
    return { id: _id, name, description, discoverable, created_at: createdAt(_id) };
  }

  /**
   * Changes a guild. Only the owner may transfer the ownership.
   *
   * @throws OwnerOnly, MemberNotFound
   * @throws GuildVersionMismatch if the guild does not have the expected version
   */
  async update(authority: GuildAuthority, change: UpdateGuildDto, options: MutationOptions): Promise<GuildDocument> {
    const { owner_id: newOwnerId, ...others } = change;
    const ownerId = newOwnerId === authority.state.guild.owner_id ? undefined : newOwnerId;
    if (ownerId !== undefined) {
      if (!authority.isOwner) throw new OwnerOnly();
      await this.membersRepository.get(authority.guildId, ownerId);
    }
    const decide = (actor: GuildAuthority): GuildMutation => {
      if (ownerId !== undefined && !actor.isOwner) throw new OwnerOnly();
      return { guild: { ...others, ...(ownerId !== undefined && { owner_id: ownerId }) } };
    };
    const changed = await this.commit(authority, decide, options);
    if (ownerId !== undefined) await this.assertStillMember(authority, ownerId);
    return changed;
  }

  /** Publishes a guild as it is stored now, or its deletion. For a change that may not have been published. */
  async republish(guildId: Snowflake): Promise<void> {
    const guild = await this.guilds.findById(guildId, { version: 1 }).lean<Pick<GuildDocument, 'version'> | null>();
    if (!guild) return this.deletion.finish(guildId);
    await this.cacheVersions.raiseTo(guildVersionKey(guildId), guild.version);
    await this.events.publish('GUILD_RESYNC', { guildId }, { guild_id: guildId });
  }

  // A new owner may leave or delete the account concurrently. Either the removal finds that the member owns the guild and fails, or this method finds
  // that the member is gone and reverts the transfer.
  private async assertStillMember(giver: GuildAuthority, ownerId: Snowflake): Promise<void> {
    const [member, account] = await Promise.all([
      this.membersRepository.find(giver.guildId, ownerId),
      this.accounts.find(ownerId),
    ]);
    if (member && account) return;
    const { userId, guildId } = giver;
    await this.commit(
      await this.resolver.resolveInGuild(userId, guildId),
      ({ state }) => (state.guild.owner_id === ownerId ? { guild: { owner_id: userId } } : {}),
      {},
    );
    throw new MemberNotFound();
  }

  private async commit(
    authority: GuildAuthority,
    plan: PlanFn<GuildAuthority, GuildMutation>,
    options: MutationOptions,
  ): Promise<GuildDocument> {
    await using commit = await this.guildWriter.commit(authority, plan, options);
    if (commit.isEffective) {
      const guild = toGuildDto(commit.guild);
      const changes = diffFields(toGuildDto(commit.actor.state.guild), guild);
      commit.record(omitIfUnchanged({ action: 'GUILD_UPDATE', changes }));
      await this.events.publish('GUILD_UPDATE', { guildId: authority.guildId }, guild);
    }
    await commit.complete();
    return commit.guild;
  }
}

/** Maps a stored guild to its DTO, for members. */
export const toGuildDto = ({
  _id,
  name,
  description,
  discoverable,
  owner_id,
  version,
}: Omit<GuildDocument, 'track_layout'>): CompleteDto<GuildDto, PublicGuildField> => ({
  id: _id,
  name,
  description,
  discoverable,
  owner_id,
  version,
  created_at: createdAt(_id),
});
