import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { type Infer, integer, object, permissions, queryFlag, snowflake } from '../common/schema';

const difference = {
  gained: permissions('What they would have and haven’t.', '32768'),
  lost: permissions('What they have and wouldn’t.', '0'),
};

const affectedGroupDto = object({
  role_ids: z.array(snowflake()).meta({ description: 'The roles that they have besides @everyone.' }),
  member_count: integer(1, Number.MAX_SAFE_INTEGER, 'How many they are.', 12),
  user_ids: z
    .array(snowflake())
    .max(LIMITS.namedInGroup)
    .meta({ description: `Up to ${LIMITS.namedInGroup} of them.` }),
  guild: object(difference),
  tracks: z
    .array(object({ track_id: snowflake(), ...difference }))
    .meta({ description: 'Those tracks that one may view oneself and where something would be different.' }),
}).meta({ id: 'AffectedGroup' });
export type AffectedGroupDto = Infer<typeof affectedGroupDto>;

/** Who would gain or lose which permissions. */
export const impactDto = object({
  member_count: integer(0, Number.MAX_SAFE_INTEGER, 'How many members would gain or lose anything.', 12),
  group_count: integer(0, Number.MAX_SAFE_INTEGER, 'How many groups they are in.', 1),
  groups: z
    .array(affectedGroupDto)
    .max(LIMITS.groupsInImpact)
    .meta({
      description: `Members with the same roles; a member with an overwrite in a track that you can view is a group of its own. The ${LIMITS.groupsInImpact} with the most members.`,
    }),
}).meta({ id: 'Impact', description: 'What a change would do, aside from time-outs. Nothing was changed.' });
export type ImpactDto = Infer<typeof impactDto>;

/** Whether a change shall only tell what it would do. */
export const dryRunQuery = object({
  dry_run: queryFlag('Whether to change nothing and tell who would gain or lose which permissions in which tracks.'),
});
export type DryRunQuery = Infer<typeof dryRunQuery>;
