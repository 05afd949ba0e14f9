import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { freeFormName, type Infer, object, snowflake, timestamp } from '../common/schema';
import { createdAt } from '../common/snowflake';
import type { MemberDocument } from './member.schema';

const nick = freeFormName(
  LIMITS.nick,
  'What they are called in this guild; null is their username.',
  'Countess',
).nullable();
const roleIds = z
  .array(snowflake())
  .max(LIMITS.roles)
  .meta({ description: 'The roles that they have, besides @everyone.' });
const timedOutUntil = timestamp('Until when they can only look and read; null is not at all.').nullable();

/** A user's membership in a guild. */
export const memberDto = object({
  guild_id: snowflake(),
  user_id: snowflake(),
  nick,
  role_ids: roleIds,
  timed_out_until: timedOutUntil,
  joined_at: timestamp('Since when they are in.'),
}).meta({ id: 'Member' });
export type MemberDto = Infer<typeof memberDto>;

/** A change of a member: what is left out stays. */
export const updateMemberDto = object({ nick, role_ids: roleIds, timed_out_until: timedOutUntil })
  .partial()
  .meta({ id: 'UpdateMember', example: { nick: 'Countess' } });
export type UpdateMemberDto = Infer<typeof updateMemberDto>;

/** A change of one's own membership. */
export const updateOwnMemberDto = object({ nick }).meta({ id: 'UpdateOwnMember', example: { nick: 'Countess' } });
export type UpdateOwnMemberDto = Infer<typeof updateOwnMemberDto>;

/** A member as clients see them. */
export const toMemberDto = ({
  _id,
  guild_id,
  user_id,
  nick,
  role_ids,
  timed_out_until,
}: MemberDocument): MemberDto => ({
  guild_id,
  user_id,
  nick,
  role_ids: [...role_ids],
  timed_out_until,
  joined_at: createdAt(_id),
});
