import { z } from 'zod';
import { type Infer, object, snowflake } from '../common/schema';

/** What people choose from. Who is invisible looks offline to everybody else. */
export const presenceChoice = z.enum(['online', 'idle', 'dnd', 'invisible']).meta({
  description: 'What one wants to look like while connected; `invisible` looks offline to everybody else.',
  example: 'idle',
});
export type PresenceChoice = z.output<typeof presenceChoice>;

/** What others see of somebody. */
export const presenceStatus = z
  .enum(['online', 'idle', 'dnd', 'offline'])
  .meta({ description: 'What others see of somebody.', example: 'idle' });
export type PresenceStatus = z.output<typeof presenceStatus>;

/** Whether somebody is there: as others see it, or as they have chosen when it is only told to themselves. */
export const presenceDto = object({
  user_id: snowflake(),
  status: z.enum([...presenceStatus.options, 'invisible']).meta({
    description: 'As others see it, about oneself too; only what one chooses oneself can be `invisible`.',
    example: 'idle',
  }),
}).meta({ id: 'Presence' });
export type PresenceDto = Infer<typeof presenceDto>;

/** A choice of what to look like, kept until the next one. */
export const updatePresenceDto = object({ status: presenceChoice }).meta({
  id: 'UpdatePresence',
  example: { status: 'idle' },
});
export type UpdatePresenceDto = Infer<typeof updatePresenceDto>;
