import { z } from 'zod';
import { object, snowflake, type Infer } from '../common/schema';
import { intentsSchema } from '../events/families';
import { guildDto } from '../guilds/guild.dto';
import { memberDto } from '../members/member.dto';
import { createMessageDto, messageDto } from '../messages/message.dto';
import { roleDto } from '../roles/role.dto';
import { trackDto } from '../tracks/track.dto';
import { selfDto } from '../users/user.dto';

/** A guild with all that a client needs to show it: its roles, the tracks that the user may view, and their own membership. */
export const guildSnapshot = guildDto
  .extend({ roles: z.array(roleDto), tracks: z.array(trackDto), me: memberDto })
  .meta({ id: 'GuildSnapshot' });
export type GuildSnapshot = Infer<typeof guildSnapshot>;

const limits = object({
  bucket: object({ limit: z.int(), window_seconds: z.number() }).meta({ description: 'Interactions of the user over all sockets; 0 is without limit.' }),
  in_flight: z.int().meta({ description: 'Interactions of one socket that may wait for their acknowledgement; 0 is without limit.' }),
  packet_bytes: z.int(),
});

/** What only the gateway sends, besides the events that happen in the platform. */
export const GATEWAY_EVENTS = {
  READY: {
    summary: 'The handshake has passed. What happens from now on comes as events.',
    data: object({ session_id: snowflake('The login that this connection belongs to.'), user: selfDto, guilds: z.array(guildSnapshot), intents: intentsSchema, limits }),
  },
  GUILD_CREATE: { family: 'guilds', summary: 'The user is in a guild that they were not in before.', data: guildSnapshot },
  BUCKET_WARNING: {
    summary: 'The user’s bucket has become four fifths full. Sent to the socket that filled it, once until it was emptier again.',
    data: object({ limit: z.int(), remaining: z.int(), reset_after: z.int().meta({ description: 'Seconds until the bucket is empty, if nothing more comes.' }) }),
  },
  CLOSING: {
    summary: 'The server is about to end the connection.',
    data: object({ code: z.int(), reason: z.string(), retry_after: z.int().optional().meta({ description: 'Seconds until it makes sense to come back.' }) }),
  },
} as const;

/** What only the gateway sends, from name to payload. */
export type GatewayEvents = { [Name in keyof typeof GATEWAY_EVENTS]: z.output<(typeof GATEWAY_EVENTS)[Name]['data']> };

const trackId = snowflake('The track.');

/** What clients send. Each puts its weight into the user’s bucket, and is acknowledged with `{ ok: true, data }` or `{ ok: false, error: { code, message, retry_after? } }`. */
export const INTERACTIONS = {
  'message.create': { weight: 1, summary: 'Says something, under the same rules as over REST.', data: createMessageDto.extend({ track_id: trackId }), answer: messageDto },
  'typing.start': { weight: 1, summary: 'Tells the others that one is writing.', data: object({ track_id: trackId }), answer: z.null() },
} as const;

/** The name of something that clients send. */
export type InteractionName = keyof typeof INTERACTIONS;

/** What comes with an interaction. */
export type Interaction<Name extends InteractionName> = z.output<(typeof INTERACTIONS)[Name]['data']>;
