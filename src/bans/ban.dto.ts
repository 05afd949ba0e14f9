import { LIMITS } from '../common/limits';
import { type Infer, integer, line, object, snowflake, timestamp } from '../common/schema';

const reason = line(1, LIMITS.banReason, 'Why; for those who may ban.', 'Sold snake oil.');

/** A ban as members see it who may ban. */
export const banDto = object({
  guild_id: snowflake(),
  user_id: snowflake('Who may not be in the guild.'),
  moderator_id: snowflake('Who banned them.'),
  reason: reason.nullable(),
  created_at: timestamp('Since when.'),
}).meta({ id: 'Ban' });
export type BanDto = Infer<typeof banDto>;

/** How somebody is banned. */
export const createBanDto = object({
  delete_message_seconds: integer(
    0,
    LIMITS.banDeleteMessageSeconds,
    'What they said within so many seconds is deleted, in all tracks.',
    3_600,
  ).default(0),
  reason: reason.nullable().default(null),
}).meta({ id: 'CreateBan', example: { delete_message_seconds: 3600, reason: 'Sold snake oil.' } });
export type CreateBanDto = Infer<typeof createBanDto>;
