import { z } from 'zod';
import { banDto } from '../bans/ban.dto';
import { guildDto } from '../guilds/guild.dto';
import { inviteDto } from '../invites/invite.dto';
import { memberDto } from '../members/member.dto';
import { mentionsDto, messageDto } from '../messages/message.dto';
import { emoji } from '../reactions/reaction.dto';
import { readStateDto } from '../read-states/read-state.dto';
import { roleDto } from '../roles/role.dto';
import { LIMITS } from '../common/limits';
import { object, snowflake, timestamp } from '../common/schema';
import { layoutEntryDto, trackDto } from '../tracks/track.dto';
import { selfDto } from '../users/user.dto';
import { presenceDto } from '../presence/presence.dto';
import { memberVersionKey, rolesVersionKey, tracksVersionKey, userVersionKey } from '../cache/cache-versions';
import type { Intent } from './intents';

/** What an event is: what it tells, and which memories are wrong once it has happened. */
interface EventDefinition {
  readonly summary: string;
  readonly data: z.ZodType;
  /** What a client has to choose to get it. */
  readonly intent?: Intent;
  /** Never sent to a client: it tells the gateways of all nodes to do something. */
  readonly internal?: true;
  /** Only the latest of it counts: a client that comes back isn't told what it missed. */
  readonly ephemeral?: true;
  /** Members of the guild may see other tracks, or see them elsewhere, than before. */
  readonly affectsVisibility?: true;
}

const guildId = { guild_id: snowflake() };
const inTrack = { ...guildId, track_id: snowflake() };
const reactionCount = z.int().min(0).meta({
  description:
    'The number of users who now react with the emoji; replaces the count that the client has. 0 removes the emoji from the message.',
  example: 3,
});

/**
 * Every event from its name to its payload. Publishing, dispatch, resume and the AsyncAPI page derive from it, so that renaming
 * a field breaks the build everywhere it matters.
 */
