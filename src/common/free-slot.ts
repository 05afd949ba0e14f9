/**
 * Returns a random number from 0 to `limit - 1` that is not taken, or undefined if all are taken.
 * The choice is random so that concurrent callers rarely choose the same number.
 *
 * @param random returns a number from 0 (inclusive) to 1 (exclusive)
 */
export function freeSlot(
  taken: Iterable<number>,
  limit: number,
  random: () => number = Math.random,
): number | undefined {
  const used = new Set(taken);
  const free = Array.from({ length: limit }, (_, slot) => slot).filter((slot) => !used.has(slot));
  return free[Math.floor(random() * free.length)];
}
