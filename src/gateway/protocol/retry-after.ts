const RECONNECTS_PER_SECOND = 400;
const MIN_SPREAD_MS = 5_000;
const MAX_SPREAD_MS = 30_000;

/**
 * Returns the delay in milliseconds after which a client of a stopping node should connect again. Delays are spread evenly over 5 seconds, and
 * over more seconds (30 at most) for more than 2,000 clients, so that the other nodes are not hit by a storm of connects.
 *
 * @param clients number of clients of the stopping node
 * @param random from 0 to 1
 */
export const retryAfterMs = (clients: number, random: number): number =>
  random * Math.min(MAX_SPREAD_MS, Math.max(MIN_SPREAD_MS, (clients / RECONNECTS_PER_SECOND) * 1_000));
