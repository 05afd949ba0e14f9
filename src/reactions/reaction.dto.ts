import { z } from 'zod';
import { type Infer, object, parsedText, snowflake, timestamp } from '../common/schema';
import { parseEmoji } from '../common/text/emoji';

/** One emoji in any spelling; inside it is fully qualified. */
export const emoji = parsedText(parseEmoji, {
  description:
    'One emoji; percent-encoded in paths. Every spelling is accepted, with or without variation selectors; responses and events have the fully-qualified one.',
  example: '👍',
});

/** How often something was reacted with to a message. */
export const reactionCountDto = object({
  emoji,
  count: z.int().min(1).meta({ description: 'How many reacted so.', example: 3 }),
  me: z
    .boolean()
    .optional()
    .meta({ description: 'Whether one is among them oneself; left out in events, which say the same to everybody.' }),
}).meta({ id: 'ReactionCount' });
export type ReactionCountDto = Infer<typeof reactionCountDto>;

/** Somebody who reacted to a message. */
export const reactionDto = object({ user_id: snowflake('Who reacted.'), created_at: timestamp('When they did.') }).meta(
  { id: 'Reaction' },
);
export type ReactionDto = Infer<typeof reactionDto>;
