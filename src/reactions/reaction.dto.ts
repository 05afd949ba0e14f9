import { z } from 'zod';
import { type Infer, object, snowflake, timestamp } from '../common/schema';

/** One emoji, in the form that Unicode recommends for interchange. @see https://www.unicode.org/reports/tr51/#def_rgi_set */
const EMOJI = new RegExp(String.raw`^\p{RGI_Emoji}$`, 'v');

export const emoji = z.string().regex(EMOJI, { error: 'must be one emoji' }).meta({ description: 'One emoji; percent-encoded in paths.', example: '👍' });

/** How often something was reacted with to a message. */
export const reactionCountDto = object({
  emoji,
  count: z.int().min(1).meta({ description: 'How many reacted so.', example: 3 }),
  me: z.boolean().optional().meta({ description: 'Whether one is among them oneself; left out in events, which say the same to everybody.' }),
}).meta({ id: 'ReactionCount' });
export type ReactionCountDto = Infer<typeof reactionCountDto>;

/** Somebody who reacted to a message. */
export const reactionDto = object({ user_id: snowflake('Who reacted.'), created_at: timestamp('When they did.') }).meta({ id: 'Reaction' });
export type ReactionDto = Infer<typeof reactionDto>;
