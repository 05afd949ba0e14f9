import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { type Infer, line, object, snowflake, text, timestamp } from '../common/schema';
import { reactionCountDto } from '../reactions/reaction.dto';

const content = text(
  1,
  LIMITS.message,
  `Text of the message, up to ${LIMITS.message} characters. Needs a visible character.`,
  'Hello, world!',
);
const nonce = line(1, LIMITS.nonce, 'Your own mark for this message: sent again, nothing is sent twice.', 'c0ffee-1');

/** Users and roles that a message mentions. */
export const mentionsDto = object({
  user_ids: z.array(snowflake()),
  role_ids: z.array(snowflake()),
  everyone: z.boolean(),
}).meta({
  id: 'Mentions',
  description: `Whom the content mentions, outside of code: \`<@USER_ID>\`, \`<@&ROLE_ID>\` and \`@everyone\`, ${LIMITS.mentions} different users and roles at most. Everyone, and roles that are not mentionable, only where the author has MENTION_EVERYONE.`,
});
export type MentionsDto = Infer<typeof mentionsDto>;

/** A message as clients see it. */
export const messageDto = object({
  id: snowflake(),
  guild_id: snowflake(),
  track_id: snowflake(),
  author_id: snowflake(),
  content,
  reply_to_id: snowflake('The message that it answers.').nullable(),
  nonce: nonce.nullable(),
  mentions: mentionsDto,
  edited_at: timestamp('When it was last changed.').nullable(),
  reactions: z.array(reactionCountDto).meta({ description: 'What it was reacted to with, the first first.' }),
  created_at: timestamp('When it was sent.'),
}).meta({ id: 'Message' });
export type MessageDto = Infer<typeof messageDto>;

/** A new message. */
export const createMessageDto = object({
  content,
  reply_to_id: snowflake('The message of this track that it answers. Requires VIEW_MESSAGE_HISTORY.').optional(),
  nonce: nonce.optional(),
}).meta({ id: 'CreateMessage', example: { content: 'Hello, world!', nonce: 'c0ffee-1' } });
export type CreateMessageDto = Infer<typeof createMessageDto>;

/** Messages that shall go at once. */
export const bulkDeleteDto = object({
  message_ids: z
    .array(snowflake())
    .min(LIMITS.bulkDeleteMin)
    .max(LIMITS.bulkDelete)
    .meta({ description: 'Messages of this track; what is none is passed over.' }),
}).meta({ id: 'BulkDelete', example: { message_ids: ['812345678901234567', '812345678901234568'] } });
export type BulkDeleteDto = Infer<typeof bulkDeleteDto>;

/** A change of a message. */
export const updateMessageDto = object({ content }).meta({ id: 'UpdateMessage', example: { content: 'Hello again!' } });
export type UpdateMessageDto = Infer<typeof updateMessageDto>;
