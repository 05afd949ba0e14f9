/**
 * Places in the log. Each is a number in decimal: the millisecond at which it was given, times 2^20, and a count within that millisecond. So they
 * grow, tell when, and mean nothing to clients.
 */
const COUNT_BITS = 20n;

/** The place before every event. */
export const START = '0';

export const seqAt = (ms: number | bigint, count: number | bigint): string =>
  ((BigInt(ms) << COUNT_BITS) + BigInt(count)).toString();

/** When a place was given, in milliseconds since 1970. */
export const timeOf = (seq: string): number => Number(BigInt(seq) >> COUNT_BITS);

/** The place right before one: who has got as far as that gets what stands at it. */
export const seqBefore = (seq: string): string => (BigInt(seq) - 1n).toString();

/** Whether a place comes before another. */
export const isBefore = (seq: string, other: string): boolean => BigInt(seq) < BigInt(other);

/** Whether a text can be a place at all. */
export const isSeq = (text: unknown): text is string => typeof text === 'string' && /^(0|[1-9]\d{0,18})$/.test(text);
