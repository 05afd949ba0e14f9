import { Dto } from '../common/dto/dto';
import { BooleanField, IntegerField, NameField, SnowflakeField } from '../common/dto/fields';
import { PartialOf, WithDefaults } from '../common/dto/mapped-types';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import type { PermissionSet } from '../permissions/compute-permissions';
import { PermissionSetField } from '../permissions/permission-set.field';

/** Fields of a role that clients set. */
class RoleFields {
  @NameField({ max: LIMITS.roleName, description: 'Name of the role.', example: 'Moderator' })
  readonly name!: string;

  @IntegerField({ min: 0, max: 0xffffff, description: 'RGB color; 0 means none.', example: 0x3366ff })
  readonly color!: number;

  @BooleanField({ description: 'Whether members with this role are shown in a separate group.', example: true })
  readonly hoist!: boolean;

  @BooleanField({ description: 'Whether all members may mention the role.', example: false })
  readonly mentionable!: boolean;

  @PermissionSetField({ description: 'Permissions granted by the role, overriding lower roles.', example: '2048' })
  readonly allow!: PermissionSet;

  @PermissionSetField({
    description: 'Permissions denied by the role, overriding lower roles; disjoint from `allow`.',
    example: '0',
  })
  readonly deny!: PermissionSet;
}

/** A role as clients see it. */
@Dto()
export class RoleDto extends RoleFields {
  @SnowflakeField()
  readonly id!: Snowflake;

  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @IntegerField({
    min: 1,
    max: LIMITS.roles,
    description: 'Position in the hierarchy; 1 is @everyone, the lowest.',
    example: 2,
  })
  readonly position!: number;
}

/** Body of `POST /guilds/:guild_id/roles`. */
@Dto({ example: { name: 'Moderator', allow: '2048', deny: '0', color: 3368703, hoist: true } })
export class CreateRoleDto extends WithDefaults(RoleFields, {
  color: 0,
  hoist: false,
  mentionable: false,
  allow: '0',
  deny: '0',
}) {
  @IntegerField({
    optional: true,
    min: 2,
    max: LIMITS.roles,
    description: 'Position in the hierarchy; 1 (@everyone) is the lowest. Default: 2.',
    example: 2,
  })
  readonly position?: number;
}

class MovableRoleFields extends RoleFields {
  @IntegerField({
    min: 1,
    max: LIMITS.roles,
    description: 'Position in the hierarchy, from 2. 1 is accepted only for @everyone, which always has this position.',
    example: 2,
  })
  readonly position!: number;
}

/** Body of `PATCH /guilds/:guild_id/roles/:role_id`. Omitted fields are unchanged; `position` moves the role. */
@Dto({ example: { name: 'Keeper', color: 16711680 } })
export class UpdateRoleDto extends PartialOf(MovableRoleFields) {}

/** New position of one role. */
@Dto()
export class MoveRoleDto {
  @SnowflakeField()
  readonly id!: Snowflake;

  @IntegerField({
    min: 1,
    max: LIMITS.roles,
    description: 'Position in the hierarchy, from 2. 1 is accepted only for @everyone, which always has this position.',
    example: 2,
  })
  readonly position!: number;
}

/** Payload of ROLE_DELETE. */
export class RoleDeleteEvent {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @SnowflakeField()
  readonly role_id!: Snowflake;
}

/** Payload of ROLES_REORDER. */
export class RolesReorderEvent {
  @SnowflakeField()
  readonly guild_id!: Snowflake;

  @SnowflakeField({ each: true, description: 'Every role, lowest first; the first is @everyone.' })
  readonly role_ids!: readonly Snowflake[];
}
