import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { omitIfUnchanged } from '../audit/audit-log';
import { type AuditChange, diffMany, diffFields } from '../audit/diff';
import type { CompleteDto } from '../common/complete-dto';
import { LIMITS } from '../common/limits';
import type { MutationOptions } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { Versioned } from '../common/versioned';
import { MODELS } from '../database/database.module';
import { insert } from '../database/insert';
import { EventsService } from '../events/events.service';
import { type PlanFn, GuildWriter, type GuildMutation } from '../guilds/guild-writer.service';
import type { GuildDocument } from '../guilds/guild.schema';
import { assertVersion } from '../guilds/expected-version';
import { MembersService } from '../members/members.service';
import { EVERYONE_DEFAULT, NO_PERMISSIONS, type Overwrite } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { allTrackRules, type GuildState } from '../permissions/guild-state';
import {
  assertBelow,
  assertDisjoint,
  assertMayDeleteRole,
  assertMayGrant,
  assertMayPlace,
  assertMayReorder,
  assertMayReorderInTracks,
  assertMayTakeRoleInTracks,
} from '../permissions/policy';
import { OverwritesService } from '../tracks/overwrites.service';
import { moveRoles, placeRole, removeRole, type RoleMove } from './role-order';
import type { CreateRoleDto, RoleDto, UpdateRoleDto } from './role.dto';
import type { PublicRoleField, RoleDocument } from './role.schema';
import { RoleLimitReached, RoleNotFound } from './roles.errors';
import { OnGuildDelete } from '../guild-cleanup/on-guild-delete.decorator';

const EMPTY_OVERWRITE: Overwrite = { allow: NO_PERMISSIONS, deny: NO_PERMISSIONS };

