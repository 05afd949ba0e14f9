/**
 * Positions in the event log. A `seq` is a decimal number: the milliseconds since 1970 times 2^20, plus a count within
 * the millisecond. It increases, contains its time, and is opaque to clients.
 */
const COUNT_BITS = 20n;

/** The position before all events. */
export const START = '0';

export const seqAt = (ms: number | bigint, count: number | bigint): string =>
  ((BigInt(ms) << COUNT_BITS) + BigInt(count)).toString();

/** Returns the time of a `seq` in milliseconds since 1970. */
export const timeOf = (seq: string): number => Number(BigInt(seq) >> COUNT_BITS);

/** Returns the `seq` right before another one: a client that resumes from it receives the event at the other one. */
export const seqBefore = (seq: string): string => (BigInt(seq) - 1n).toString();

/** Returns whether `seq` comes before `other`. */
export const isBefore = (seq: string, other: string): boolean => BigInt(seq) < BigInt(other);

/** Returns whether a value has the form of a `seq`. */
export const isSeq = (text: unknown): text is string => typeof text === 'string' && /^(0|[1-9]\d{0,18})$/.test(text);
