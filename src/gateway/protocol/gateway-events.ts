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

/** Events that only the gateway sends. They are not in the event log. */
export const GATEWAY_EVENTS = {
  READY: {
    summary:
      'The handshake is complete. Later changes are sent as events. Without a seq, not all guilds are included: they follow as GUILD_CREATE.',
    data: ReadyEvent,
  },
  READ_STATES: {
    intent: 'read_states',
    summary:
      'How far the user has read, for each visible track with messages. Sent once, shortly after READY. Messages received before it are counted if their id is not above `last_message_id`.',
    data: [ReadStateDto],
  },
  MEMBER_LIST_UPDATE: {
    intent: 'members',
    summary:
      'The members in a subscribed range of the member list changed. Sent to the subscribers at most once a second.',
    data: MemberListUpdateEvent,
  },
  MEMBERS_CHUNK: {
    summary: 'Part of the members requested with `members.request`. Sent before the acknowledgement.',
    data: MembersChunkEvent,
  },
  RESUMED: {
    summary:
      'All missed events were sent or, after a READY without all guilds, the remaining guilds and the events since. Later changes are sent as events.',
    data: ResumedEvent,
  },
  GUILD_CREATE: {
    intent: 'guilds',
    summary: `The current state of a guild. The user joined it; or, before RESUMED, READY did not include it, or its visible parts may have changed. If it exceeds ${LIMITS.toldAtOnceBytes / 1_024} KiB, its tracks follow one by one as TRACK_CREATE.`,
    data: GuildSnapshot,
  },
  CHECKPOINT: {
    summary: 'A recent `seq` to resume from, sent even if no other event occurs.',
    data: CheckpointEvent,
  },
  BUCKET_WARNING: {
    summary:
      'The bucket of the user is four fifths full. Sent to the socket that filled it, once until the bucket is below that again.',
    data: BucketWarningEvent,
  },
  CLOSING: {
    summary: 'The server closes the connection.',
    data: ClosingEvent,
  },
} as const satisfies Record<string, { readonly data: Shape; readonly summary: string; readonly intent?: Intent }>;

/** The payload of each event that only the gateway sends, by name. */
export type GatewayEvents = {
  [Name in keyof typeof GATEWAY_EVENTS]: ShapeValue<(typeof GATEWAY_EVENTS)[Name]['data']>;
};

/** Interactions that clients send. Each counts with its weight against the bucket of the user, and is acknowledged with `{ ok: true, data }` or `{ ok: false, error: { code, message, retry_after? } }`. */
export const INTERACTIONS = {
  'message.create': {
    weight: 1,
    summary: 'Create a message. The rules are those of the REST route.',
    data: CreateMessagePayload,
    answer: MessageDto,
  },
  'typing.start': { weight: 1, summary: 'Show others that you are typing.', data: TrackPayload, answer: null },
  'guild.subscribe': {
    weight: 2,
    summary: `Subscribe to the member list of a guild, ${LIMITS.subscriptions} guilds at most. With a range, you receive its changes (MEMBER_LIST_UPDATE) and the statuses of its members (PRESENCE_UPDATE); without, the statuses of the first ${LIMITS.memberList} members. A later subscription replaces an earlier one. Subscriptions end with the socket or the membership and are not resumed.`,
    data: SubscribePayload,
    answer: MemberWindow,
  },
  'guild.unsubscribe': {
    weight: 1,
    summary: 'Unsubscribe from the member list of a guild.',
    data: GuildPayload,
    answer: null,
  },
  'members.request': {
    weight: 5,
    summary:
      'Request members by a prefix of their name or by their ids; without both, the first of the list. They are sent in chunks (MEMBERS_CHUNK) before the acknowledgement.',
    data: MembersRequestPayload,
    answer: MembersRequestResult,
  },
  'presence.update': {
    weight: 1,
    summary: 'Set your status. The rules are those of the REST route.',
    data: UpdatePresenceDto,
    answer: PresenceDto,
  },
  'read_state.update': {
    weight: 1,
    summary: 'Set how far you have read. An older message is ignored unless you ask to go back.',
    data: UpdateReadStatePayload,
    answer: ReadStateDto,
  },
} as const satisfies Record<
  string,
  { readonly data: DtoClass; readonly answer: Shape; readonly weight: number; readonly summary: string }
>;

/** The name of an interaction. */
export type InteractionName = keyof typeof INTERACTIONS;

/** The acknowledgement of a successful interaction. */
export interface Done<Data> {
  readonly ok: true;
  readonly data: Data;
}
