/** Returns the fields of the unique index that a write violated; undefined if the write failed for another reason. */
export function duplicateKey(error: unknown): readonly string[] | undefined {
  const { code, keyPattern } = (error ?? {}) as { code?: unknown; keyPattern?: object };
  return code === 11_000 ? Object.keys(keyPattern ?? {}) : undefined;
}
