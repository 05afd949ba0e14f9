const WAIT_MS = 10_000;
const INTERVAL_MS = 20;

/** Repeats an assertion until it holds. @throws its last error after 10 s */
export async function eventually(assertion: () => Promise<void> | void): Promise<void> {
  for (const deadline = Date.now() + WAIT_MS; ; await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS))) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
