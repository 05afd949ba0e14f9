import { Dto } from '../common/dto/dto';
import { BooleanField, EnumField, QueryFlagField, SnowflakeField } from '../common/dto/fields';
import { ObjectField, UnionField } from '../common/dto/object-field';
import type { Snowflake } from '../common/snowflake';
import { PERMISSION_NAMES, type PermissionName, type PermissionSet, type DecisionReason } from './compute-permissions';
import { PermissionSetField } from './permission-set.field';

class OwnerStep {
  @EnumField(['owner'])
  readonly kind!: 'owner';
}

class AdministratorStep {
  @EnumField(['administrator'])
  readonly kind!: 'administrator';

  @SnowflakeField()
  readonly role_id!: Snowflake;
}

class RoleStep {
  @EnumField(['role'])
  readonly kind!: 'role';

  @SnowflakeField()
  readonly role_id!: Snowflake;
}

class OverwriteStep {
  @EnumField(['overwrite'])
  readonly kind!: 'overwrite';

  @EnumField(['category', 'track'])
  readonly place!: 'category' | 'track';

  @EnumField(['role', 'member'])
  readonly type!: 'role' | 'member';

  @SnowflakeField()
  readonly id!: Snowflake;
}

class OtherStep {
  @EnumField(['timeout', 'hidden', 'mute', 'default', 'category'])
  readonly kind!: 'timeout' | 'hidden' | 'mute' | 'default' | 'category';
}

/** One permission, and the rule that decided it. */
export class ExplainedPermission {
  @EnumField(PERMISSION_NAMES, { example: 'MANAGE_ROLES' })
  readonly permission!: PermissionName;

  @BooleanField()
  readonly granted!: boolean;

  @UnionField<DecisionReason>(() => [OwnerStep, AdministratorStep, RoleStep, OverwriteStep, OtherStep], {
    description:
      'The rule that decided the permission: `owner`; `administrator` or `role` (the id of @everyone is that of the guild); `overwrite`; `timeout`; `hidden` (VIEW_TRACK is missing); `mute` (CREATE_MESSAGE is missing); `default` (no rule). `category` stands for any overwrite of a category that you cannot view.',
  })
  readonly decided_by!: DecisionReason;
}

/** Permissions of a user in a guild or track. */
@Dto()
export class PermissionsDto {
  @PermissionSetField({ description: 'The permissions as one set.', example: '46144' })
  readonly permissions!: PermissionSet;

  @EnumField(PERMISSION_NAMES, { each: true, description: 'The same permissions as names.' })
  readonly names!: readonly PermissionName[];

  @ObjectField(() => ExplainedPermission, {
    each: true,
    optional: true,
    description: 'Each permission with the rule that decided it; present with `explain=true`.',
  })
  readonly bits?: readonly ExplainedPermission[];
}

/** Query of `GET /guilds/:guild_id/permissions/:user_id`. */
export class PermissionsQuery {
  @SnowflakeField({ optional: true, description: 'The track; without it, the permissions are those in the guild.' })
  readonly track_id?: Snowflake;

  @QueryFlagField({ description: 'Whether to include, for each permission, which rule decided it.' })
  readonly explain!: boolean;
}
