/**
 * Checks the number of documents that a query may return. MongoDB takes a limit of 0 as no limit, and a negative one as
 * its absolute value, so a miscalculated limit would return everything.
 *
 * @throws RangeError if the limit is not a positive integer
 */
export function atMost(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new RangeError(`A query must be limited to at least 1 document, not ${limit}.`);
  return limit;
}
