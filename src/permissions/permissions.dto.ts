import { z } from 'zod';
import { type Infer, object, permissions, queryFlag, snowflake } from '../common/schema';
import { PERMISSION_NAMES } from './compute-permissions';

const permissionName = z.enum(PERMISSION_NAMES as readonly [string, ...string[]]).meta({ example: 'MANAGE_ROLES' });

const step = z
  .union([
    object({ kind: z.literal('owner') }),
    object({ kind: z.literal('administrator'), role_id: snowflake() }),
    object({ kind: z.literal('role'), role_id: snowflake() }),
    object({
      kind: z.literal('overwrite'),
      place: z.enum(['category', 'track']),
      type: z.enum(['role', 'member']),
      id: snowflake(),
    }),
    object({ kind: z.enum(['timeout', 'hidden', 'mute', 'default', 'category']) }),
  ])
  .meta({
    description:
      'What decided: the owner, a role (@everyone’s id is the guild’s), an overwrite, a time-out, what is hidden or mute, or nobody. `category` stands for any overwrite of a category that you cannot view.',
  });

/** What somebody may do in a place. */
export const permissionsDto = object({
  permissions: permissions('The permissions, as one set.', '46144'),
  names: z.array(permissionName).meta({ description: 'The same by name.' }),
  bits: z
    .array(object({ permission: permissionName, granted: z.boolean(), decided_by: step }))
    .optional()
    .meta({ description: 'Each bit with the step that decided it, when `explain` is asked for.' }),
}).meta({ id: 'Permissions' });

/** Where permissions are asked for, and whether with reasons. */
export const permissionsQuery = object({
  track_id: snowflake('In this track; else in the guild.').optional(),
  explain: queryFlag('Whether each bit shall come with the step that decided it.'),
});
export type PermissionsQuery = Infer<typeof permissionsQuery>;
