const isRepeated = Boolean(process.env['REDIS_URL'] ?? process.env['MONGODB_URI']);

/** Describes tests that start their own processes, Redis or database. Runs with REDIS_URL or MONGODB_URI would only repeat them, and skip them with a message. */
export function describeOnce(
  name: string,
  run: () => void,
  describeIt: (name: string, run: () => void) => void = describe,
): void {
  if (!isRepeated) return describeIt(name, run);
  process.stdout.write(
    `skipped: ${name}, which has processes of its own and is run without REDIS_URL and MONGODB_URI\n`,
  );
  describe.skip(name, run);
}
