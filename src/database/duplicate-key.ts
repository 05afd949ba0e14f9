interface DuplicateKeyError {
  readonly code?: unknown;
  readonly keyPattern?: object;
  /** Where a bulk, as Mongoose inserts with, has it. */
  readonly writeErrors?: readonly { readonly err?: { readonly keyPattern?: object; readonly errmsg?: string } }[];
}

/** The fields of a unique index that a write collided with; undefined when it failed for another reason. */
export function duplicateKey(error: unknown): readonly string[] | undefined {
  const { code, keyPattern, writeErrors } = (error ?? {}) as DuplicateKeyError;
  return code === 11_000 ? Object.keys(keyPattern ?? writeErrors?.[0]?.err?.keyPattern ?? {}) : undefined;
}
