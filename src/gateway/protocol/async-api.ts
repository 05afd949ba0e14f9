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
 * The gateway's contract, made from the very maps that the code sends and receives with.
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
        'Socket.IO 4, WebSocket only, namespace `/gateway`, handshake `auth: { token, intents?, session_id?, seq? }`. A handshake that is refused fails with `connect_error`, whose `data` has `code`, `reason` and `retry_after` (seconds).',
        'Every event comes as `(data, seq)`; `seq` grows and means nothing else; what is only true for the moment (presence of others, windows of member lists, answers) has none. Every interaction is acknowledged with `{ ok: true, data }` or `{ ok: false, error: { code, message, retry_after? } }`, whose codes are its `x-problems`, and puts its `x-bucket-weight` into the user’s bucket, which all of the user’s sockets share; `GET /api/v1/users/@me/limits` tells how it stands. Who fills it is thrown off and can come back; nothing is revoked as a punishment.',
        `Intents are the kinds of events that a connection gets: ${INTENTS.join(', ')}. Left out, it gets all. An event's \`x-intent\` names its kind; one without always comes.`,
        `**Arriving.** READY tells the user's guilds, unless they are too much to be read at once: then it has no \`seq\`, and \`pending_guild_ids\` names those that it left out. Each of these follows, as fast as the client reads, with GUILD_CREATE, a very long one without its tracks and then these with TRACK_CREATE, and none of them with a \`seq\`. Then come what happened meanwhile and RESUMED, as in (3) to (5) below. Who is cut off before anything with a \`seq\` has come starts afresh; after that, everything from before it is there, and one goes on from it.`,
        `**Coming back.** A client that was cut off, on its side or the server's, whatever the code, goes on where it was, on any node, when it is back in time; READY's \`limits.resume_seconds\` says how long that is. (1) Keep the \`session_id\` of READY, and the \`seq\` of the last event that was taken in: READY, RESUMED and CHECKPOINT have one too, CLOSING and BUCKET_WARNING have none. (2) Connect with \`auth: { token, session_id, seq, intents? }\`, \`seq\` as the string that it was and the intents of before; after a CLOSING or a refusal with \`retry_after\`, that many seconds later. (3) What comes first, with the \`seq\` that you sent, is what became of your guilds: GUILD_DELETE for one that the user has left, and GUILD_CREATE for one that is new or may look different to them by now: it replaces all that you knew of that guild. (4) Then every event that you missed, up to ${LIMITS.replayed}, once, in order and with its own \`seq\`: those that the user may see now. Typing is not repeated; the tracks that came and went are in GUILD_CREATE. (5) Then RESUMED: forget every guild that is not in its \`guild_ids\`. From there on it is as if nothing had been. When the connection ends before RESUMED, go on from the \`seq\` that came last. (6) Codes ${[CLOSE.eventsLost, CLOSE.resumeExpired, CLOSE.unknownSeq, CLOSE.tooManyMissed, CLOSE.sessionMismatch].map(({ code }) => code).join(', ')}, with a refusal or CLOSING, mean that it can't go on: connect without \`session_id\` and \`seq\`, and take READY for all there is. A node that cannot deliver an event, because the database fails, closes the sockets of that guild or user with ${CLOSE.eventsLost.code}: no event is skipped silently. Coming back has a bucket of its own and costs nothing of those for connecting.`,
        `**Sessions and origins.** A socket is closed with ${CLOSE.sessionExpired.code} when its session expires: log in again. The node sends no event and executes no interaction after the expiry. A browser can connect only from an origin in the setting CORS_ORIGINS; other origins get HTTP 400 instead of the upgrade. Clients that send no \`Origin\` header are accepted.`,
        DERIVED_STATE,
        '**Order of events.** An event states what is stored when it is published. If concurrent requests change the same object, the last event of the object has the stored state, and events can be repeated. Clients replace what they have with the payload: MESSAGE_UPDATE replaces the message including its reaction counts, and the `count` of REACTION_ADD and REACTION_REMOVE replaces the count of the emoji. Other events of a message can precede its MESSAGE_CREATE; MESSAGE_UPDATE or MESSAGE_DELETE then follows it.',
        '**Counting unread messages.** READ_STATES is the start; a read state counts the messages of other authors after `last_read_id`, and among them those that mention the user: `user_ids` has the user, `role_ids` has a role of the user, or `everyone` is true. From then on a client keeps both counts itself, for events whose author is not the user and whose message id is above `last_read_id`. MESSAGE_CREATE, if its id is above `last_message_id`: add 1 to `unread_count`, and 1 to `mention_count` if it mentions the user. MESSAGE_DELETE and each of `messages` in MESSAGES_DELETE: subtract 1 from `unread_count`, and 1 from `mention_count` if `mentions` has the user; once for each message id. MESSAGE_MENTIONS_UPDATE: if `mentions_before` and `mentions` differ in whether they mention the user, add 1 to `mention_count` or subtract 1. READ_STATE_UPDATE replaces the state. No count is below 0. A deletion or edit that is published while READ_STATES is computed may be included already, and a count that stands for a maximum stays there; `GET /api/v1/users/@me/read-states` returns the exact counts, also after an event with `author_id` null and after a role of the user changed.',
        `Codes of CLOSING and refused handshakes: ${Object.values(CLOSE)
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