export const EVENTS = {
  GUILD_UPDATE: {
    intent: 'guilds',
    affectsVisibility: true,
    summary: 'A guild has another name, description or owner.',
    data: guildDto,
  },
  GUILD_DELETE: {
    intent: 'guilds',
    summary: 'A guild is gone, or the user is no longer in it.',
    data: object({ id: snowflake() }),
  },
  MEMBER_JOIN: { intent: 'members', summary: 'Somebody joined a guild.', data: memberDto },
  MEMBER_UPDATE: {
    intent: 'members',
    summary: 'A member has another nick, other roles or a time-out.',
    data: memberDto,
  },
  MEMBER_LEAVE: {
    intent: 'members',
    summary: 'A member left or was thrown out.',
    data: object({ ...guildId, user_id: snowflake() }),
  },
  BAN_CREATE: { intent: 'bans', summary: 'Somebody was banned. Sent to those who may ban.', data: banDto },
  BAN_DELETE: {
    intent: 'bans',
    summary: 'A ban has ended. Sent to those who may ban.',
    data: object({ ...guildId, user_id: snowflake() }),
  },
  ROLE_CREATE: {
    intent: 'roles',
    summary: 'A role was created. Roles at its position or above move up by one.',
    data: roleDto,
  },
  ROLE_UPDATE: { intent: 'roles', affectsVisibility: true, summary: 'A role is different.', data: roleDto },
  ROLE_DELETE: {
    intent: 'roles',
    affectsVisibility: true,
    summary:
      'A role was deleted. Clients remove its id from the role_ids of members and its overwrites from all tracks, and the positions of higher roles decrease by one; no other event follows.',
    data: object({ ...guildId, role_id: snowflake() }),
  },
  ROLES_REORDER: {
    intent: 'roles',
    affectsVisibility: true,
    summary: 'A guild’s roles have a new order. Sent once for each reorder, to every member of the guild.',
    data: object({
      ...guildId,
      role_ids: z.array(snowflake()).meta({ description: 'Every role, lowest first; the first is @everyone.' }),
    }),
  },
  TRACK_CREATE: {
    intent: 'tracks',
    affectsVisibility: true,
    summary: 'A track was created or became visible. Tracks of its category at its position or below move down by one.',
    data: trackDto,
  },
  TRACK_UPDATE: {
    intent: 'tracks',
    affectsVisibility: true,
    summary: 'A track was changed. TRACKS_REORDER follows if the track was moved.',
    data: trackDto,
  },
  TRACK_DELETE: {
    intent: 'tracks',
    affectsVisibility: true,
    summary:
      'A track was deleted or hidden. Following tracks of its category move up by one. If it was a category with visible tracks, TRACKS_REORDER follows.',
    data: object(inTrack),
  },
  TRACKS_REORDER: {
    intent: 'tracks',
    affectsVisibility: true,
    summary:
      'The order or categories of tracks changed, or a category was deleted, hidden or revealed. Each client receives the tracks that its user may view.',
    data: object({ ...guildId, layout: z.array(layoutEntryDto) }),
  },
  MESSAGE_CREATE: { intent: 'messages', summary: 'Somebody said something.', data: messageDto },
  MESSAGE_UPDATE: { intent: 'messages', summary: 'A message was edited.', data: messageDto },
  MESSAGE_MENTIONS_UPDATE: {
    intent: 'messages',
    summary: 'An edit changed the mentions of a message. Sent after its MESSAGE_UPDATE.',
    data: object({
      ...inTrack,
      message_id: snowflake(),
      author_id: snowflake(),
      mentions_before: mentionsDto,
      mentions: mentionsDto,
    }),
  },
  MESSAGE_DELETE: {
    intent: 'messages',
    summary: 'A message was deleted.',
    data: object({
      ...inTrack,
      message_id: snowflake(),
      author_id: snowflake(
        'The author; null if unknown because a node failed, and if the event is repeated because another event of the message was published after it.',
      ).nullable(),
      mentions: mentionsDto.nullable(),
    }),
  },
  MESSAGES_DELETE: {
    intent: 'messages',
    summary: 'Several messages of one track are gone.',
    data: object({
      ...inTrack,
      message_ids: z.array(snowflake()).max(LIMITS.bulkDelete),
      messages: z
        .array(object({ id: snowflake(), author_id: snowflake(), mentions: mentionsDto }))
        .max(LIMITS.bulkDelete)
        .meta({ description: 'The author and the mentions of each of these messages.' }),
    }),
  },
  REACTION_ADD: {
    intent: 'reactions',
    summary: 'A user has reacted to a message. Can be sent again with another count.',
    data: object({ ...inTrack, message_id: snowflake(), emoji, user_id: snowflake(), count: reactionCount }),
  },
  REACTION_REMOVE: {
    intent: 'reactions',
    summary:
      'A user has removed a reaction, or all reactions with an emoji were removed. Can be sent again with another count.',
    data: object({
      ...inTrack,
      message_id: snowflake(),
      emoji,
      user_id: snowflake('The user; null if the reactions of all users were removed.').nullable(),
      count: reactionCount,
    }),
  },
  PINS_UPDATE: {
    intent: 'messages',
    summary: 'Other messages of a track are pinned.',
    data: object({
      ...inTrack,
      message_ids: z
        .array(snowflake())
        .max(LIMITS.pins)
        .meta({ description: 'All that are pinned, the one that was pinned last first.' }),
    }),
  },
  TYPING_START: {
    intent: 'typing',
    ephemeral: true,
    summary: 'Somebody is writing.',
    data: object({ ...inTrack, user_id: snowflake(), started_at: timestamp('When they started.') }),
  },
  READ_STATE_UPDATE: {
    intent: 'read_states',
    summary:
      'The user has read further in a track, or gone back. One’s own messages are never unread, and come without it.',
    data: readStateDto,
  },
  INVITE_CREATE: {
    intent: 'invites',
    summary: 'There is a new invite. Sent to those who may manage the guild.',
    data: inviteDto,
  },
  INVITE_DELETE: {
    intent: 'invites',
    summary: 'An invite stopped working. Sent to those who may manage the guild.',
    data: object({ ...guildId, code: z.string() }),
  },
  USER_UPDATE: { intent: 'user', summary: 'The user changed their own account.', data: selfDto },
  PRESENCE_UPDATE: {
    intent: 'presence',
    summary:
      'People look different. Sent to those who look at a guild (`guild.subscribe`), at most once a second and without a seq; and to all sockets of somebody who chose what to look like, with null as the guild.',
    data: object({ guild_id: snowflake().nullable(), presences: z.array(presenceDto) }),
  },
  SESSIONS_REVOKE: {
    summary: 'Sessions of a user stopped working.',
    data: object({
      user_id: snowflake(),
      session_ids: z.array(snowflake()).nullable().meta({ description: 'Null is all of them.' }),
    }),
    internal: true,
  },
  PRESENCE_ANNOUNCE: {
    summary: 'Who is seen because of a node: all of them, or those who look different.',
    data: object({
      node_id: z.string(),
      is_all: z.boolean(),
      asks: z.boolean().meta({ description: 'Whether the others shall tell all of theirs.' }),
      online: z.array(snowflake()),
      idle: z.array(snowflake()),
      dnd: z.array(snowflake()),
      offline: z.array(snowflake()),
    }),
    internal: true,
  },
  MEMBER_RENAME: {
    summary: 'Somebody’s account has another name, and so maybe another place in the lists of these guilds.',
    data: object({ user_id: snowflake(), guild_ids: z.array(snowflake()) }),
    internal: true,
  },
  HEARTBEAT: {
    summary: 'Time has passed: every client is told its place in the log.',
    data: object({}),
    internal: true,
  },
  GUILD_RESYNC: {
    summary: 'Something in a guild changed that was not told: its clients get it as it now is.',
    data: object(guildId),
    affectsVisibility: true,
    internal: true,
  },
  EVENTS_LOST: {
    summary: 'Events were lost: clients have to start afresh.',
    data: object({ user_ids: z.array(snowflake()).nullable().meta({ description: 'Whose. Null is everybody’s.' }) }),
    internal: true,
  },
} as const satisfies Record<string, EventDefinition>;

