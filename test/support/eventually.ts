const WAIT_MS = 10_000;
const INTERVAL_MS = 5;

/**
 * Repeats an assertion until it passes, and returns its result. An assertion fails if it throws or returns false.
 *
 * @param withinMs how long to repeat it, in milliseconds
 * @throws the last error of the assertion after this time
 */
export async function eventually<Result>(
  assertion: () => Promise<Result> | Result,
  withinMs = WAIT_MS,
): Promise<Result> {
  for (
    const deadline = performance.now() + withinMs;
    ;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS))
  ) {
    try {
      const result = await assertion();
      if (result !== false) return result;
      if (performance.now() > deadline) throw new Error(`Not true after ${withinMs} ms: ${String(assertion)}`);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}
