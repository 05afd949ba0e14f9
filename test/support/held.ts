const held = new Set<() => void>();

/**
 * Returns a function that releases something which a test holds, such as a command of the database. What a test has not released when it ends, because
 * an assertion failed before, is released by `releaseHeld`.
 *
 * @param release runs once
 */
export function releasedAtTestEnd(release: () => void): () => void {
  const releaseOnce = (): void => {
    if (held.delete(releaseOnce)) release();
  };
  held.add(releaseOnce);
  return releaseOnce;
}

/** Releases everything that is still held, so that a failed test can stop neither the next tests nor the shutdown. Runs after each end-to-end test. */
export function releaseHeld(): void {
  for (const release of [...held]) release();
}
