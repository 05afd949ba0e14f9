import type { Snowflake } from '../../common/snowflake';
import type { DomainEvent } from '../../events/event-log';
import { type EventData, type EventName, isNamed } from '../../events/event-map';

/** Returns whether a user without VIEW_MESSAGE_HISTORY knows a message. */
export type KnowsMessage = (id: Snowflake, authorId?: Snowflake | null) => boolean;

const ABOUT_MESSAGES: ReadonlySet<EventName> = new Set<EventName>([
  'MESSAGE_UPDATE',
  'MESSAGE_MENTIONS_UPDATE',
  'MESSAGE_DELETE',
  'MESSAGES_DELETE',
  'REACTION_ADD',
  'REACTION_REMOVE',
  'PINS_UPDATE',
]);

/** Returns whether an event names messages that were sent before it. */
export function namesEarlierMessages(event: DomainEvent): boolean {
  return ABOUT_MESSAGES.has(event.name) || (isNamed(event, 'MESSAGE_CREATE') && event.data.reply_to_id !== null);
}

/**
 * Returns the part of an event that a user without VIEW_MESSAGE_HISTORY receives: no content and no id of messages that the user does not know.
 * Undefined if nothing is left.
 */
export function knownPart(event: DomainEvent, knows: KnowsMessage): EventData<EventName> | undefined {
  if (isNamed(event, 'MESSAGE_CREATE')) return withKnownReply(event.data, knows);
  if (isNamed(event, 'MESSAGE_UPDATE'))
    return knows(event.data.id, event.data.author_id) ? withKnownReply(event.data, knows) : undefined;
  if (isNamed(event, 'MESSAGE_MENTIONS_UPDATE') || isNamed(event, 'MESSAGE_DELETE'))
    return knows(event.data.message_id, event.data.author_id) ? event.data : undefined;
  if (isNamed(event, 'REACTION_ADD') || isNamed(event, 'REACTION_REMOVE'))
    return knows(event.data.message_id) ? event.data : undefined;
  if (isNamed(event, 'MESSAGES_DELETE')) {
    const messages = event.data.messages.filter(({ id, author_id }) => knows(id, author_id));
    return messages.length > 0 ? { ...event.data, message_ids: messages.map(({ id }) => id), messages } : undefined;
  }
  // The pins of a track can be listed only with VIEW_MESSAGE_HISTORY.
  return isNamed(event, 'PINS_UPDATE') ? undefined : event.data;
}

const withKnownReply = (message: EventData<'MESSAGE_CREATE'>, knows: KnowsMessage): EventData<'MESSAGE_CREATE'> =>
  message.reply_to_id === null || knows(message.reply_to_id) ? message : { ...message, reply_to_id: null };