/** Creates, changes, moves and deletes the roles of guilds. */
@Injectable()
export class RolesService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly guildWriter: GuildWriter,
    private readonly members: MembersService,
    private readonly overwrites: OverwritesService,
    private readonly resolver: AuthorityResolver,
    private readonly events: EventsService,
    @InjectModel(MODELS.role) private readonly roles: Model<RoleDocument>,
  ) {}

  /** Stores the @everyone role of a guild that is being created. */
  async createEveryone(guildId: Snowflake): Promise<void> {
    await insert(this.roles, {
      _id: guildId,
      guild_id: guildId,
      name: '@everyone',
      allow: EVERYONE_DEFAULT,
      deny: NO_PERMISSIONS,
      color: 0,
      hoist: false,
      mentionable: false,
      revision: 1,
    });
  }

  /**
   * Creates a role at the bottom or at the given position.
   *
   * @throws RoleLimitReached if the guild has 200 roles
   * @throws RolePositionInvalid, RoleOutOfReach, PermissionsNotHeld, PermissionsOverlap
   * @throws GuildVersionMismatch if the guild does not have the expected version
   */
  async create(
    authority: GuildAuthority,
    { position, ...fields }: CreateRoleDto,
    options: MutationOptions,
  ): Promise<Versioned<RoleDto>> {
    assertDisjoint(fields);
    const role: RoleDocument = { _id: this.snowflakes.next(), guild_id: authority.guildId, ...fields, revision: 1 };
    const plan = (actor: GuildAuthority): GuildMutation => {
      const { role_ids } = actor.state.guild;
      if (role_ids.length >= LIMITS.roles) throw new RoleLimitReached();
      const order = placeRole(role_ids, role._id, position);
      assertMayPlace(actor, position);
      assertMayGrant(actor.permissions, EMPTY_OVERWRITE, role);
      return { guild: { role_ids: order }, role, isNew: true };
    };
    // Rejects before the insert if possible. A role that is left behind is in no order, so it does not exist.
    assertVersion(authority.state.guild, options.expectedVersion);
    plan(authority);
    await insert(this.roles, role);
    await using commit = await this.guildWriter
      .commit(authority, plan, options)
      .catch((error: unknown) => this.discard(role._id, error));
    const created = toRoleDto(role, commit.guild);
    commit.record({ action: 'ROLE_CREATE', targetId: role._id, changes: diffFields({}, created) });
    await this.events.publish('ROLE_CREATE', { guildId: authority.guildId }, created);
    await commit.complete();
    return new Versioned(commit.guild.version, created);
  }

  /**
   * Changes a role. `position` moves it.
   *
   * @throws RoleNotFound, RoleOutOfReach, PermissionsNotHeld, PermissionsOverlap, RolePositionInvalid,
   * EveryoneRoleProtected
   * @throws GuildVersionMismatch if the guild does not have the expected version
   */
  async update(
    authority: GuildAuthority,
    roleId: Snowflake,
    change: UpdateRoleDto,
    options: MutationOptions,
  ): Promise<Versioned<RoleDto>> {
    await using commit = await this.guildWriter.commit(authority, this.planUpdate(roleId, change), options);
    const { guild, plan, actor } = commit;
    const role = toRoleDto(plan.role, guild);
    if (commit.isEffective) {
      const changes = diffFields(roleDtoIn(actor.state, roleId), role);
      commit.record(omitIfUnchanged({ action: 'ROLE_UPDATE', targetId: roleId, changes }));
      await this.events.publish('ROLE_UPDATE', { guildId: guild._id }, role);
      if (plan.guild) await this.publishOrder(guild);
    }
    await commit.complete();
    return new Versioned(guild.version, role);
  }

  /** Returns the plan function of `update`. Only changed fields are checked. */
  planUpdate(
    roleId: Snowflake,
    { position, ...fields }: UpdateRoleDto,
  ): PlanFn<GuildAuthority, GuildMutation & { readonly role: RoleDocument }> {
    return async (actor) => {
      const before = roleIn(actor.state, roleId);
      const role = { ...before, ...fields, revision: before.revision + 1 };
      const isMoved = position !== undefined && position !== positionIn(actor.state.guild, roleId);
      if (!isMoved && isDeepStrictEqual(role, { ...before, revision: role.revision })) return { role };
      assertBelow(actor, positionIn(actor.state.guild, roleId));
      assertDisjoint(role);
      assertMayGrant(actor.permissions, before, role);
      return isMoved
        ? { role, guild: { role_ids: await this.reordered(actor, [{ id: roleId, position }], role) } }
        : { role };
    };
  }

  /**
   * Moves roles with one conditional write, whatever the size of the guild.
   *
   * Positions start at 1, which is @everyone's; 2 is the lowest valid position. Entries that repeat the current
   * position are not checked. After a concurrent change, the move is computed again from the new order, unless the
   * caller sent an expected version.
   *
   * @throws RoleNotFound if a moved role does not belong to the guild
   * @throws RolePositionInvalid if a position is below 2 or above the number of roles
   * @throws RoleOutOfReach if a role or its new position is not below the actor's highest role
   * @throws PermissionsNotHeld if the new order could grant a permission that the actor lacks
   * @throws GuildVersionMismatch if the guild does not have the expected version
   * @see docs/decisions/commit-point.md
   */
  async move(
    authority: GuildAuthority,
    moves: readonly RoleMove[],
    options: MutationOptions,
  ): Promise<Versioned<RoleDto[]>> {
    await using commit = await this.guildWriter.commit(authority, this.planMove(moves), options);
    const { guild, actor } = commit;
    if (commit.isEffective) {
      const changes = movesBetween(actor.state.guild, guild, moves);
      commit.record(omitIfUnchanged({ action: 'ROLES_REORDER', changes }));
      await this.publishOrder(guild);
    }
    await commit.complete();
    return new Versioned(guild.version, roleDtos({ ...actor.state, guild }));
  }

  /** Returns the plan function of `move`. */
  planMove(moves: readonly RoleMove[]): PlanFn<GuildAuthority, GuildMutation> {
    return async (actor) => ({ guild: { role_ids: await this.reordered(actor, moves) } });
  }

  /** Deletes a role by removing it from the role order, then from members and overwrites. @throws RoleNotFound, RoleOutOfReach, PermissionsNotHeld, EveryoneRoleProtected, GuildVersionMismatch */
  async delete(authority: GuildAuthority, roleId: Snowflake, options: MutationOptions): Promise<Versioned<void>> {
    const { guildId } = authority;
    await using commit = await this.guildWriter.commit(authority, this.planDelete(roleId), options);
    const changes = diffFields(roleDtoIn(commit.actor.state, roleId), {});
    commit.record({ action: 'ROLE_DELETE', targetId: roleId, changes });
    await this.events.publish('ROLE_DELETE', { guildId }, { guild_id: guildId, role_id: roleId });
    await commit.complete();
    await Promise.all([
      this.members.sweepRole(guildId, roleId),
      this.overwrites.deleteBySubject(guildId, roleId),
      this.roles.deleteOne({ _id: roleId }),
    ]);
    return new Versioned(commit.guild.version, undefined);
  }

  /** Deletes the roles of a deleted guild. */
  @OnGuildDelete('content')
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.roles.deleteMany({ guild_id: guildId });
  }

  private async reordered(
    actor: GuildAuthority,
    moves: readonly RoleMove[],
    edited?: RoleDocument,
  ): Promise<readonly Snowflake[]> {
    const { guild, roles } = actor.state;
    const order = moveRoles(guild.role_ids, moves);
    const overwritesByRole = new Map(roles.map((role) => [role._id, role._id === edited?._id ? edited : role]));
    if (order.every((id, index) => id === guild.role_ids[index])) return guild.role_ids;
    for (const { id, position } of moves)
      if (position !== positionIn(guild, id)) assertBelow(actor, positionIn(guild, id));
    assertMayReorder(actor, guild.role_ids, order, (id) => overwritesByRole.get(id) ?? EMPTY_OVERWRITE);
    assertMayReorderInTracks(
      actor.subject,
      allTrackRules(guild, await this.resolver.getTracks(guild)),
      guild.role_ids,
      order,
    );
    return order;
  }

  private planDelete(roleId: Snowflake): PlanFn<GuildAuthority, GuildMutation> {
    return async (actor) => {
      const { guild } = actor.state;
      const role = roleIn(actor.state, roleId);
      const order = removeRole(guild.role_ids, roleId);
      assertMayDeleteRole(actor, role, positionIn(guild, roleId));
      assertMayTakeRoleInTracks(actor.subject, allTrackRules(guild, await this.resolver.getTracks(guild)), roleId);
      return { guild: { role_ids: order } };
    };
  }

  /** Removes a role whose commit was rejected, and rejects with the error. */
  private async discard(roleId: Snowflake, error: unknown): Promise<never> {
    await this.roles.deleteOne({ _id: roleId });
    throw error;
  }

  private publishOrder({ _id, role_ids }: GuildDocument): Promise<void> {
    return this.events.publish('ROLES_REORDER', { guildId: _id }, { guild_id: _id, role_ids: [...role_ids] });
  }
}

