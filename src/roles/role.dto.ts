import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { freeFormName, type Infer, integer, object, permissions, snowflake } from '../common/schema';

const look = {
  name: freeFormName(LIMITS.roleName, 'What the role is called.', 'Moderator'),
  color: integer(0, 0xffffff, 'An RGB colour; 0 is none.', 0x3366ff),
  hoist: z.boolean().meta({ description: 'Whether its members are listed apart.', example: true }),
  mentionable: z.boolean().meta({ description: 'Whether everybody may mention it.', example: false }),
};

const bits = {
  allow: permissions('What the role gives, over all that lower roles say.', '2048'),
  deny: permissions('What the role takes away, over all that lower roles say; disjoint from `allow`.', '0'),
};

const position = integer(
  2,
  LIMITS.roles,
  'The place in the order, 1 (@everyone) is the lowest; a higher role decides.',
  2,
);

const currentOrNew = integer(
  1,
  LIMITS.roles,
  'The position, from 2. 1 is accepted for @everyone only, whose position it is.',
  2,
);

/** A role as clients see it. */
export const roleDto = object({
  id: snowflake(),
  guild_id: snowflake(),
  ...look,
  ...bits,
  position: integer(1, LIMITS.roles, 'The place in the order, from 1, which is @everyone’s.', 2),
}).meta({ id: 'Role' });
export type RoleDto = Infer<typeof roleDto>;

/** A new role. */
export const createRoleDto = object({
  name: look.name,
  color: look.color.default(0),
  hoist: look.hoist.default(false),
  mentionable: look.mentionable.default(false),
  allow: bits.allow.prefault('0'),
  deny: bits.deny.prefault('0'),
  position: position.optional(),
}).meta({ id: 'CreateRole', example: { name: 'Moderator', allow: '2048', deny: '0', color: 3368703, hoist: true } });
export type CreateRoleDto = Infer<typeof createRoleDto>;

/** A change of a role: what is left out stays. `position` moves it. */
export const updateRoleDto = object({ ...look, ...bits, position: currentOrNew })
  .partial()
  .meta({ id: 'UpdateRole', example: { name: 'Keeper', color: 16711680 } });
export type UpdateRoleDto = Infer<typeof updateRoleDto>;

/** Where one role shall be. */
export const moveRoleDto = object({ id: snowflake(), position: currentOrNew }).meta({ id: 'MoveRole' });
export type MoveRoleDto = Infer<typeof moveRoleDto>;

/** Any number of moves, made together. */
export const moveRolesDto = z.array(moveRoleDto).min(1).max(LIMITS.roles);
