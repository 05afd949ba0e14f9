import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AccountCache } from '../auth/account-cache';
import { AuditLog, ifDifferent } from '../audit/audit-log';
import { changesBetween } from '../audit/changes';
import type { Remarks } from '../common/remarks';
import { createdAt, type Snowflake } from '../common/snowflake';
import { Snowflakes } from '../common/snowflakes.service';
import { MODELS } from '../database/database.module';
import { insert } from '../database/insert';
import { Epochs, guildEpoch } from '../events/epochs';
import { EventsService } from '../events/events.service';
import { InvitesService } from '../invites/invites.service';
import { ExitsService } from '../members/exits.service';
import { JoinsService } from '../members/joins.service';
import { MemberDirectory } from '../members/member-directory';
import { MemberNotFound } from '../members/members.errors';
import { MessageRemovals } from '../messages/message-removals';
import type { GuildAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { OwnerOnly } from '../permissions/permissions.errors';
import { PositionsService } from '../read-states/positions.service';
import { RolesService } from '../roles/roles.service';
import { TracksService } from '../tracks/tracks.service';
import { UsersService } from '../users/users.service';
import { type Decision, GuildCommits, type GuildPlan } from './guild-commits';
import type { CreateGuildDto, GuildDto, GuildPreviewDto, UpdateGuildDto } from './guild.dto';
import { type GuildDocument, type StoredGuild, storedFieldsOf } from './guild.schema';
import { GuildNotFound } from './guilds.errors';

/** A version that none comes after. */
const GONE = Number.MAX_SAFE_INTEGER;

/** Guilds as a whole. */
@Injectable()
export class GuildsService {
  constructor(
    private readonly snowflakes: Snowflakes,
    private readonly commits: GuildCommits,
    private readonly resolver: AuthorityResolver,
    private readonly users: UsersService,
    private readonly accounts: AccountCache,
    private readonly members: MemberDirectory,
    private readonly joins: JoinsService,
    private readonly exits: ExitsService,
    private readonly roles: RolesService,
    private readonly tracks: TracksService,
    private readonly messages: MessageRemovals,
    private readonly positions: PositionsService,
    private readonly invites: InvitesService,
    private readonly audit: AuditLog,
    private readonly epochs: Epochs,
    private readonly events: EventsService,
    @InjectModel(MODELS.guild) private readonly guilds: Model<StoredGuild>,
  ) {}

  /**
   * Makes a guild with @everyone, a category and a text track. The guild's document is written last but for its first member, so that a crash
   * on the way leaves nothing that exists.
   *
   * @throws GuildLimitReached when the user is in 200 guilds
   * @throws TokenInvalid if the account is closed meanwhile
   */
  async create(ownerId: Snowflake, fields: CreateGuildDto): Promise<GuildDocument> {
    const _id = this.snowflakes.next();
    await this.users.reserveGuild(ownerId, _id);
    const [track_layout] = await Promise.all([this.tracks.createFirst(_id), this.roles.createEveryone(_id)]);
    const guild: GuildDocument = { _id, ...fields, owner_id: ownerId, role_ids: [_id], track_layout, version: 1 };
    await insert(this.guilds, storedFieldsOf(guild) as StoredGuild);
    try {
      await this.joins.join(_id, ownerId);
    } catch (error) {
      // The account was closed meanwhile: a guild without a member is of use to nobody.
      await this.discard(_id);
      throw error;
    }
    return guild;
  }

  /** Deletes a guild that never had a member. Can be repeated. */
  async discard(guildId: Snowflake): Promise<void> {
    await this.guilds.deleteOne({ _id: guildId });
    await this.finishDeletion(guildId);
  }

  /** These guilds, in no order. */
  list(ids: readonly Snowflake[]): Promise<StoredGuild[]> {
    return this.guilds.find({ _id: { $in: ids } }).lean<StoredGuild[]>().exec();
  }

  /** A guild as people see it who may not be in it. @throws GuildNotFound when it is not discoverable and they are not a member */
  async preview(guildId: Snowflake, userId: Snowflake): Promise<GuildPreviewDto> {
    // Always both, so that the number of queries does not reveal that a guild exists.
    const [guild, member] = await Promise.all([this.guilds.findById(guildId).lean<StoredGuild | null>(), this.members.find(guildId, userId)]);
    if (!guild || (!guild.discoverable && !member)) throw new GuildNotFound();
    const { _id, name, description, discoverable } = guild;
    return { id: _id, name, description, discoverable, created_at: createdAt(_id) };
  }

  /**
   * Changes a guild; giving it to another member is for its owner only.
   *
   * @throws OwnerOnly, MemberNotFound
   * @throws GuildChanged when the guild isn't at the version that was seen
   */
  async update(authority: GuildAuthority, change: UpdateGuildDto, remarks: Remarks): Promise<GuildDocument> {
    const { owner_id: newOwnerId, ...others } = change;
    const ownerId = newOwnerId === authority.state.guild.owner_id ? undefined : newOwnerId;
    if (ownerId !== undefined) {
      if (!authority.isOwner) throw new OwnerOnly();
      await this.members.get(authority.guildId, ownerId);
    }
    const decide = (actor: GuildAuthority): GuildPlan => {
      if (ownerId !== undefined && !actor.isOwner) throw new OwnerOnly();
      return { guild: { ...others, ...(ownerId !== undefined && { owner_id: ownerId }) } };
    };
    const changed = await this.commit(authority, decide, remarks);
    if (ownerId !== undefined) await this.assertStayed(authority, ownerId);
    return changed;
  }

  /** Deletes a guild: without its document it is gone, and the rest is swept. */
  async delete({ guildId }: GuildAuthority): Promise<void> {
    const { deletedCount } = await this.guilds.deleteOne({ _id: guildId });
    if (deletedCount === 0) throw new GuildNotFound();
    await this.finishDeletion(guildId);
  }

  /** Has every client in a guild get it as it now is, or hear that it is gone, because its last change may not have been told. */
  async retell(guildId: Snowflake): Promise<void> {
    const guild = await this.guilds.findById(guildId, { version: 1 }).lean<Pick<GuildDocument, 'version'> | null>();
    if (!guild) return this.finishDeletion(guildId);
    await this.epochs.reach(guildEpoch(guildId), guild.version);
    await this.events.publish('GUILD_RESYNC', { guildId }, { guild_id: guildId });
  }

  private async finishDeletion(guildId: Snowflake): Promise<void> {
    await this.epochs.reach(guildEpoch(guildId), GONE);
    await this.events.publish('GUILD_DELETE', { guildId }, { id: guildId });
    await this.exits.removeAll(guildId);
    await Promise.all([this.roles, this.tracks, this.messages, this.positions, this.invites, this.audit].map((of) => of.removeAll(guildId)));
  }

  // A new owner who leaves or deletes the account at the same moment either finds that the guild is theirs and stays, or is found here to be gone:
  // then the guild is taken back.
  private async assertStayed(giver: GuildAuthority, ownerId: Snowflake): Promise<void> {
    const [member, account] = await Promise.all([this.members.find(giver.guildId, ownerId), this.accounts.find(ownerId)]);
    if (member && account) return;
    const { userId, guildId } = giver;
    await this.commit(await this.resolver.inGuild(userId, guildId), ({ state }) => (state.guild.owner_id === ownerId ? { guild: { owner_id: userId } } : {}), {});
    throw new MemberNotFound();
  }

  private async commit(authority: GuildAuthority, decide: Decision<GuildAuthority, GuildPlan>, remarks: Remarks): Promise<GuildDocument> {
    const { guild } = await this.commits.commit(
      authority,
      {
        decide,
        record: ({ actor, guild: changed }) => ifDifferent({ action: 'GUILD_UPDATE', changes: changesBetween(guildDtoOf(actor.state.guild), guildDtoOf(changed)) }),
        tell: (changed) => this.events.publish('GUILD_UPDATE', { guildId: changed._id }, guildDtoOf(changed)),
      },
      remarks,
    );
    return guild;
  }
}

/** A guild as its members see it. */
export const guildDtoOf = ({ _id, name, description, discoverable, owner_id, version }: Omit<GuildDocument, 'track_layout'>): GuildDto => ({
  id: _id,
  name,
  description,
  discoverable,
  owner_id,
  version,
  created_at: createdAt(_id),
});
