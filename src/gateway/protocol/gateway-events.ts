import type { DtoClass } from '../../common/dto/dto';
import type { Shape, ShapeValue } from '../../common/dto/json-schema';
import { LIMITS } from '../../common/limits';
import type { Intent } from '../../events/intents';
import { MessageDto } from '../../messages/message.dto';
import { PresenceDto, UpdatePresenceDto } from '../../presence/presence.dto';
import { ReadStateDto } from '../../read-states/read-state.dto';
import {
  BucketWarningEvent,
  ClosingEvent,
  CreateMessagePayload,
  GuildPayload,
  GuildSnapshot,
  MemberListUpdateEvent,
  MembersChunkEvent,
  MembersRequestPayload,
  MembersRequestResult,
  MemberWindow,
  CheckpointEvent,
  ReadyEvent,
  ResumedEvent,
  SubscribePayload,
  TrackPayload,
  UpdateReadStatePayload,
} from './gateway-payloads.dto';

/** What only the gateway sends, besides the events that happen in the platform. */
export const GATEWAY_EVENTS = {
  READY: {
    summary:
      'The handshake has passed. What happens from now on comes as events. One that doesn’t tell all guilds yet has no seq.',
    data: ReadyEvent,
  },
  READ_STATES: {
    intent: 'read_states',
    summary:
      'How far the user has read, in every track that they may view and in which something was said. Sent once, some moments after READY; messages that came meanwhile are counted if their id is not above `last_message_id`.',
    data: [ReadStateDto],
  },
  MEMBER_LIST_UPDATE: {
    intent: 'members',
    summary:
      'What a window of a guild’s member list shows is different. Sent to those who look through it, at most once a second.',
    data: MemberListUpdateEvent,
  },
  MEMBERS_CHUNK: {
    summary: 'Some of the members that were asked for with `members.request`. Sent before its acknowledgement.',
    data: MembersChunkEvent,
  },
  RESUMED: {
    summary:
      'Everything has been told: what was missed; or, after a READY that left guilds to come, those and what happened meanwhile. What happens from now on comes as events.',
    data: ResumedEvent,
  },
  GUILD_CREATE: {
    intent: 'guilds',
    summary: `A guild that the user was not in before; or, before RESUMED, one that READY has not told, or that may look different to them, as it now is. One of more than ${LIMITS.toldAtOnceBytes / 1_024} KiB comes without tracks, and these right after it, one by one.`,
    data: GuildSnapshot,
  },
  CHECKPOINT: {
    summary: 'Nothing but a young `seq`, however little happens: the one to come back with.',
    data: CheckpointEvent,
  },
  BUCKET_WARNING: {
    summary:
      'The user’s bucket has become four fifths full. Sent to the socket that filled it, once until it was emptier again.',
    data: BucketWarningEvent,
  },
  CLOSING: {
    summary: 'The server is about to end the connection.',
    data: ClosingEvent,
  },
} as const satisfies Record<string, { readonly data: Shape; readonly summary: string; readonly intent?: Intent }>;

/** What only the gateway sends, from name to payload. */
export type GatewayEvents = {
  [Name in keyof typeof GATEWAY_EVENTS]: ShapeValue<(typeof GATEWAY_EVENTS)[Name]['data']>;
};

/** What clients send. Each puts its weight into the user’s bucket, and is acknowledged with `{ ok: true, data }` or `{ ok: false, error: { code, message, retry_after? } }`. */
export const INTERACTIONS = {
  'message.create': {
    weight: 1,
    summary: 'Says something, under the same rules as over REST.',
    data: CreateMessagePayload,
    answer: MessageDto,
  },
  'typing.start': { weight: 1, summary: 'Tells the others that one is writing.', data: TrackPayload, answer: null },
  'guild.subscribe': {
    weight: 2,
    summary: `Looks at a guild until the socket is gone, one unsubscribes or is no longer a member; ${LIMITS.subscriptions} guilds at once. With a window, one is told what changes in it (MEMBER_LIST_UPDATE) and how those in it look (PRESENCE_UPDATE); without, how the first ${LIMITS.memberList} members look. A later one replaces the earlier. It isn’t resumed: subscribe again.`,
    data: SubscribePayload,
    answer: MemberWindow,
  },
  'guild.unsubscribe': { weight: 1, summary: 'Looks at a guild no more.', data: GuildPayload, answer: null },
  'members.request': {
    weight: 5,
    summary:
      'Asks for members, by the beginning of their name or by their ids; else for the first of the list. They come in chunks (MEMBERS_CHUNK), then this is acknowledged.',
    data: MembersRequestPayload,
    answer: MembersRequestResult,
  },
  'presence.update': {
    weight: 1,
    summary: 'Chooses what one looks like, under the same rules as over REST.',
    data: UpdatePresenceDto,
    answer: PresenceDto,
  },
  'read_state.update': {
    weight: 1,
    summary: 'Tells how far one has read. Whoever has read further stays there, unless they ask to go back.',
    data: UpdateReadStatePayload,
    answer: ReadStateDto,
  },
} as const satisfies Record<
  string,
  { readonly data: DtoClass; readonly answer: Shape; readonly weight: number; readonly summary: string }
>;

/** The name of something that clients send. */
export type InteractionName = keyof typeof INTERACTIONS;

/** An interaction that succeeded. */
export interface Done<Data> {
  readonly ok: true;
  readonly data: Data;
}
