import { Dto } from '../common/dto/dto';
import { IntegerField, QueryFlagField, SnowflakeField } from '../common/dto/fields';
import { ObjectField } from '../common/dto/object-field';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import type { PermissionSet } from '../permissions/compute-permissions';
import { PermissionSetField } from '../permissions/permission-set.field';

/** Permissions that members would gain and lose in the guild. */
export class PermissionDifference {
  @PermissionSetField({ description: 'Permissions they would gain.', example: '32768' })
  readonly gained!: PermissionSet;

  @PermissionSetField({ description: 'Permissions they would lose.', example: '0' })
  readonly lost!: PermissionSet;
}

/** Permissions that members would gain and lose in one track. */
export class TrackPermissionDifference extends PermissionDifference {
  @SnowflakeField()
  readonly track_id!: Snowflake;
}

/** Members with the same roles for whom a change has the same effect. */
@Dto()
export class AffectedGroupDto {
  @SnowflakeField({ each: true, description: 'Roles of the members, besides @everyone.' })
  readonly role_ids!: readonly Snowflake[];

  @IntegerField({ min: 1, description: 'Number of members in the group.', example: 12 })
  readonly member_count!: number;

  @SnowflakeField({
    each: true,
    maxItems: LIMITS.namedInGroup,
    description: `Up to ${LIMITS.namedInGroup} of the members.`,
  })
  readonly user_ids!: readonly Snowflake[];

  @ObjectField(() => PermissionDifference)
  readonly guild!: PermissionDifference;

  @ObjectField(() => TrackPermissionDifference, {
    each: true,
    description: 'Tracks that you may view and where a permission would change.',
  })
  readonly tracks!: readonly TrackPermissionDifference[];
}

/** Effect that a change would have. */
@Dto({ description: 'The effect of a `dry_run`, ignoring timeouts. Nothing was changed.' })
export class ImpactDto {
  @IntegerField({ min: 0, description: 'Number of members who would gain or lose a permission.', example: 12 })
  readonly member_count!: number;

  @IntegerField({ min: 0, description: 'Number of groups of these members.', example: 1 })
  readonly group_count!: number;

  @ObjectField(() => AffectedGroupDto, {
    each: true,
    maxItems: LIMITS.groupsInImpact,
    description: `Groups of members with the same roles; a member with an overwrite in a track that you can view is a group of its own. The ${LIMITS.groupsInImpact} groups with the most members.`,
  })
  readonly groups!: readonly AffectedGroupDto[];
}

/** Query of the routes that support a dry run. */
export class DryRunQuery {
  @QueryFlagField({
    description: 'Whether to change nothing and return who would gain or lose which permissions in which tracks.',
  })
  readonly dry_run!: boolean;
}
