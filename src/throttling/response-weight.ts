/** Bytes of a response that count as one request in the rate limit of a user. */
const BYTES_PER_UNIT = 65_536;
/** The highest weight: clients must be able to read the longest list twice per window of the default limit. */
const MAX_WEIGHT = 25;

/** Returns the number of requests that a response of this length counts as. Serializing and sending 64 KiB costs about 1 ms of CPU. */
export const responseWeight = (bytes: number): number => Math.min(MAX_WEIGHT, 1 + Math.floor(bytes / BYTES_PER_UNIT));
