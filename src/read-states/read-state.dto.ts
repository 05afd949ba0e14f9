import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { type Infer, integer, object, snowflake } from '../common/schema';

/** How far one has read in a track, and what came since. */
export const readStateDto = object({
  guild_id: snowflake(),
  track_id: snowflake(),
  last_read_id: snowflake('Everything up to this is read. At first, when one joined.'),
  last_message_id: snowflake(
    'The newest message that is counted here; null when nothing was said yet. Those with a higher id that come as events are not counted.',
  ).nullable(),
  unread_count: integer(
    0,
    LIMITS.unread,
    `The number of messages of other authors after \`last_read_id\` that still exist; ${LIMITS.unread} stands for that many or more.`,
    3,
  ),
  mention_count: integer(
    0,
    LIMITS.unreadMentions,
    `The number of these messages whose current content mentions the user, one of their roles, or everyone; ${LIMITS.unreadMentions} stands for that many or more.`,
    1,
  ),
}).meta({ id: 'ReadState' });
export type ReadStateDto = Infer<typeof readStateDto>;

/** How far one has read now. */
export const updateReadStateDto = object({
  message_id: snowflake('The last message that is read. It may be gone by now.'),
  backwards: z.boolean().default(false).meta({
    description: 'Whether to go back when one has read further: what comes after is unread again.',
    example: false,
  }),
}).meta({ id: 'UpdateReadState', example: { message_id: '812345678901234567' } });
export type UpdateReadStateDto = Infer<typeof updateReadStateDto>;
