import { deserialize, serialize } from 'bson';
import type { NewEvent } from './event-log';

/** Encodes an event for the log in Redis. */
export const encodeEvent = (event: NewEvent): Buffer => Buffer.from(serialize(event, { ignoreUndefined: true }));

/** Decodes an event of the log in Redis. @throws BSONError if the bytes are not an event */
export const decodeEvent = (bytes: Buffer): NewEvent => deserialize(bytes, { useBigInt64: true }) as NewEvent;

/** Tells all nodes, and through them all clients, that events before this entry were lost. */
export const EVENTS_LOST: NewEvent = { name: 'EVENTS_LOST', audience: { userIds: [] }, data: { user_ids: null } };
