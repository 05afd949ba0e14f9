import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';

/** A message of a track and the number of messages up to it. */
export interface ReadPlace {
  readonly message_id: Snowflake;
  readonly count: number;
}

/** The newest message of a track. */
export interface TrackHead extends ReadPlace {
  /** The highest id of a deleted message; missing if no message was deleted. */
  readonly deleted_id?: Snowflake;
}

/** The stored read marker of a user in a track. Without a message id, the user has only sent messages since joining. */
export interface OwnReadPlace {
  readonly message_id?: Snowflake;
  readonly count: number;
}

/**
 * Returns the read marker of a user: the stored one, else the messages at the time of joining plus the messages that
 * they sent.
 */
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
