import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';

/** A place in a track: a message, and how many there were up to it. */
export interface Place {
  readonly message_id: Snowflake;
  readonly count: number;
}

/** What is known of a user's place in a track; without a message, they have only written there since they joined. */
export interface OwnPlace {
  readonly message_id?: Snowflake;
  readonly count: number;
}

/** How far a user has read: as far as they said, else up to where they joined and what they wrote themselves. */
export function readUpTo(own: OwnPlace | undefined, joined: Place): Place {
  if (own?.message_id !== undefined) return { message_id: own.message_id, count: own.count };
  return { message_id: joined.message_id, count: joined.count + (own?.count ?? 0) };
}

/** How many messages came after what was read: none when that is the newest, and no more than are told apart. */
export function unreadBetween(read: Place, newest: Place): number {
  return read.message_id >= newest.message_id ? 0 : Math.min(Math.max(newest.count - read.count, 0), LIMITS.unread);
}