/** @throws RoleNotFound */
export function roleIn({ roles }: GuildState, id: Snowflake): RoleDocument {
  const role = roles.find(({ _id }) => _id === id);
  if (!role) throw new RoleNotFound();
  return role;
}

const positionIn = ({ role_ids }: GuildDocument, id: Snowflake): number => role_ids.indexOf(id) + 1;

const roleDtoIn = (state: GuildState, id: Snowflake): RoleDto => toRoleDto(roleIn(state, id), state.guild);

const movesBetween = (before: GuildDocument, after: GuildDocument, moves: readonly RoleMove[]): AuditChange[] =>
  diffMany(
    moves.map(({ id }) => id),
    (id) => ({ position: positionIn(before, id) }),
    (id) => ({ position: positionIn(after, id) }),
  );

/** Maps a stored role to its DTO. */
export const toRoleDto = (role: RoleDocument, guild: GuildDocument): RoleDto =>
  toPlacedDto(role, positionIn(guild, role._id));

// Lists the fields explicitly: a spread is slower, and each move maps up to 200 roles.
const toPlacedDto = (
  { _id, guild_id, name, color, hoist, mentionable, allow, deny }: RoleDocument,
  position: number,
): CompleteDto<RoleDto, PublicRoleField> => ({
  id: _id,
  guild_id,
  name,
  color,
  hoist,
  mentionable,
  allow,
  deny,
  position,
});

/** Maps the roles of a guild to DTOs, lowest first. */
export function roleDtos({ guild, roles }: GuildState): RoleDto[] {
  const byId = new Map(roles.map((role) => [role._id, role]));
  return guild.role_ids.flatMap((id, index) => {
    const role = byId.get(id);
    return role ? [toPlacedDto(role, index + 1)] : [];
  });
}
