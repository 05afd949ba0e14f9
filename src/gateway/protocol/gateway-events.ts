import { z } from 'zod';
import { LIMITS } from '../../common/limits';
import { type Infer, integer, line, object, snowflake } from '../../common/schema';
import { type Intent, intentsSchema } from '../../events/intents';
import { guildDto } from '../../guilds/guild.dto';
import { memberDto } from '../../members/member.dto';
import { createMessageDto, messageDto } from '../../messages/message.dto';
import { presenceChoice, presenceDto, presenceStatus, updatePresenceDto } from '../../presence/presence.dto';
import { readStateDto, updateReadStateDto } from '../../read-states/read-state.dto';
import { roleDto } from '../../roles/role.dto';
import { trackDto } from '../../tracks/track.dto';
import { selfDto, username } from '../../users/user.dto';

/** A guild with all that a client needs to show it: its roles, the tracks that the user may view, and their own membership. */
export const guildSnapshot = guildDto
  .extend({ roles: z.array(roleDto), tracks: z.array(trackDto), me: memberDto })
  .meta({ id: 'GuildSnapshot' });
export type GuildSnapshot = Infer<typeof guildSnapshot>;

/** A member as lists show them. */
export const memberRow = memberDto.extend({ username, status: presenceStatus }).meta({ id: 'MemberRow' });
export type MemberRow = Infer<typeof memberRow>;

const nonce = line(1, LIMITS.nonce, 'Comes back with the answer, to tell which request it belongs to.', 'a1');
const memberCount = z.int().meta({ description: 'How many members the guild has.' });

/** What somebody sees of a guild's members. */
export const memberWindow = object({
  guild_id: snowflake(),
  member_count: memberCount,
  members: z.array(memberRow).nullable().meta({
    description:
      'Those in the window, by what they are called (nick, else username) whatever the case, then by id; null without a window.',
  }),
  presences: z
    .array(presenceDto)
    .nullable()
    .meta({ description: `Without a window: those of the first ${LIMITS.memberList} members who aren’t offline.` }),
}).meta({ id: 'MemberWindow' });
export type MemberWindow = Infer<typeof memberWindow>;

const windowRange = z
  .tuple([
    integer(0, LIMITS.memberList - 1, 'The first place, from 0.'),
    integer(0, LIMITS.memberList - 1, 'The last place.', LIMITS.memberWindow - 1),
  ])
  .refine(([first, last]) => first <= last && last - first < LIMITS.memberWindow, {
    error: `must be the first and the last of 1 to ${LIMITS.memberWindow} places`,
  })
  .meta({
    description: `The window: its first and last place in the list, both included; ${LIMITS.memberWindow} places at most, within the first ${LIMITS.memberList}.`,
    example: [0, 49],
  });

const limits = object({
  bucket: object({ limit: z.int(), window_seconds: z.number() }).meta({
    description: 'Interactions of the user over all sockets; 0 is without limit.',
  }),
  in_flight: z
    .int()
    .meta({ description: 'Interactions of one socket that may wait for their acknowledgement; 0 is without limit.' }),
  packet_bytes: z.int(),
  resume_seconds: z.int().meta({ description: 'How long a client may be away and still get what it missed.' }),
});

/** What only the gateway sends, besides the events that happen in the platform. */
export const GATEWAY_EVENTS = {
  READY: {
    summary:
      'The handshake has passed. What happens from now on comes as events. One that doesn’t tell all guilds yet has no seq.',
    data: object({
      session_id: snowflake('The login that this connection belongs to.'),
      user: selfDto,
      presence: presenceChoice,
      guilds: z.array(guildSnapshot).meta({
        description: `The guilds that the user is in, as many as come to about ${LIMITS.toldAtOnceBytes / 1_024} KiB.`,
      }),
      pending_guild_ids: z.array(snowflake()).meta({
        description:
          'The others. Each follows with GUILD_CREATE, whatever the intents, and then comes RESUMED; when there are none, READY is all.',
      }),
      intents: intentsSchema,
      limits,
    }),
  },
  READ_STATES: {
    intent: 'read_states',
    summary:
      'How far the user has read, in every track that they may view and in which something was said. Sent once, some moments after READY; messages that came meanwhile are counted if their id is not above `last_message_id`.',
    data: z.array(readStateDto),
  },
  MEMBER_LIST_UPDATE: {
    intent: 'members',
    summary:
      'What a window of a guild’s member list shows is different. Sent to those who look through it, at most once a second.',
    data: object({
      guild_id: snowflake(),
      member_count: memberCount,
      user_ids: z
        .array(snowflake())
        .optional()
        .meta({ description: 'Who is in the window now, in order; left out when that is as before.' }),
      changed: z.array(memberRow).meta({ description: 'Those who are new in the window, or different.' }),
    }),
  },
  MEMBERS_CHUNK: {
    summary: 'Some of the members that were asked for with `members.request`. Sent before its acknowledgement.',
    data: object({
      guild_id: snowflake(),
      nonce: nonce.optional(),
      index: z.int().meta({ description: 'Which chunk this is, from 0.' }),
      count: z.int().meta({ description: 'How many chunks there are.' }),
      members: z.array(memberRow),
      not_found: z
        .array(snowflake())
        .meta({ description: 'Those of `user_ids` who aren’t members; all in the first chunk.' }),
    }),
  },
  RESUMED: {
    summary:
      'Everything has been told: what was missed; or, after a READY that left guilds to come, those and what happened meanwhile. What happens from now on comes as events.',
    data: object({
      session_id: snowflake('The login that this connection belongs to.'),
      replayed: z.int().meta({ description: 'How many events were sent again.' }),
      guild_ids: z
        .array(snowflake())
        .meta({ description: 'Every guild that the user is in: others are to be forgotten.' }),
      intents: intentsSchema,
    }),
  },
  GUILD_CREATE: {
    intent: 'guilds',
    summary: `A guild that the user was not in before; or, before RESUMED, one that READY has not told, or that may look different to them, as it now is. One of more than ${LIMITS.toldAtOnceBytes / 1_024} KiB comes without tracks, and these right after it, one by one.`,
    data: guildSnapshot,
  },
  CHECKPOINT: {
    summary: 'Nothing but a young `seq`, however little happens: the one to come back with.',
    data: object({}),
  },
  BUCKET_WARNING: {
    summary:
      'The user’s bucket has become four fifths full. Sent to the socket that filled it, once until it was emptier again.',
    data: object({
      limit: z.int(),
      remaining: z.int(),
      reset_after: z.int().meta({ description: 'Seconds until the bucket is empty, if nothing more comes.' }),
    }),
  },
  CLOSING: {
    summary: 'The server is about to end the connection.',
    data: object({
      code: z.int(),
      reason: z.string(),
      retry_after: z.int().optional().meta({
        description:
          'Seconds to wait before connecting again. A node that shuts down (4010) gives its clients different values, so that they do not return at the same moment; add a random part of a second.',
      }),
    }),
  },
} as const satisfies Record<string, { summary: string; data: z.ZodType; intent?: Intent }>;

