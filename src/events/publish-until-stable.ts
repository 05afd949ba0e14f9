import { isDeepStrictEqual } from 'node:util';

/** What is published, and how the current value is read. */
export interface StablePublication<Value> {
  /** Reads the stored value. */
  readonly read: () => Promise<Value>;
  readonly publish: (value: Value) => Promise<void>;
}

/**
 * Publishes a value after its write, then reads the stored value and publishes it if it differs, until both are equal.
 *
 * Concurrent requests that change the same value may publish in another order than they wrote. With this function, the
 * last event of each request has the value that was stored after its write, on whichever nodes the requests run.
 *
 * @param written the value that this request wrote
 */
export async function publishUntilStable<Value>(
  written: Value,
  { read, publish }: StablePublication<Value>,
): Promise<void> {
  for (let published = written; ;) {
    await publish(published);
    const stored = await read();
    if (isDeepStrictEqual(stored, published)) return;
    published = stored;
  }
}

/** Publishes what is stored now, until it no longer changes. Called after a crash, when the last change may not have been published. */
export async function republishUntilStable<Value>(
  read: () => Promise<Value>,
  publish: (value: Value) => Promise<void>,
): Promise<void> {
  await publishUntilStable(await read(), { read, publish });
}
