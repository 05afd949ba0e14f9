import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { type Infer, integer, line, object, snowflake, timestamp } from '../common/schema';
import type { Snowflake } from '../common/snowflake';

/** An invite as members who may manage it see it. */
export const inviteDto = object({
  code: line(1, 32, 'What opens the guild.', 'gT3nRk8q'),
  guild_id: snowflake(),
  track_id: snowflake('The track that it leads to; null when it is gone, or one may not view it.').nullable(),
  inviter_id: snowflake('Who made it.'),
  max_uses: integer(0, LIMITS.inviteMaxUses, 'How often it can be accepted; 0 is without limit.', 10),
  uses: integer(0, Number.MAX_SAFE_INTEGER, 'How often it was accepted.', 0),
  created_at: timestamp('When it was made.'),
  expires_at: timestamp('When it stops working; null is never.').nullable(),
}).meta({ id: 'Invite' });
export type InviteDto = Infer<typeof inviteDto>;

/** An invite as somebody sees it who may view these tracks. */
export const inviteSeenBy = (invite: InviteDto, isVisible: (trackId: Snowflake) => boolean): InviteDto =>
  invite.track_id === null || isVisible(invite.track_id) ? invite : { ...invite, track_id: null };

/** An invite as who holds its code sees it. */
export const invitePreviewDto = object({
  code: z.string(),
  guild: object({ id: snowflake(), name: z.string(), description: z.string() }),
  inviter_id: snowflake('Who made it.'),
  expires_at: timestamp('When it stops working; null is never.').nullable(),
}).meta({ id: 'InvitePreview' });
export type InvitePreviewDto = Infer<typeof invitePreviewDto>;

/** A new invite. */
export const createInviteDto = object({
  max_age_seconds: integer(
    0,
    LIMITS.inviteMaxAgeSeconds,
    'Seconds until it stops working; 0 is never.',
    86_400,
  ).default(86_400),
  max_uses: integer(0, LIMITS.inviteMaxUses, 'How often it can be accepted; 0 is without limit.', 10).default(0),
}).meta({ id: 'CreateInvite', example: { max_age_seconds: 86400, max_uses: 10 } });
export type CreateInviteDto = Infer<typeof createInviteDto>;