/** What only the gateway sends, from name to payload. */
export type GatewayEvents = { [Name in keyof typeof GATEWAY_EVENTS]: z.output<(typeof GATEWAY_EVENTS)[Name]['data']> };

const trackId = snowflake('The track.');
const guildId = snowflake('The guild.');

/** What clients send. Each puts its weight into the user’s bucket, and is acknowledged with `{ ok: true, data }` or `{ ok: false, error: { code, message, retry_after? } }`. */
export const INTERACTIONS = {
  'message.create': {
    weight: 1,
    summary: 'Says something, under the same rules as over REST.',
    data: createMessageDto.extend({ track_id: trackId }),
    answer: messageDto,
  },
  'typing.start': {
    weight: 1,
    summary: 'Tells the others that one is writing.',
    data: object({ track_id: trackId }),
    answer: z.null(),
  },
  'guild.subscribe': {
    weight: 2,
    summary: `Looks at a guild until the socket is gone, one unsubscribes or is no longer a member; ${LIMITS.subscriptions} guilds at once. With a window, one is told what changes in it (MEMBER_LIST_UPDATE) and how those in it look (PRESENCE_UPDATE); without, how the first ${LIMITS.memberList} members look. A later one replaces the earlier. It isn’t resumed: subscribe again.`,
    data: object({ guild_id: guildId, members: windowRange.nullish() }),
    answer: memberWindow,
  },
  'guild.unsubscribe': {
    weight: 1,
    summary: 'Looks at a guild no more.',
    data: object({ guild_id: guildId }),
    answer: z.null(),
  },
  'members.request': {
    weight: 5,
    summary:
      'Asks for members, by the beginning of their name or by their ids; else for the first of the list. They come in chunks (MEMBERS_CHUNK), then this is acknowledged.',
    data: object({
      guild_id: guildId,
      query: line(
        1,
        LIMITS.memberQuery,
        `Only members of whom a word of the username or nick begins with each word of this, without regard to case, accents and width. Sorted by name. If more than ${LIMITS.membersSearched} members match (or more than \`limit\`, if \`limit\` is higher), the result contains only members among those who joined first: send a longer query to find the others.`,
        'ada',
      ).optional(),
      user_ids: z.array(snowflake()).min(1).max(LIMITS.requestedIds).optional(),
      limit: integer(1, LIMITS.requestedMembers, 'How many at most.', 100).default(LIMITS.memberChunk),
      nonce: nonce.optional(),
    }).refine(({ query, user_ids }) => query === undefined || user_ids === undefined, {
      error: 'goes without user_ids',
      path: ['query'],
    }),
    answer: object({ chunks: z.int(), members: z.int() }),
  },
  'presence.update': {
    weight: 1,
    summary: 'Chooses what one looks like, under the same rules as over REST.',
    data: updatePresenceDto,
    answer: presenceDto,
  },
  'read_state.update': {
    weight: 1,
    summary: 'Tells how far one has read. Whoever has read further stays there, unless they ask to go back.',
    data: updateReadStateDto.extend({ track_id: trackId }),
    answer: readStateDto,
  },
} as const;

/** The name of something that clients send. */
export type InteractionName = keyof typeof INTERACTIONS;

/** An interaction that succeeded. */
export interface Done<Data> {
  readonly ok: true;
  readonly data: Data;
}

/** What comes with an interaction. */
export type Interaction<Name extends InteractionName> = z.output<(typeof INTERACTIONS)[Name]['data']>;
