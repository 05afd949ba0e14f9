/** The result of parsing text from outside: the value to store, or what is wrong with the text, with the limit that it exceeds if it does. */
export type Parsed<Value> = { readonly value: Value } | { readonly problem: string; readonly limit?: number };

/** Returns the result of parsing that succeeded. */
export const parsed = <Value>(value: Value): Parsed<Value> => ({ value });

/** Returns the result of parsing that failed. */
export const problem = (detail: string, limit?: number): { readonly problem: string; readonly limit?: number } => ({
  problem: detail,
  ...(limit !== undefined && { limit }),
});
