import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { freeFormName, type Infer, integer, object, snowflake, text, timestamp } from '../common/schema';

const fields = {
  name: freeFormName(LIMITS.guildName, 'What the guild is called.', 'Analytical Engines'),
  description: text(0, LIMITS.guildDescription, 'What it is about.', 'For people who build machines that think.'),
  discoverable: z
    .boolean()
    .meta({ description: 'Whether people who are not members may see its preview.', example: false }),
};

/** A guild as its members see it. */
export const guildDto = object({
  id: snowflake(),
  ...fields,
  owner_id: snowflake('Who owns it.'),
  version: integer(1, Number.MAX_SAFE_INTEGER, 'Grows with every change of its order or permissions; its ETag.', 1),
  created_at: timestamp('When it was made.'),
}).meta({ id: 'Guild' });
export type GuildDto = Infer<typeof guildDto>;

/** A guild as people see it who are not in it. */
export const guildPreviewDto = object({ id: snowflake(), ...fields, created_at: timestamp('When it was made.') }).meta({
  id: 'GuildPreview',
});
export type GuildPreviewDto = Infer<typeof guildPreviewDto>;

/** A new guild. */
export const createGuildDto = object({
  name: fields.name,
  description: fields.description.default(''),
  discoverable: fields.discoverable.default(false),
}).meta({
  id: 'CreateGuild',
  example: { name: 'Analytical Engines', description: 'For people who build machines that think.' },
});
export type CreateGuildDto = Infer<typeof createGuildDto>;

/** A change of a guild: what is left out stays. `owner_id` gives it to another member; only its owner can. */
export const updateGuildDto = object({ ...fields, owner_id: snowflake('The new owner.') })
  .partial()
  .meta({ id: 'UpdateGuild', example: { name: 'Difference Engines' } });
export type UpdateGuildDto = Infer<typeof updateGuildDto>;
