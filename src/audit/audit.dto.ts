import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { type Infer, object, pageLimit, snowflake, timestamp } from '../common/schema';
import { AUDIT_ACTIONS } from './audit-entry.schema';

const action = z.enum(AUDIT_ACTIONS).meta({ description: 'What was done.', example: 'ROLE_UPDATE' });

const auditChangeDto = object({
  id: snowflake('Which role or track it is about, when several were moved at once.').optional(),
  key: z.string().meta({ description: 'The field, as it is called where it is read and changed.', example: 'name' }),
  old: z
    .unknown()
    .meta({ description: 'What it was, of a list what left it; null when there was nothing.', example: 'Moderator' }),
  new: z
    .unknown()
    .meta({ description: 'What it became, of a list what came to it; null when there is nothing.', example: 'Keeper' }),
}).meta({ id: 'AuditChange' });

/** What somebody did, as a reader of the log sees it. */
export const auditEntryDto = object({
  id: snowflake(),
  guild_id: snowflake(),
  user_id: snowflake('Who did it.'),
  action,
  target_id: snowflake(
    'The role, track, user or message that it was done to; null when it is none of these, or a message in a track where you lack VIEW_MESSAGE_HISTORY.',
  ).nullable(),
  track_ids: z
    .array(snowflake())
    .meta({ description: 'The tracks that it was done in or to, of those that one may view.' }),
  changes: z
    .array(auditChangeDto)
    .meta({ description: 'What became of which field. Where a track was among others is told to who sees them all.' }),
  reason: z.string().nullable().meta({ description: 'Why, as who did it said.', example: 'Sold snake oil.' }),
  created_at: timestamp('When.'),
}).meta({ id: 'AuditEntry', description: `Kept for ${LIMITS.auditDays} days.` });
export type AuditEntryDto = Infer<typeof auditEntryDto>;

/** Which entries to read. */
export const auditQuery = object({
  user_id: snowflake('Only what this user did.').optional(),
  action: action.optional(),
  before: snowflake('Only entries older than this.').optional(),
  limit: pageLimit(),
});
export type AuditQuery = Infer<typeof auditQuery>;
