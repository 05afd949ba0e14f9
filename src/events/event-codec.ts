import { deserialize, serialize } from 'bson';
import type { NewEvent } from './event-log';

/** An event as it stands in the log in Redis. */
export const encodeEvent = (event: NewEvent): Buffer => Buffer.from(serialize(event, { ignoreUndefined: true }));

/** @throws BSONError when the bytes are no event */
export const decodeEvent = (bytes: Buffer): NewEvent => deserialize(bytes, { useBigInt64: true }) as NewEvent;

/** Tells every node and, through them, every client that something is missing before this. */
export const EVENTS_LOST: NewEvent = { name: 'EVENTS_LOST', audience: { userIds: [] }, data: { user_ids: null } };