/** The name of an event. */
export type EventName = keyof typeof EVENTS;

/** What an event of this name tells. */
export type EventData<Name extends EventName> = z.output<(typeof EVENTS)[Name]['data']>;

/** What an event of this name is. */
export const definitionOf = (name: EventName): EventDefinition => EVENTS[name];

/** Whether an event is the one of this name. */
export const isNamed = <Name extends EventName>(
  event: { readonly name: EventName },
  name: Name,
): event is { readonly name: Name; readonly data: EventData<Name> } => event.name === name;

/** Whether an event is for the nodes alone, and never sent to a client. */
export const isInternal = (name: EventName): boolean => 'internal' in EVENTS[name];

/** The epochs that an event ends: what was remembered under them is no longer true. Those of a guild are ended by who commits its change. */
export function cacheKeysInvalidatedBy<Name extends EventName>(name: Name, data: EventData<Name>): readonly string[] {
  const { guild_id: guild, user_id: user } = data as { guild_id?: bigint; user_id?: bigint };
  if (name === 'SESSIONS_REVOKE' && user !== undefined) return [userVersionKey(user)];
  if (name === 'GUILD_RESYNC' && guild !== undefined) return [rolesVersionKey(guild), tracksVersionKey(guild)];
  if (name === 'EVENTS_LOST') return ((data as EventData<'EVENTS_LOST'>).user_ids ?? []).map(userVersionKey);
  if (name.startsWith('MEMBER_') && guild !== undefined && user !== undefined) return [memberVersionKey(guild, user)];
  return [];
}
