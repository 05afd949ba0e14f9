/** A 64-bit id that increases with time. A decimal string in JSON. */
export type Snowflake = bigint;

/** Pattern of an id in decimal. */
export const DECIMAL_ID = /^(0|[1-9]\d{0,18})$/;

/** Parses a decimal id; returns undefined if the text is not one. */
export function parseSnowflake(text: unknown): Snowflake | undefined {
  if (typeof text !== 'string' || !DECIMAL_ID.test(text)) return undefined;
  const id = BigInt(text);
  return id <= MAX_SNOWFLAKE ? id : undefined;
}

/** Start of the time in snowflakes: 2022-01-01T13:00:00Z. */
export const DERAILED_EPOCH_MS = 1_641_042_000_000;

const WORKER_BITS = 10n;
const SEQUENCE_BITS = 12n;
const MAX_SEQUENCE = (1 << Number(SEQUENCE_BITS)) - 1;

/** The highest worker id, 1023. */
export const MAX_WORKER_ID = (1 << Number(WORKER_BITS)) - 1;

/** The largest id: ids are stored as signed 64-bit integers. */
export const MAX_SNOWFLAKE: Snowflake = (1n << 63n) - 1n;

/**
 * Generator of ids: 42 bits of milliseconds since the Derailed epoch, 10 bits of worker id, 12 bits of sequence.
 *
 * Ids of one generator strictly increase, even if the clock is set back or more than 4,096 ids are created in a
 * millisecond: the generator then runs ahead of the clock instead of waiting.
 *
 * @see https://github.com/twitter-archive/snowflake/tree/snowflake-2010
 */
export class SnowflakeGenerator {
  // Milliseconds since the Derailed epoch of the last id, or of the highest id observed.
  private lastMs = 0;
  private sequence = 0;

  /** @throws RangeError if the worker id is not between 0 and 1023 */
  constructor(
    private readonly workerId: number,
    private readonly now: () => number = Date.now,
  ) {
    if (!Number.isInteger(workerId) || workerId < 0 || workerId > MAX_WORKER_ID) {
      throw new RangeError(`Worker id ${workerId} is not between 0 and ${MAX_WORKER_ID}.`);
    }
  }

  /** Raises the generator above an id of another generator, so that all further ids are larger. Lower ids have no effect. */
  startAbove(id: Snowflake): void {
    const ms = Number(id >> (WORKER_BITS + SEQUENCE_BITS)) + 1;
    if (ms <= this.lastMs) return;
    this.lastMs = ms;
    this.sequence = -1;
  }

  /** How many milliseconds the last id is ahead of the clock; negative or 0 if it is not. */
  get aheadMs(): number {
    return this.lastMs + DERAILED_EPOCH_MS - this.now();
  }

  /** Returns an id that no generator with another worker id creates, larger than all before. */
  next(): Snowflake {
    const nowMs = this.now() - DERAILED_EPOCH_MS;
    if (nowMs > this.lastMs) {
      this.lastMs = nowMs;
      this.sequence = 0;
    } else if (this.sequence < MAX_SEQUENCE) {
      this.sequence += 1;
    } else {
      this.lastMs += 1;
      this.sequence = 0;
    }
    return (
      (BigInt(this.lastMs) << (WORKER_BITS + SEQUENCE_BITS)) |
      (BigInt(this.workerId) << SEQUENCE_BITS) |
      BigInt(this.sequence)
    );
  }
}

/** Returns the lowest id of a moment. */
export function lowestAt(moment: Date): Snowflake {
  return BigInt(Math.max(0, moment.getTime() - DERAILED_EPOCH_MS)) << (WORKER_BITS + SEQUENCE_BITS);
}

/** Returns the worker id in an id. */
export function workerIdOf(id: Snowflake): number {
  return Number(id >> SEQUENCE_BITS) & MAX_WORKER_ID;
}

/** Returns the creation time in an id. */
export function createdAt(id: Snowflake): Date {
  return new Date(Number(id >> (WORKER_BITS + SEQUENCE_BITS)) + DERAILED_EPOCH_MS);
}
