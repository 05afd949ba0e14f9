/** Codes of MongoDB that the engine answers with. @see https://www.mongodb.com/docs/manual/reference/error-codes/ */
export const CODES = {
  BadValue: 2,
  FailedToParse: 9,
  TypeMismatch: 14,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  DollarPrefixedFieldName: 52,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  NotImplemented: 238,
  DuplicateKey: 11_000,
  OutOfDiskSpace: 14_031,
} as const;

/** An answer with `ok: 0`, or an entry of `writeErrors`, as MongoDB words it. */
export class CommandError extends Error {
  readonly code: number;

  constructor(
    readonly codeName: keyof typeof CODES,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.code = CODES[codeName];
  }
}

/** What MongoDB could do and this engine doesn't: refused by its name, never answered wrongly. */
export const unsupported = (what: string): CommandError => new CommandError('NotImplemented', `The embedded database does not support ${what}.`);
