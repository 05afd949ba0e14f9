import { type Shape, shapeSchema } from '../../common/dto/json-schema';
import type { JsonSchema } from '../../common/dto/value-kind';
import type { EventCatalog } from '../../events/event-map';
import { INTENTS, type Intent } from '../../events/intents';
import { LIMITS } from '../../common/limits';
import { CLOSE } from './close-codes';
import { GATEWAY_EVENTS, INTERACTIONS } from './gateway-events';
import { DiskFull, InternalError, ValidationFailed } from '../../common/common.errors';
import type { ProblemType } from '../../common/problem';
import { RateLimited } from '../../throttling/throttling.errors';
import { DERIVED_STATE } from './derived-state';

interface Described {
  readonly summary: string;
  readonly data: Shape;
  readonly internal?: true;
  readonly answer?: Shape;
  readonly weight?: number;
  readonly intent?: Intent;
}

type Document = Record<string, unknown>;

const ERROR: JsonSchema = {
  type: 'object',
  properties: { code: { type: 'string' }, message: { type: 'string' }, retry_after: { type: 'integer' } },
  required: ['code', 'message'],
};

/** The problems that the handler of each interaction declares, by the name of the interaction. */
export type InteractionProblems = ReadonlyMap<string, readonly ProblemType[]>;

