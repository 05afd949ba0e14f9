import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';

/** A place in a track: a message, and how many there were up to it. */
export interface ReadPlace {
  readonly message_id: Snowflake;
  readonly count: number;
}

/** The newest message of a track. */
export interface TrackHead extends ReadPlace {
  /** The highest id of a deleted message; missing if no message was deleted. */
  readonly deleted_id?: Snowflake;
}

/** What is known of a user's place in a track; without a message, they have only written there since they joined. */
export interface OwnReadPlace {
  readonly message_id?: Snowflake;
  readonly count: number;
}

/** How far a user has read: as far as they said, else up to where they joined and what they wrote themselves. */
export function readUpTo(own: OwnReadPlace | undefined, joined: ReadPlace): ReadPlace {
  if (own?.message_id !== undefined) return { message_id: own.message_id, count: own.count };
  return { message_id: joined.message_id, count: joined.count + (own?.count ?? 0) };
}

/**
 * Computes the number of unread messages, from 0 to 1,000.
 *
 * @param deleted the number of deleted messages of other authors after the read marker
 */
export function unreadBetween(read: ReadPlace, newest: ReadPlace, deleted = 0): number {
  return read.message_id >= newest.message_id
    ? 0
    : Math.min(Math.max(newest.count - read.count - deleted, 0), LIMITS.unread);
}

/** Returns whether a message after the read marker was deleted. */
export const hasDeletedAfter = ({ message_id }: ReadPlace, { deleted_id: deletedId }: TrackHead): boolean =>
  deletedId !== undefined && deletedId > message_id;