/**
 * Returns the AsyncAPI document of the gateway, derived from the definitions that the code sends and receives with.
 *
 * @param problems the problems that interactions can be acknowledged with
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function asyncApi(events: EventCatalog, problems: InteractionProblems = new Map()): Document {
  const sent = described({ ...GATEWAY_EVENTS, ...events });
  const received = described(INTERACTIONS);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Derailed gateway',
      version: '1',
      description: [
        'Socket.IO 4, WebSocket only, namespace `/gateway`, handshake `auth: { token, intents?, session_id?, seq? }`. A rejected handshake fails with `connect_error`, whose `data` has `code`, `reason` and `retry_after` (seconds).',
        'Every event is sent as `(data, seq)`. `seq` is an opaque, increasing string; events that are not replayed (presence, member lists, responses to requests) have none. Every interaction is acknowledged with `{ ok: true, data }` or `{ ok: false, error: { code, message, retry_after? } }`, whose codes are its `x-problems`. It adds its `x-bucket-weight` to the bucket of the user, which all sockets of the user share; `GET /api/v1/users/@me/limits` shows its state. A full bucket disconnects the client, which may reconnect; sessions are not revoked.',
        `Intents select the events of a connection: ${INTENTS.join(', ')}. Without \`intents\`, it receives all events. The \`x-intent\` of an event names its intent; an event without one is always sent.`,
        `**Starting a session.** READY contains the guilds of the user. If they are too large to be sent at once, READY has no \`seq\`, and \`pending_guild_ids\` lists the remaining guilds. Each of them follows as GUILD_CREATE, as fast as the client reads; a very large one without its tracks, which follow as TRACK_CREATE. These events have no \`seq\`. Then the events that were published meanwhile and RESUMED follow, as in steps 3 to 5 below. If the connection ends before the first event with a \`seq\`, start a new session; after that, resume from the last \`seq\`.`,
        `**Resuming.** A disconnected client can resume on any node, whatever the close code, within \`limits.resume_seconds\` of READY. (1) Keep the \`session_id\` of READY and the \`seq\` of the last processed event. READY, RESUMED and CHECKPOINT have a \`seq\`, too; CLOSING and BUCKET_WARNING have none. (2) Connect with \`auth: { token, session_id, seq, intents? }\`: \`seq\` as the string that was received, and the same intents. After a CLOSING or a rejection with \`retry_after\`, wait that many seconds. (3) First, with the \`seq\` that you sent, you receive the changed guilds: GUILD_DELETE for each guild that the user left, and GUILD_CREATE for each guild that is new or whose visible parts may have changed; it replaces all that you have of the guild. (4) Then you receive the missed events that the user may see now, at most ${LIMITS.replayed}, once, in order, each with its \`seq\`. Typing is not replayed, and GUILD_CREATE includes tracks that appeared or disappeared. (5) RESUMED follows: discard every guild that is not in its \`guild_ids\`. If the connection ends before RESUMED, resume from the last received \`seq\`. (6) The codes ${[CLOSE.eventsLost, CLOSE.resumeExpired, CLOSE.unknownSeq, CLOSE.tooManyMissed, CLOSE.sessionMismatch].map(({ code }) => code).join(', ')}, in a rejection or CLOSING, mean that the session cannot be resumed: connect without \`session_id\` and \`seq\`, and replace all state with READY. A node that cannot deliver an event, because the database fails, closes the sockets of that guild or user with ${CLOSE.eventsLost.code}: no event is skipped silently. Resuming has its own rate limit and does not count as a new session.`,
        `**Sessions and origins.** A socket is closed with ${CLOSE.sessionExpired.code} when its session expires: log in again. The node sends no event and executes no interaction after the expiry. A browser can connect only from an origin in the setting CORS_ORIGINS; other origins get HTTP 400 instead of the upgrade. Clients that send no \`Origin\` header are accepted.`,
        DERIVED_STATE,
        '**Order of events.** An event states what is stored when it is published. If concurrent requests change the same object, the last event of the object has the stored state, and events can be repeated. Clients replace what they have with the payload: MESSAGE_UPDATE replaces the message including its reaction counts, and the `count` of REACTION_ADD and REACTION_REMOVE replaces the count of the emoji. Other events of a message can precede its MESSAGE_CREATE; MESSAGE_UPDATE or MESSAGE_DELETE then follows it.',
        '**Counting unread messages.** READ_STATES is the start; a read state counts the messages of other authors after `last_read_id`, and among them those that mention the user: `user_ids` has the user, `role_ids` has a role of the user, or `everyone` is true. From then on a client keeps both counts itself, for events whose author is not the user and whose message id is above `last_read_id`. MESSAGE_CREATE, if its id is above `last_message_id`: add 1 to `unread_count`, and 1 to `mention_count` if it mentions the user. MESSAGE_DELETE and each of `messages` in MESSAGES_DELETE: subtract 1 from `unread_count`, and 1 from `mention_count` if `mentions` has the user; once for each message id. MESSAGE_MENTIONS_UPDATE: if `mentions_before` and `mentions` differ in whether they mention the user, add 1 to `mention_count` or subtract 1. READ_STATE_UPDATE replaces the state. No count is below 0. A deletion or edit that is published while READ_STATES is computed may be included already, and a count that stands for a maximum stays there; `GET /api/v1/users/@me/read-states` returns the exact counts, also after an event with `author_id` null and after a role of the user changed.',
        `Codes of CLOSING and rejected handshakes: ${Object.values(CLOSE)
          .map(({ code, reason }) => `${code} ${reason}`)
          .join(' ')}`,
      ].join('\n\n'),
    },
    defaultContentType: 'application/json',
    channels: {
      gateway: {
        address: '/gateway',
        messages: Object.fromEntries(
          [...sent, ...received].map(([name, event]) => [name, message(name, event, problems.get(name))]),
        ),
      },
    },
    operations: Object.fromEntries([
      ...sent.map(([name]) => operation(name, 'send')),
      ...received.map(([name]) => operation(name, 'receive')),
    ]),
    components: { schemas: schemas([...sent, ...received]) },
  };
}

function described(events: Record<string, Described>): [string, Described][] {
  return Object.entries(events).filter(([, { internal }]) => !internal);
}

function message(
  name: string,
  { summary, answer, weight, intent }: Described,
  problems: readonly ProblemType[] | undefined,
): Document {
  const acknowledged = answer !== undefined && { 'x-acknowledgement': { $ref: `#/components/schemas/${name}:ack` } };
  return {
    name,
    summary,
    payload: { $ref: `#/components/schemas/${name}` },
    ...acknowledged,
    ...(weight !== undefined && { 'x-bucket-weight': weight }),
    ...(intent && { 'x-intent': intent }),
    ...(problems && { 'x-problems': problemCodes(problems) }),
  };
}

/** Returns the codes of an interaction. A full bucket closes the connection and is no acknowledgement. */
const problemCodes = (problems: readonly ProblemType[]): string[] => [
  ...new Set(
    [...problems, ValidationFailed, InternalError, DiskFull]
      .filter((problem) => problem !== RateLimited)
      .map(({ code }) => code),
  ),
];

function operation(name: string, action: 'send' | 'receive'): [string, Document] {
  const channel = '#/channels/gateway';
  return [
    `${action}:${name}`,
    { action, channel: { $ref: channel }, messages: [{ $ref: `${channel}/messages/${name}` }] },
  ];
}

function schemas(events: readonly [string, Described][]): Document {
  const components = new Map<string, JsonSchema>();
  for (const [name, { data, answer }] of events) {
    components.set(name, shapeSchema(data, components));
    if (answer !== undefined) components.set(`${name}:ack`, acknowledgement(shapeSchema(answer, components)));
  }
  return Object.fromEntries(components);
}

const acknowledgement = (data: JsonSchema): JsonSchema => ({
  anyOf: [
    { type: 'object', properties: { ok: { type: 'boolean', const: true }, data }, required: ['ok', 'data'] },
    { type: 'object', properties: { ok: { type: 'boolean', const: false }, error: ERROR }, required: ['ok', 'error'] },
  ],
});
